/* Backend `kprobe`: as fentry, where BTF of the kvm module or trampolines are missing. A kretprobe
 * has no arguments, so a call that began before the capture is not seen. And the kernel follows
 * only so many returns at a time (maxactive: one for each possible processor without
 * CONFIG_PREEMPTION, register_kretprobe): with more threads inside kvm_vm_ioctl, some return
 * unseen. Such a call is counted as lost when its thread comes back, or at the end. */
#include "calls.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* By tid. */
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 4096);
  __type(key, __u32);
  __type(value, struct probed_call);
} probed_calls SEC(".maps");

static __always_inline void enter(struct pt_regs* regs, bool wanted) {
  const __u64 id = bpf_get_current_pid_tgid();
  const __u32 tid = (__u32)id;
  if (!is_followed(id >> 32)) return;
  if (!bpf_map_delete_elem(&probed_calls, &tid)) count_loss(LOST_RECORDS);
  struct probed_call call = {
      .entry_ns = bpf_ktime_get_ns(), .file = regs->di, .argument = regs->dx, .request = regs->si};
  if (!wanted || bpf_map_update_elem(&probed_calls, &tid, &call, BPF_ANY)) return;
  enter_call(call.request, call.argument, (struct target){.file = (void*)call.file}, NULL);
}

static __always_inline void leave(struct pt_regs* regs) {
  const __u32 tid = (__u32)bpf_get_current_pid_tgid();
  struct probed_call* found = bpf_map_lookup_elem(&probed_calls, &tid);
  if (!found) return;
  struct probed_call call = *found;
  bpf_map_delete_elem(&probed_calls, &tid);
  exit_call(call.request, call.argument, (long)regs->ax, (struct target){.file = (void*)call.file});
  forget_call();
}

SEC("kprobe/kvm_vm_ioctl")
int enter_vm_ioctl(struct pt_regs* regs) {
  enter(regs, is_captured(regs->si));
  return 0;
}

SEC("kretprobe/kvm_vm_ioctl")
int exit_vm_ioctl(struct pt_regs* regs) {
  leave(regs);
  return 0;
}

SEC("kprobe/kvm_dev_ioctl")
int enter_dev_ioctl(struct pt_regs* regs) {
  enter(regs, (__u32)regs->si == WIRE_CREATE_VM);
  return 0;
}

SEC("kretprobe/kvm_dev_ioctl")
int exit_dev_ioctl(struct pt_regs* regs) {
  leave(regs);
  return 0;
}
