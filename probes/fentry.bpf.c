/* Backend `fentry`: only ioctls on VM files pay, KVM_RUN and everything else pay nothing. The two
 * functions are static, but file_operations point to them, so they are never inlined; a 32-bit
 * caller gets there through kvm_vm_compat_ioctl.
 *
 * The kernel leaves out a program that is running on the same CPU already, and a task can be
 * preempted inside one (__bpf_prog_enter_recur since 5.12 disables migration only): a call of
 * another VM would go unseen then. So there are twins of each program. Whichever runs first, in an
 * order that the kernel chooses, does the work; the other sees that it is done. */
#include "calls.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define FIRST 1
#define SECOND 2

/* Not when the twin has seen this call begin. A mark of one's own is of an earlier call, whose end
 * neither has seen. */
static __always_inline void enter_as(__u8 twin, struct file* file, __u32 request, __u64 argument) {
  const __u32 tid = (__u32)bpf_get_current_pid_tgid();
  struct open_call* call = bpf_map_lookup_elem(&open_calls, &tid);
  if (call && !call->ended_by && !(call->begun_by & twin)) {
    call->begun_by |= twin;
    return;
  }
  enter_call(request, argument, (struct target){.file = file}, NULL);
  call = bpf_map_lookup_elem(&open_calls, &tid);
  if (call) call->begun_by = twin;
}

/* Likewise for its end: the first leaves its mark, the other takes the call away. */
static __always_inline void exit_as(__u8 twin, struct file* file, __u32 request, __u64 argument,
                                    long ret) {
  const __u64 id = bpf_get_current_pid_tgid();
  const __u32 tid = (__u32)id;
  const struct open_call unseen = {.ended_by = twin};
  if (!is_followed(id >> 32)) return;
  struct open_call* call = bpf_map_lookup_elem(&open_calls, &tid);
  if (call && call->ended_by) {
    const bool done = call->ended_by != twin;
    forget_call();
    if (done) return;
    call = NULL; /* the mark was of an earlier call, whose other twin was left out */
  }
  /* Where there is no room for a mark, one of them does it all. */
  if (!call && bpf_map_update_elem(&open_calls, &tid, &unseen, BPF_ANY) && twin == SECOND) return;
  exit_call(request, argument, ret, (struct target){.file = file});
  if (call) call->ended_by = twin;
}

SEC("fentry/kvm_vm_ioctl")
int BPF_PROG(enter_vm_ioctl, struct file* file, unsigned int request, unsigned long argument) {
  if (is_captured(request)) enter_as(FIRST, file, request, argument);
  return 0;
}

SEC("fentry/kvm_vm_ioctl")
int BPF_PROG(enter_vm_ioctl_twin, struct file* file, unsigned int request, unsigned long argument) {
  if (is_captured(request)) enter_as(SECOND, file, request, argument);
  return 0;
}

SEC("fexit/kvm_vm_ioctl")
int BPF_PROG(exit_vm_ioctl, struct file* file, unsigned int request, unsigned long argument,
             long ret) {
  if (is_captured(request)) exit_as(FIRST, file, request, argument, ret);
  return 0;
}

SEC("fexit/kvm_vm_ioctl")
int BPF_PROG(exit_vm_ioctl_twin, struct file* file, unsigned int request, unsigned long argument,
             long ret) {
  if (is_captured(request)) exit_as(SECOND, file, request, argument, ret);
  return 0;
}

SEC("fentry/kvm_dev_ioctl")
int BPF_PROG(enter_dev_ioctl, struct file* file, unsigned int request, unsigned long argument) {
  if (request == WIRE_CREATE_VM) enter_as(FIRST, file, request, argument);
  return 0;
}

SEC("fentry/kvm_dev_ioctl")
int BPF_PROG(enter_dev_ioctl_twin, struct file* file, unsigned int request,
             unsigned long argument) {
  if (request == WIRE_CREATE_VM) enter_as(SECOND, file, request, argument);
  return 0;
}

SEC("fexit/kvm_dev_ioctl")
int BPF_PROG(exit_dev_ioctl, struct file* file, unsigned int request, unsigned long argument,
             long ret) {
  if (request == WIRE_CREATE_VM) exit_as(FIRST, file, request, argument, ret);
  return 0;
}

SEC("fexit/kvm_dev_ioctl")
int BPF_PROG(exit_dev_ioctl_twin, struct file* file, unsigned int request, unsigned long argument,
             long ret) {
  if (request == WIRE_CREATE_VM) exit_as(SECOND, file, request, argument, ret);
  return 0;
}
