/* One ioctl from entry to exit, whatever hook sees it. */
#pragma once

#include "phases.bpf.h"
#include "stacks.bpf.h"

/* KVM looks at the low 32 bits only, so callers cast. The type byte comes first: it turns away
 * every ioctl of another driver, and the switch then KVM_RUN, before any memory is touched. */
static __always_inline bool is_captured(__u32 request) {
  if (((request >> 8) & 0xff) != 0xae) return false;
  switch (request) {
    case WIRE_CREATE_VM:
    case WIRE_SET_USER_MEMORY_REGION:
    case WIRE_SET_USER_MEMORY_REGION2:
    case WIRE_SET_MEMORY_ATTRIBUTES:
    case WIRE_CREATE_GUEST_MEMFD:
      return true;
    default:
      return false;
  }
}

static __always_inline bool is_region(__u32 request) {
  return request == WIRE_SET_USER_MEMORY_REGION || request == WIRE_SET_USER_MEMORY_REGION2;
}

static __always_inline __u32 copy_argument(__u8* to, __u32 request, __u64 from) {
  const void* at = (const void*)from;
  if (request == WIRE_CREATE_VM) return 0; /* a number, no pointer */
  if (request == WIRE_SET_USER_MEMORY_REGION2 || request == WIRE_CREATE_GUEST_MEMFD) {
    return bpf_probe_read_user(to, WIRE_ARGUMENT, at) ? 0 : WIRE_ARGUMENT;
  }
  return bpf_probe_read_user(to, 32, at) ? 0 : 32;
}

/* On what an ioctl was called: hooks inside the kernel have the file, system calls its number. */
struct target {
  struct file* file;
  __u32 fd;
};

static __always_inline __u64 kvm_of_target(const struct target* on) {
  struct file* file = on->file ? on->file : file_of_fd(on->fd);
  return file ? kvm_of_file(file) : 0;
}

/* `regs`: the caller's registers, where the hook has them at hand; else NULL. */
static __always_inline void enter_call(__u32 request, __u64 argument, struct target on,
                                       struct pt_regs* regs) {
  const __u64 id = bpf_get_current_pid_tgid();
  const __u32 tid = (__u32)id;
  struct open_call call = {};
  if (!is_followed(id >> 32)) return;
  if (request != WIRE_CREATE_VM) {
    call.kvm = kvm_of_target(&on);
    if (!call.kvm) return;
  }
  const bool region = is_region(request);
  if (measure_phases && region) {
    send_guest_cost(call.kvm, id >> 32);
    open_phases_of(tid);
  }
  call.copied = copy_argument(call.argument, request, argument);
  call.entry_ns = bpf_ktime_get_ns();
  bpf_map_update_elem(&open_calls, &tid, &call, BPF_ANY);
  if (take_stacks && region) send_stack(call.entry_ns, id, regs);
}

static __always_inline __u64 commit_of_call(__u32 tid) {
  struct open_commit* commit = bpf_map_lookup_elem(&open_commits, &tid);
  if (!commit) return 0;
  ++commit->calls;
  return commit->begin_ns;
}

/* What enter_call did not see (the call began before the capture, the map was full, the memory
 * was not resident) is made up for here. */
static __always_inline void exit_call(__u32 request, __u64 argument, long ret, struct target on) {
  const __u64 now = bpf_ktime_get_ns();
  const __u64 id = bpf_get_current_pid_tgid();
  const __u32 tgid = id >> 32, tid = (__u32)id;
  if (!is_followed(tgid)) return;
  struct open_call* call = bpf_map_lookup_elem(&open_calls, &tid);
  if (call && !call->entry_ns) call = NULL; /* a mark of its end, without its beginning */
  __u64 kvm = call ? call->kvm : 0;
  if (request == WIRE_CREATE_VM) {
    const struct target created = {.fd = ret};
    kvm = ret >= 0 ? kvm_of_target(&created) : 0;
    if (!kvm) return;
    note_creator((void*)bpf_get_current_task(), kvm);
  } else if (!call) {
    kvm = kvm_of_target(&on);
    if (!kvm) return;
  }
  note_owner(tgid, kvm);
  struct wire_ioctl* record = reserve_record(WIRE_IOCTL, sizeof(*record), COUNT_LOSS);
  if (!record) return;
  record->entry_ns = call ? call->entry_ns : 0;
  record->exit_ns = now;
  record->kvm = kvm;
  record->commit_ns = commit_of_call(tid);
  record->request = request;
  record->ret = ret;
  record->tgid = tgid;
  record->tid = tid;
  record->reserved = 0;
  if (call && call->copied) {
    record->copied = call->copied;
    __builtin_memcpy(record->argument, call->argument, WIRE_ARGUMENT);
  } else {
    __builtin_memset(record->argument, 0, WIRE_ARGUMENT);
    record->copied = copy_argument(record->argument, request, argument);
  }
  submit_record(record);
  if (measure_phases) send_phases(kvm, now, id);
}

/* After exit_call. */
static __always_inline void forget_call(void) {
  const __u32 tid = (__u32)bpf_get_current_pid_tgid();
  bpf_map_delete_elem(&open_calls, &tid);
  if (measure_phases) bpf_map_delete_elem(&open_phases, &tid);
}
