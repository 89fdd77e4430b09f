/* What the BPF programs send: included by both sides, so C, fixed-size fields and no padding that
 * the compiler chooses. Each record begins with its tag, so that a reader skips what it does not
 * know. Kernel pointers are in here and go no further than decode.cc. */
#pragma once

#include <linux/types.h>

#define WIRE_VERSION 1

enum wire_tag {
  WIRE_IOCTL = 1,
  WIRE_SPACE_BEGIN = 2, /* followed by its slots and a WIRE_SPACE_END */
  WIRE_SLOT = 3,
  WIRE_SPACE_END = 4,
  WIRE_PROCESS_EXIT = 5,
  WIRE_COMMIT_END = 6,
  WIRE_STACK = 7,      /* goes before the WIRE_IOCTL of the same thread and entry */
  WIRE_PHASES = 8,     /* goes after the WIRE_IOCTL of the same thread */
  WIRE_GUEST_COST = 9, /* goes before the WIRE_IOCTL of the next call of the VM */
  WIRE_VM_CLOSED = 10,
};

/* ioctl numbers of include/uapi/linux/kvm.h, written out because the build may see headers that
 * are older than the kernel it runs on. The same on every architecture with the generic _IOC. */
enum wire_request {
  WIRE_CREATE_VM = 0xae01,
  WIRE_SET_USER_MEMORY_REGION = 0x4020ae46,
  WIRE_SET_USER_MEMORY_REGION2 = 0x40a0ae49,
  WIRE_SET_MEMORY_ATTRIBUTES = 0x4020aed2,
  WIRE_CREATE_GUEST_MEMFD = 0xc040aed4,
};

struct wire_header {
  __u16 tag;
  __u16 version;
  __u32 size; /* of the whole record */
  __u64 lost; /* records that found no room, up to now */
};

/* The longest part of an argument that is of interest: kvm_userspace_memory_region2 up to its
 * guest_memfd (44 bytes); nobody reads its padding, not even KVM. */
#define WIRE_ARGUMENT 48

struct wire_ioctl {
  struct wire_header head;
  __u64 entry_ns; /* CLOCK_MONOTONIC; 0: it began before the capture did */
  __u64 exit_ns;
  __u64 kvm;       /* struct kvm *; the new one for WIRE_CREATE_VM, 0 when that failed */
  __u64 commit_ns; /* when the enclosing commit began; 0: not in one, or not looked for */
  __u32 request;
  __s32 ret;
  __u32 tgid;
  __u32 tid;
  __u32 copied; /* bytes of `argument`; 0: its memory could not be read */
  __u32 reserved;
  __u8 argument[WIRE_ARGUMENT];
};

enum wire_cause {
  WIRE_ASKED = 0,     /* an iterator was read */
  WIRE_LAST_LOOK = 1, /* the process is about to close its files */
};

#define WIRE_COMM 16

/* One address space of one VM. */
struct wire_space_begin {
  struct wire_header head;
  __u64 begin_ns;
  __u64 kvm;
  __u64 generation; /* as in struct kvm_memslots: bit 63 is set while a swap is running */
  __u32 tgid;
  __u16 as;
  __u16 spaces; /* how many address spaces this kernel gives a VM */
  __u32 cause;
  __u32 reserved;
  char comm[WIRE_COMM];
};

struct wire_slot {
  struct wire_header head;
  __u64 kvm;
  __u64 base_gfn;
  __u64 npages;
  __u64 userspace_addr;
  __u64 memfd_pgoff;
  __u32 flags; /* as in struct kvm_memory_slot: internal bits from 1 << 16 up */
  __u16 id;
  __u16 as;
};

enum wire_space_flag {
  WIRE_SPACE_CHANGED = 1,   /* a swap came between: the slots may be of two states */
  WIRE_SPACE_TRUNCATED = 2, /* more slots than the walk may visit */
};

struct wire_space_end {
  struct wire_header head;
  __u64 end_ns;
  __u64 kvm;
  __u32 slots; /* visited; fewer WIRE_SLOT mean that the ring was full */
  __u16 as;
  __u16 flags;
};

struct wire_process_exit {
  struct wire_header head;
  __u64 time_ns;
  __u32 tgid;
  __u32 reserved;
};

/* Nobody has a VM's file any more. */
struct wire_vm_closed {
  struct wire_header head;
  __u64 time_ns;
  __u64 kvm;
};

/* A commit of the VMM that issued calls; one that issued none is not sent. */
struct wire_commit_end {
  struct wire_header head;
  __u64 begin_ns;
  __u64 end_ns;
  __u32 tgid;
  __u32 tid;
};

/* struct pt_regs of x86-64, whose order ptrace's user_regs_struct fixes. */
struct wire_registers {
  __u64 r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di, orig_ax;
  __u64 ip, cs, flags, sp, ss;
};

/* A thread's registers and its stack from sp upwards, as it entered an ioctl. The stack follows:
 * the record has room for more than the bytes that were copied. */
struct wire_stack {
  struct wire_header head;
  __u64 entry_ns; /* as in the WIRE_IOCTL */
  __u32 tgid;
  __u32 tid;
  struct wire_registers registers;
  /* Where a uretprobe of ours put another return address, and what stood there; 0: nowhere. */
  __u64 replaced_at;
  __u64 replaced;
  __u32 copied;
  __u32 reserved;
};

/* No stack is copied further than this from its innermost function. */
#define WIRE_STACK_MOST (32 << 10)

/* Where the time of the call before it on this thread went. The order is enum Phase's
 * (analyzer/event/annotation.h). */
enum wire_phase {
  PHASE_OFF_CPU,
  PHASE_SRCU_WAIT,
  PHASE_ZAP,
  PHASE_METADATA,
  PHASE_DIRTY_LOG,
  PHASE_COUNT,
};

struct wire_phases {
  struct wire_header head;
  __u64 kvm;
  __u64 time_ns; /* as the call's exit_ns */
  __u32 tgid;
  __u32 tid;
  __u64 ns[PHASE_COUNT];
  __u32 times[PHASE_COUNT];
  __u32 reserved;
};

/* What the vCPUs of a VM have paid since the capture began. */
struct guest_cost {
  __u64 page_faults;
  __u64 mmio_exits;
};

struct wire_guest_cost {
  struct wire_header head;
  __u64 kvm;
  __u64 time_ns;
  struct guest_cost cost;
  __u32 tgid;
  __u32 reserved;
};

/* In a ring of its own, whose reader is woken: the first stack of a process is in `events`. */
struct wire_new_process {
  __u32 tgid;
  __u32 reserved;
};

/* What the entry probe of backend kprobe saw in its registers, until the return. */
struct probed_call {
  __u64 entry_ns, file, argument;
  __u32 request;
};

enum wire_lost {
  LOST_RECORDS, /* calls, commits and ends of processes */
  LOST_STACKS,  /* whose calls are whole without them */
  LOST_KINDS,
};
