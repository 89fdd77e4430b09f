/* The maps that all objects of one capture share: the first one loaded creates them, the others
 * are given them before their load (share_maps in bpf_object.h). */
#pragma once

/* libbpf's headers use the types without including them. */
/* clang-format off */
#include "kernel_types.h"
#include "wire.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
/* clang-format on */

/* Sized before load (--buffer). Nobody is woken: the collector looks every few milliseconds, so
 * that a call of the VMM never pays for a wake-up. */
struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 4 << 20);
} events SEC(".maps");

/* What found no room in `events`, by enum wire_lost. */
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, LOST_KINDS);
  __type(key, __u32);
  __type(value, __u64);
} lost_records SEC(".maps");

/* Processes (tgid) that are watched, and when each began (ns since boot, 0: not known); unused when
 * all are. */
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 16384);
  __type(key, __u32);
  __type(value, __u64);
} followed SEC(".maps");

/* How often a watched process has forked: a walk over `followed` learns whether it grew. */
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, __u64);
} forks SEC(".maps");

struct creator {
  __u64 mm; /* mm_struct *: tells the VM from a later one at the same place */
  __u32 tgid;
  __u32 reserved;
};

/* VMs (struct kvm *) that watched processes created. */
struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 16384);
  __type(key, __u64);
  __type(value, struct creator);
} watched_vms SEC(".maps");

#define SEVERAL_VMS 1 /* no struct kvm is there */

/* Processes (tgid) that own a VM: those whose end matters. The value is its struct kvm *, or
 * SEVERAL_VMS. Nothing takes them out, since threads of one process end on several processors at a
 * time. */
struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 4096);
  __type(key, __u32);
  __type(value, __u64);
} vm_owners SEC(".maps");

/* Processes (tgid) whose first stack has been announced. */
struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 4096);
  __type(key, __u32);
  __type(value, __u8);
} announced SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 4096);
} new_processes SEC(".maps");

struct open_call {
  __u64 entry_ns;
  __u64 kvm;
  __u32 copied;
  __u8 begun_by, ended_by; /* of twins (fentry.bpf.c), which of them has seen it */
  __u8 argument[WIRE_ARGUMENT];
};

/* Keyed by tid: a thread is in one ioctl at a time. When it is full a call loses its duration. */
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 4096);
  __type(key, __u32);
  __type(value, struct open_call);
} open_calls SEC(".maps");

/* By tid: where the time of the call that the thread is in went so far (--phases). */
struct open_phases {
  __u64 began[PHASE_COUNT]; /* 0: not in it */
  __u64 ns[PHASE_COUNT];
  __u32 times[PHASE_COUNT];
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 4096);
  __type(key, __u32);
  __type(value, struct open_phases);
} open_phases SEC(".maps");

/* By struct kvm * (--phases). */
struct {
  __uint(type, BPF_MAP_TYPE_LRU_HASH);
  __uint(max_entries, 1024);
  __type(key, __u64);
  __type(value, struct guest_cost);
} guest_costs SEC(".maps");

/* The VMM's commit that a thread (tid) is in. */
struct open_commit {
  __u64 begin_ns;
  __u32 depth;
  __u32 calls;
  __u64 return_at;      /* where on the stack its return address stands */
  __u64 return_address; /* which the uretprobe replaces there by its own */
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 1024);
  __type(key, __u32);
  __type(value, struct open_commit);
} open_commits SEC(".maps");

const volatile bool follow_everything = false;

static __always_inline bool is_followed(__u32 tgid) {
  return follow_everything || bpf_map_lookup_elem(&followed, &tgid);
}

/* Looked up first: an update takes a lock, and this is on the path of every call. */
static __always_inline void note_owner(__u32 tgid, __u64 kvm) {
  __u64* known = bpf_map_lookup_elem(&vm_owners, &tgid);
  if (!known) {
    bpf_map_update_elem(&vm_owners, &tgid, &kvm, BPF_ANY);
  } else if (*known != kvm) {
    *known = SEVERAL_VMS;
  }
}

static __always_inline void note_creator(struct task_struct* task, __u64 kvm) {
  const struct creator creator = {.mm = (__u64)BPF_CORE_READ(task, mm),
                                  .tgid = BPF_CORE_READ(task, tgid)};
  bpf_map_update_elem(&watched_vms, &kvm, &creator, BPF_ANY);
}

static __always_inline void count_loss(enum wire_lost kind) {
  const __u32 key = kind;
  __u64* lost = bpf_map_lookup_elem(&lost_records, &key);
  if (lost) __sync_fetch_and_add(lost, 1);
}

enum on_full { COUNT_LOSS, TELL_BY_ABSENCE };

/* Room for a record, its header filled in. A loss that counts shows in the next record's header;
 * a part of a snapshot is missed when its end says how many slots there were. */
static __always_inline void* reserve_record(__u16 tag, __u32 size, enum on_full on_full) {
  const __u32 records = LOST_RECORDS;
  __u64* lost = bpf_map_lookup_elem(&lost_records, &records);
  if (!lost) return NULL;
  struct wire_header* head = bpf_ringbuf_reserve(&events, size, 0);
  if (!head) {
    if (on_full == COUNT_LOSS) __sync_fetch_and_add(lost, 1);
    return NULL;
  }
  head->tag = tag;
  head->version = WIRE_VERSION;
  head->size = size;
  head->lost = *lost;
  return head;
}

static __always_inline void submit_record(void* record) {
  bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);
}

#define ANON_INODE_FS_MAGIC 0x09041934

/* The struct kvm of a VM's file, else 0. Only KVM makes an anonymous inode of that name
 * (kvm_dev_ioctl_create_vm, 5.10 to 7.3): a file of the same name on a disk has another magic. */
static __always_inline __u64 kvm_of_file(struct file* file) {
  char name[sizeof("kvm-vm")] = {};
  if (BPF_CORE_READ(file, f_inode, i_sb, s_magic) != ANON_INODE_FS_MAGIC) return 0;
  const unsigned char* from = BPF_CORE_READ(file, f_path.dentry, d_name.name);
  if (bpf_probe_read_kernel(name, sizeof(name), from)) return 0;
  if (name[0] != 'k' || name[1] != 'v' || name[2] != 'm' || name[3] != '-' || name[4] != 'v' ||
      name[5] != 'm' || name[6]) {
    return 0;
  }
  return (__u64)BPF_CORE_READ(file, private_data);
}

static __always_inline struct file* file_of_fd(__u32 fd) {
  struct task_struct* task = (void*)bpf_get_current_task();
  struct fdtable* table = BPF_CORE_READ(task, files, fdt);
  if (fd >= BPF_CORE_READ(table, max_fds)) return NULL;
  struct file** files = BPF_CORE_READ(table, fd);
  struct file* file = NULL;
  bpf_probe_read_kernel(&file, sizeof(file), files + fd);
  return file;
}

/* Threads of the task's process that have not begun to exit. */
static __always_inline int live_threads(struct task_struct* task) {
  return BPF_CORE_READ(task, signal, live.counter);
}

/* With no thread left; two of them may both find that they were the last. */
static __always_inline void report_end_of(__u32 tgid) {
  if (!follow_everything) bpf_map_delete_elem(&followed, &tgid);
  bpf_map_delete_elem(&announced, &tgid); /* the next process of that id maps other files */
  if (!bpf_map_lookup_elem(&vm_owners, &tgid)) return;
  struct wire_process_exit* record = reserve_record(WIRE_PROCESS_EXIT, sizeof(*record), COUNT_LOSS);
  if (!record) return;
  record->time_ns = bpf_ktime_get_ns();
  record->tgid = tgid;
  record->reserved = 0;
  submit_record(record);
}
