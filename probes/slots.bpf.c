/* The memslots that the kernel holds, read without its locks. The active set of an address space
 * is never written, KVM prepares the other one and swaps (kvm_swap_active_memslots), and each swap
 * raises `generation`: when it is the same after the walk, what was read is one state. */
#include "shared_maps.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define MOST_SPACES 4
#define SWAPPING (1ull << 63)   /* KVM_MEMSLOT_GEN_UPDATE_IN_PROGRESS */
#define SLOT_INVALID (1u << 16) /* KVM_MEMSLOT_INVALID: half-way through a delete or a move */
#define BUCKETS 128
#define MOST_STEPS (BUCKETS + 32768)
#define MOST_ARRAY_SLOTS 2048 /* 0.4 of the million instructions that the verifier follows */

struct owner {
  __u32 tgid;
  char comm[WIRE_COMM];
};

struct space {
  __u64 kvm;
  struct kvm_memslots* slots;
  __u64 generation;
  __u32 visited;
  __u16 as;
  __u16 flags;
};

static __always_inline __u32 most_spaces(void) {
  const __u32 count = bpf_core_field_size(((struct kvm*)0)->memslots) / sizeof(void*);
  return count < MOST_SPACES ? count : MOST_SPACES;
}

static __always_inline struct kvm_memslots* active_slots(__u64 kvm, __u32 as) {
  struct kvm_memslots* slots = NULL;
  const __u64 at = kvm + bpf_core_field_offset(((struct kvm*)0)->memslots) + as * sizeof(void*);
  bpf_probe_read_kernel(&slots, sizeof(slots), (const void*)at);
  return slots;
}

/* A VM may have fewer than the kernel has room for: those with private memory have one. */
static __always_inline __u32 count_spaces(__u64 kvm) {
  __u32 count = 0;
  for (__u32 as = 0; as < MOST_SPACES; ++as) {
    if (as < most_spaces() && active_slots(kvm, as)) ++count;
  }
  return count;
}

static __always_inline struct owner owner_of(struct task_struct* task) {
  struct owner owner = {.tgid = BPF_CORE_READ(task, tgid)};
  BPF_CORE_READ_STR_INTO(&owner.comm, task, comm);
  return owner;
}

static __always_inline bool begin_space(struct space* space, const struct owner* owner,
                                        __u32 cause) {
  struct kvm_memslots* slots = active_slots(space->kvm, space->as);
  if (!slots) return false;
  space->slots = slots;
  space->generation = BPF_CORE_READ(slots, generation);
  struct wire_space_begin* record =
      reserve_record(WIRE_SPACE_BEGIN, sizeof(*record), TELL_BY_ABSENCE);
  if (!record) return false;
  record->begin_ns = bpf_ktime_get_ns();
  record->kvm = space->kvm;
  record->generation = space->generation;
  record->tgid = owner->tgid;
  record->as = space->as;
  record->spaces = count_spaces(space->kvm);
  record->cause = cause;
  record->reserved = 0;
  __builtin_memcpy(record->comm, owner->comm, WIRE_COMM);
  submit_record(record);
  return true;
}

static __always_inline void end_space(struct space* space) {
  const struct kvm_memslots* now = active_slots(space->kvm, space->as);
  if ((space->generation & SWAPPING) || now != space->slots ||
      BPF_CORE_READ(now, generation) != space->generation) {
    space->flags |= WIRE_SPACE_CHANGED;
  }
  struct wire_space_end* record = reserve_record(WIRE_SPACE_END, sizeof(*record), TELL_BY_ABSENCE);
  if (!record) return;
  record->end_ns = bpf_ktime_get_ns();
  record->kvm = space->kvm;
  record->slots = space->visited;
  record->as = space->as;
  record->flags = space->flags;
  submit_record(record);
}

static __always_inline struct wire_slot* reserve_slot(struct space* space, __u32 flags) {
  ++space->visited;
  if (flags & SLOT_INVALID) space->flags |= WIRE_SPACE_CHANGED;
  struct wire_slot* record = reserve_record(WIRE_SLOT, sizeof(*record), TELL_BY_ABSENCE);
  if (!record) return NULL;
  record->kvm = space->kvm;
  record->flags = flags;
  record->as = space->as;
  record->memfd_pgoff = 0;
  return record;
}

/* 5.17 on: the hash by slot id. Each step goes to the next node or, at a chain's end, the next
 * bucket; the active set's nodes are those of node_idx. */
struct hash_walk {
  struct space space;
  struct hlist_node* node;
  __u32 bucket;
  __u32 node_offset;
};

/* Zero, which verifiers don't know. Before 6.7 (ab5cfac139ab) they follow a callback just once:
 * with a node that they see is NULL, the branch that reads a slot would be dead code, and go. */
volatile __u64 begin_of_walk = 0;

static long walk_step(__u32 step, void* context) {
  struct hash_walk* walk = context;
  if (!walk->node) {
    if (walk->bucket >= BUCKETS) return 1;
    struct hlist_head* heads =
        (void*)walk->space.slots + bpf_core_field_offset(((struct kvm_memslots*)0)->id_hash);
    bpf_probe_read_kernel(&walk->node, sizeof(walk->node), heads + walk->bucket++);
    return 0;
  }
  struct kvm_memory_slot* slot = (void*)walk->node - walk->node_offset;
  struct wire_slot* record = reserve_slot(&walk->space, BPF_CORE_READ(slot, flags));
  if (record) {
    record->base_gfn = BPF_CORE_READ(slot, base_gfn);
    record->npages = BPF_CORE_READ(slot, npages);
    record->userspace_addr = BPF_CORE_READ(slot, userspace_addr);
    record->id = BPF_CORE_READ(slot, id);
    if (bpf_core_field_exists(slot->gmem)) record->memfd_pgoff = BPF_CORE_READ(slot, gmem.pgoff);
    submit_record(record);
  }
  struct hlist_node* node = walk->node;
  walk->node = BPF_CORE_READ(node, next);
  return 0;
}

static __noinline int walk_vm(__u64 kvm, const struct owner* owner, __u32 cause) {
  for (__u32 as = 0; as < MOST_SPACES; ++as) {
    if (as >= most_spaces()) break;
    struct hash_walk walk = {.space = {.kvm = kvm, .as = as},
                             .node = (struct hlist_node*)begin_of_walk,
                             .bucket = begin_of_walk};
    if (!begin_space(&walk.space, owner, cause)) continue;
    struct kvm_memslots* slots = walk.space.slots;
    walk.node_offset = bpf_core_field_offset(((struct kvm_memory_slot*)0)->id_node) +
                       BPF_CORE_READ(slots, node_idx) * sizeof(struct hlist_node);
    bpf_loop(MOST_STEPS, walk_step, &walk, 0);
    if (walk.bucket < BUCKETS || walk.node) walk.space.flags |= WIRE_SPACE_TRUNCATED;
    end_space(&walk.space);
  }
  return 0;
}

/* Of a VM that a watched process created. */
static __always_inline struct creator* creator_of(__u64 kvm) {
  struct creator* creator = bpf_map_lookup_elem(&watched_vms, &kvm);
  if (!creator || creator->mm != (__u64)BPF_CORE_READ((struct kvm*)kvm, mm)) return NULL;
  return creator;
}

/* Whoever created the VM: only its threads may change slots (kvm_vm_ioctl answers EIO to others),
 * and a VM whose file several processes hold is shown once. */
static __always_inline __u64 own_vm_of(struct bpf_iter__task_file* context, struct owner* owner) {
  struct file* file = context->file;
  struct task_struct* task = context->task;
  if (!file || !task || !is_followed(task->tgid)) return 0;
  const __u64 kvm = kvm_of_file(file);
  struct kvm* vm = (struct kvm*)kvm;
  if (!kvm || BPF_CORE_READ(vm, mm) != BPF_CORE_READ(task, mm)) return 0;
  *owner = owner_of(task);
  note_owner(owner->tgid, kvm);
  note_creator(task, kvm);
  return kvm;
}

SEC("iter/task_file")
int hashed_slots(struct bpf_iter__task_file* context) {
  struct owner owner;
  const __u64 kvm = own_vm_of(context, &owner);
  if (kvm) walk_vm(kvm, &owner, WIRE_ASKED);
  return 0;
}

/* Who holds a VM of a watched process, watched or not: its number goes to the reader. */
SEC("iter/task_file")
int vm_holders(struct bpf_iter__task_file* context) {
  struct file* file = context->file;
  struct task_struct* task = context->task;
  if (!file || !task) return 0;
  const __u64 kvm = kvm_of_file(file);
  if (!kvm) return 0;
  if (!creator_of(kvm)) return 0;
  const __u32 tgid = task->tgid;
  bpf_seq_write(context->meta->seq, &tgid, sizeof(tgid));
  return 0;
}

/* Threads that the kernel runs in the VMM's name (kvm-nx-lpage-recovery since 6.13, vhost since
 * 6.4) hold no files and may outlive those that do. */
#define MOST_WORKERS 8

/* The last look at a VM whose process ends, however it ends. Files are closed by the last thread
 * that has them, in exit_files, which do_exit calls later than this; which one that is can't be
 * told, so the last few all look, and the last that found something counts. */
static long look_at_fd(__u32 fd, void* context) {
  const struct owner* owner = context;
  struct file* file = file_of_fd(fd);
  const __u64 kvm = file ? kvm_of_file(file) : 0;
  if (!kvm) return 0;
  const struct creator* creator = creator_of(kvm);
  const bool is_others = creator && creator->tgid != owner->tgid; /* inherited, or sent to it */
  if (!is_others) walk_vm(kvm, owner, WIRE_LAST_LOOK);
  return 0;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(hashed_slots_at_exit, struct task_struct* task) {
  const int live = live_threads(task);
  struct owner owner = owner_of(task);
  if (live > MOST_WORKERS) return 0;
  if (bpf_map_lookup_elem(&vm_owners, &owner.tgid)) {
    bpf_loop(BPF_CORE_READ(task, files, fdt, max_fds), look_at_fd, &owner, 0);
  }
  if (live == 0) report_end_of(owner.tgid);
  return 0;
}

/* The last file of a VM is closed, by whoever had it; KVM's worker threads and vCPUs may keep its
 * struct kvm, but nobody can call it any more. When its creator ends, all has been told above. A
 * kprobe, since the kvm module need not have BTF; where there are none, a VM ends with its process
 * or when the next one takes its place. */
SEC("kprobe/kvm_vm_release")
int hashed_slots_at_close(struct pt_regs* regs) {
  struct file* file = (void*)regs->si;
  struct task_struct* task = (void*)bpf_get_current_task();
  const __u64 kvm = (__u64)BPF_CORE_READ(file, private_data);
  struct creator* creator = creator_of(kvm);
  if (!creator) return 0;
  struct owner owner = owner_of(task);
  if (owner.tgid == creator->tgid && live_threads(task) == 0) return 0;
  owner.tgid = creator->tgid;
  walk_vm(kvm, &owner, WIRE_LAST_LOOK);
  struct wire_vm_closed* record = reserve_record(WIRE_VM_CLOSED, sizeof(*record), TELL_BY_ABSENCE);
  if (!record) return 0;
  record->time_ns = bpf_ktime_get_ns();
  record->kvm = kvm;
  submit_record(record);
  return 0;
}

/* Before 5.17: an array sorted by gfn. */
SEC("iter/task_file")
int arrayed_slots(struct bpf_iter__task_file* context) {
  struct owner owner;
  const __u64 kvm = own_vm_of(context, &owner);
  if (!kvm) return 0;
  for (__u32 as = 0; as < 2; ++as) {
    if (as >= most_spaces()) break;
    struct space space = {.kvm = kvm, .as = as};
    if (!begin_space(&space, &owner, WIRE_ASKED)) continue;
    struct kvm_memslots___array* slots = (void*)space.slots;
    const __u32 used = BPF_CORE_READ(slots, used_slots);
    const __u32 stride = bpf_core_type_size(struct kvm_memory_slot___array);
    __u64 at = (__u64)slots + bpf_core_field_offset(((struct kvm_memslots___array*)0)->memslots);
    for (__u32 i = 0; i < MOST_ARRAY_SLOTS && i < used; ++i, at += stride) {
      struct kvm_memory_slot___array* slot = (void*)at;
      struct wire_slot* record = reserve_slot(&space, BPF_CORE_READ(slot, flags));
      if (!record) continue;
      record->base_gfn = BPF_CORE_READ(slot, base_gfn);
      record->npages = BPF_CORE_READ(slot, npages);
      record->userspace_addr = BPF_CORE_READ(slot, userspace_addr);
      record->id = BPF_CORE_READ(slot, id);
      submit_record(record);
    }
    if (used > MOST_ARRAY_SLOTS) space.flags |= WIRE_SPACE_TRUNCATED;
    end_space(&space);
  }
  return 0;
}
