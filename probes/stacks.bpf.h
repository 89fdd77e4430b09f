/* The user stack of a call: its registers and memory are copied here and unwound later, outside,
 * because what a distribution ships has no frame pointers to follow. */
#pragma once

#include "shared_maps.bpf.h"

const volatile bool take_stacks = false;
/* Bytes of `events`; stacks leave its last quarter to the calls. */
const volatile __u32 events_size = 0;

/* Somebody must read what a process has mapped while it is alive, so this one wakes the reader. */
static __always_inline void announce(__u32 tgid) {
  const __u8 yes = 1;
  if (bpf_map_lookup_elem(&announced, &tgid)) return;
  struct wire_new_process* process = bpf_ringbuf_reserve(&new_processes, sizeof(*process), 0);
  if (!process) return; /* its next stack tries again */
  process->tgid = tgid;
  process->reserved = 0;
  bpf_ringbuf_submit(process, BPF_RB_FORCE_WAKEUP);
  bpf_map_update_elem(&announced, &tgid, &yes, BPF_ANY);
}

/* THREAD_SIZE without KASAN (arch/x86/include/asm/page_64_types.h). */
#define KERNEL_STACK_SIZE (16 << 10)

/* Where the registers were saved on entry from user mode. The helper came with 5.15; before that
 * nothing stood above them (TOP_OF_KERNEL_STACK_PADDING is not 0 with FRED only, 6.9). */
static __always_inline const void* user_registers(void) {
  if (bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_task_pt_regs)) {
    return (const void*)bpf_task_pt_regs(bpf_get_current_task_btf());
  }
  struct task_struct* task = (void*)bpf_get_current_task();
  return BPF_CORE_READ(task, stack) + KERNEL_STACK_SIZE - sizeof(struct wire_registers);
}

#define CODE_SEGMENT_32 0x23 /* __USER32_CS */

/* How many bytes the stack has from `sp` to where it began. The C libraries put a thread's control
 * block, to which fs points, above its stack; the main thread began where execve left sp. On a
 * stack of another making (a coroutine's) neither is near: then a guess that is usually enough. */
static __always_inline __u32 stack_depth(__u64 sp) {
  struct task_struct* task = (void*)bpf_get_current_task();
  const __u64 to_thread = BPF_CORE_READ(task, thread.fsbase) - sp;
  const __u64 to_start = BPF_CORE_READ(task, mm, start_stack) - sp;
  const __u64 depth = to_thread < to_start ? to_thread : to_start;
  const __u64 most_believed = 8 << 20; /* the usual limit of a stack */
  if (depth >= most_believed) return WIRE_STACK_MOST / 2;
  return depth > WIRE_STACK_MOST ? WIRE_STACK_MOST : depth;
}

/* A reserve must be of constant size (5.10 to 7.3): these are the ones there are. */
static __always_inline struct wire_stack* reserve_stack(__u32 room) {
  return reserve_record(WIRE_STACK, sizeof(struct wire_stack) + room, TELL_BY_ABSENCE);
}

static __always_inline void tell_replaced(struct wire_stack* record, __u32 tid) {
  struct open_commit* commit = bpf_map_lookup_elem(&open_commits, &tid);
  record->replaced_at = commit ? commit->return_at : 0;
  record->replaced = commit ? commit->return_address : 0;
}

/* Reads `size` bytes, or what of them is in memory: pages of large buffers that no function wrote
 * to yet have never been there. */
static __always_inline void fill_stack(struct wire_stack* record, __u32 room, __u64 size) {
  record->copied = 0;
#pragma unroll
  for (int attempt = 0; attempt < 5; ++attempt) {
    barrier_var(size); /* the compiler knows the bound already and the verifier does not */
    if (size > room) size = room;
    if (size && !bpf_probe_read_user(record + 1, size, (const void*)record->registers.sp)) {
      record->copied = size;
      return;
    }
    size /= 2;
  }
}

#define SEND_STACK(room)                             \
  do {                                               \
    struct wire_stack* record = reserve_stack(room); \
    if (!record) {                                   \
      count_loss(LOST_STACKS);                       \
      return;                                        \
    }                                                \
    record->entry_ns = entry_ns;                     \
    record->tgid = id >> 32;                         \
    record->tid = (__u32)id;                         \
    record->reserved = 0;                            \
    record->registers = registers;                   \
    tell_replaced(record, (__u32)id);                \
    fill_stack(record, room, depth);                 \
    submit_record(record);                           \
    return;                                          \
  } while (0)

static __always_inline void send_stack(__u64 entry_ns, __u64 id, const void* regs) {
  struct wire_registers registers;
  if (!regs) regs = user_registers();
  if (bpf_probe_read_kernel(&registers, sizeof(registers), regs)) return;
  if ((__u16)registers.cs == CODE_SEGMENT_32) return; /* nobody here unwinds i386 */
  if (bpf_ringbuf_query(&events, BPF_RB_AVAIL_DATA) > events_size / 4 * 3) {
    count_loss(LOST_STACKS);
    return;
  }
  announce(id >> 32);
  const __u32 depth = stack_depth(registers.sp);
  if (depth <= 2 << 10) SEND_STACK(2 << 10);
  if (depth <= 4 << 10) SEND_STACK(4 << 10);
  if (depth <= 8 << 10) SEND_STACK(8 << 10);
  if (depth <= 16 << 10) SEND_STACK(16 << 10);
  SEND_STACK(WIRE_STACK_MOST);
}
