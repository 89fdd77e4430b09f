/* What vCPUs pay: page faults, and exits to the VMM for memory that is no slot's. Raw tracepoints,
 * since the kvm module's own need its BTF at load only for vcpu->kvm. */
#include "phases.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define EXIT_MMIO 6 /* KVM_EXIT_MMIO, include/uapi/linux/kvm.h */

/* vCPU thread (tid) -> struct kvm *: kvm_userspace_exit does not tell the VM. A hole is always met
 * by a page fault first, because each swap of slots makes cached MMIO entries stale. A backend that
 * does not tell of page faults (kvm_page_fault is fired by vendor modules, vmx.c and svm.c) leaves
 * what is known of the process. */
struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 4096);
  __type(key, __u32);
  __type(value, __u64);
} vm_of_vcpu SEC(".maps");

static __always_inline struct guest_cost* cost_of(__u64 kvm) {
  struct guest_cost* cost = bpf_map_lookup_elem(&guest_costs, &kvm);
  if (cost) return cost;
  const struct guest_cost none = {};
  bpf_map_update_elem(&guest_costs, &kvm, &none, BPF_NOEXIST);
  return bpf_map_lookup_elem(&guest_costs, &kvm);
}

/* kvm:kvm_page_fault (vcpu, address, error code). That of 5.10 has no vCPU: what its first argument
 * points to is no VM of this process. */
SEC("raw_tp/kvm_page_fault")
int page_fault(struct bpf_raw_tracepoint_args* context) {
  const __u64 id = bpf_get_current_pid_tgid();
  const __u32 tid = (__u32)id;
  if (!is_followed(id >> 32)) return 0;
  struct kvm_vcpu* vcpu = (void*)context->args[0];
  struct task_struct* task = (void*)bpf_get_current_task();
  struct kvm* vm = BPF_CORE_READ(vcpu, kvm);
  const __u64 kvm = (__u64)vm;
  if (!kvm || BPF_CORE_READ(vm, mm) != BPF_CORE_READ(task, mm)) return 0;
  struct guest_cost* cost = cost_of(kvm);
  if (cost) __sync_fetch_and_add(&cost->page_faults, 1);
  const __u64* known = bpf_map_lookup_elem(&vm_of_vcpu, &tid);
  if (!known || *known != kvm) bpf_map_update_elem(&vm_of_vcpu, &tid, &kvm, BPF_ANY);
  return 0;
}

/* kvm:kvm_userspace_exit (reason, error) */
SEC("raw_tp/kvm_userspace_exit")
int userspace_exit(struct bpf_raw_tracepoint_args* context) {
  const __u64 id = bpf_get_current_pid_tgid();
  const __u32 tgid = id >> 32, tid = (__u32)id;
  if ((__u32)context->args[0] != EXIT_MMIO) return 0;
  const __u64* kvm = bpf_map_lookup_elem(&vm_of_vcpu, &tid);
  if (!kvm) kvm = bpf_map_lookup_elem(&vm_owners, &tgid);
  struct guest_cost* cost = kvm && *kvm != SEVERAL_VMS ? cost_of(*kvm) : NULL;
  if (cost) __sync_fetch_and_add(&cost->mmio_exits, 1);
  return 0;
}
