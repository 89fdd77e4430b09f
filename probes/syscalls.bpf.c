/* Backend `syscalls`: works on every kernel that has BTF, and needs no tracefs.
 *
 * Why the raw pair sys_enter/sys_exit and not syscalls:sys_enter_ioctl/sys_exit_ioctl: two empty
 * programs cost, in ns on one machine,
 *                        each ioctl   each other syscall
 *   syscalls:*_ioctl            245                   50
 *   tp_btf/sys_*                125                  115
 * A busy vCPU thread does nearly nothing but KVM_RUN, an ioctl: at 100 000 exits to the VMM a
 * second it pays 12.5 ms instead of 24.5 ms of each second. An I/O thread pays 65 ns more for each
 * of its system calls, which take microseconds. Over all threads the raw pair is cheaper once more
 * than every third system call is an ioctl, and only it sees 32-bit callers (the kernel keeps
 * compat calls from the per-syscall events) and the arguments at exit, so that an ioctl that is
 * not ours is told by its registers there too instead of by a map look-up. */
#include "calls.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define NR_IOCTL 16      /* x86-64 */
#define NR_IOCTL_I386 54 /* setsockopt on x86-64 */
#define TS_COMPAT 2      /* thread_info.status while in a 32-bit system call */

struct ioctl_call {
  __u32 fd, request;
  __u64 argument;
};

static __always_inline bool is_compat(void) {
  struct task_struct* task = (void*)bpf_get_current_task();
  return BPF_CORE_READ(task, thread_info.status) & TS_COMPAT;
}

static __always_inline bool ioctl_of(struct pt_regs* regs, long nr, struct ioctl_call* call) {
  if (nr == NR_IOCTL) {
    call->request = regs->si;
    if (!is_captured(call->request)) return false;
    call->fd = regs->di;
    call->argument = regs->dx;
    return !is_compat();
  }
  if (nr == NR_IOCTL_I386) {
    call->request = regs->cx;
    if (!is_captured(call->request)) return false;
    call->fd = regs->bx;
    call->argument = (__u32)regs->dx;
    return is_compat();
  }
  return false;
}

SEC("tp_btf/sys_enter")
int BPF_PROG(enter_syscall, struct pt_regs* regs, long nr) {
  struct ioctl_call call;
  if (!ioctl_of(regs, nr, &call)) return 0;
  enter_call(call.request, call.argument, (struct target){.fd = call.fd}, regs);
  return 0;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(exit_syscall, struct pt_regs* regs, long ret) {
  struct ioctl_call call;
  if (!ioctl_of(regs, regs->orig_ax, &call)) return 0;
  exit_call(call.request, call.argument, ret, (struct target){.fd = call.fd});
  forget_call();
  return 0;
}
