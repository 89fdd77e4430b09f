/* Backend `fentry`: only ioctls on VM files pay, KVM_RUN and everything else pay nothing. The two
 * functions are static, but file_operations point to them, so they are never inlined; a 32-bit
 * caller gets there through kvm_vm_compat_ioctl. */
#include "calls.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

SEC("fentry/kvm_vm_ioctl")
int BPF_PROG(enter_vm_ioctl, struct file* file, unsigned int request, unsigned long argument) {
  if (is_captured(request)) enter_call(request, argument, (struct target){.file = file}, NULL);
  return 0;
}

SEC("fexit/kvm_vm_ioctl")
int BPF_PROG(exit_vm_ioctl, struct file* file, unsigned int request, unsigned long argument,
             long ret) {
  if (is_captured(request)) exit_call(request, argument, ret, (struct target){.file = file});
  return 0;
}

SEC("fentry/kvm_dev_ioctl")
int BPF_PROG(enter_dev_ioctl, struct file* file, unsigned int request, unsigned long argument) {
  if (request == WIRE_CREATE_VM) {
    enter_call(request, argument, (struct target){.file = file}, NULL);
  }
  return 0;
}

SEC("fexit/kvm_dev_ioctl")
int BPF_PROG(exit_dev_ioctl, struct file* file, unsigned int request, unsigned long argument,
             long ret) {
  if (request == WIRE_CREATE_VM) exit_call(request, argument, ret, (struct target){.file = file});
  return 0;
}
