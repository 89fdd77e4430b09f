/* The few kernel types that the programs read, with only the fields that they read: libbpf moves
 * each access to where the running kernel has the field (CO-RE). Checked against the BTF of 6.18;
 * the fields exist under these names in every kernel since 5.10 unless a comment says otherwise. */
#pragma once

#include <linux/bpf.h>
#include <linux/types.h>

typedef int pid_t;
#ifndef __cplusplus
typedef _Bool bool;
#define true 1
#define false 0
#endif

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct pt_regs {
  unsigned long bx, cx, dx, si, di, ax, orig_ax, sp;
};

struct super_block {
  unsigned long s_magic;
};

struct inode {
  struct super_block* i_sb;
};

struct qstr {
  const unsigned char* name;
};

struct dentry {
  struct qstr d_name;
};

struct path {
  struct dentry* dentry;
};

struct file {
  void* private_data;
  struct inode* f_inode;
  struct path f_path;
};

struct fdtable {
  unsigned int max_fds;
  struct file** fd;
};

struct files_struct {
  struct fdtable* fdt;
};

typedef struct {
  int counter;
} atomic_t;

struct signal_struct {
  atomic_t live; /* threads that have not exited */
};

struct thread_info {
  __u32 status;
};

struct thread_struct {
  unsigned long fsbase;
};

struct mm_struct {
  unsigned long start_stack;
};

struct task_struct {
  struct thread_info thread_info;
  void* stack;
  struct thread_struct thread;
  struct mm_struct* mm;
  pid_t pid;
  pid_t tgid;
  __u64 start_boottime;
  struct files_struct* files;
  struct signal_struct* signal;
  char comm[16];
};

struct bpf_iter_meta {
  struct seq_file* seq;
};

struct bpf_iter__task_file {
  struct bpf_iter_meta* meta;
  struct task_struct* task;
  __u32 fd;
  struct file* file;
};

/* virt/kvm: since 5.17 (a54d806688fe, 26b8345abc75) the slots of an address space hang in a hash
 * and two trees, each slot with one node for the active and one for the inactive set. */
struct hlist_node {
  struct hlist_node *next, **pprev;
};

struct hlist_head {
  struct hlist_node* first;
};

struct kvm_memslots {
  __u64 generation;
  struct hlist_head id_hash[128];
  int node_idx;
};

struct kvm_memory_slot {
  struct hlist_node id_node[2];
  __u64 base_gfn;
  unsigned long npages;
  unsigned long userspace_addr;
  __u32 flags;
  short id;
  struct {
    unsigned long pgoff;
  } gmem; /* 6.8 on */
};

struct kvm {
  struct mm_struct* mm;
  struct kvm_memslots* memslots[1]; /* as many as bpf_core_field_size says */
};

struct kvm_vcpu {
  struct kvm* kvm;
};

/* Before 5.17: an array, sorted by gfn. */
struct kvm_memory_slot___array {
  __u64 base_gfn;
  unsigned long npages;
  unsigned long userspace_addr;
  __u32 flags;
  short id;
};

struct kvm_memslots___array {
  __u64 generation;
  int used_slots;
  struct kvm_memory_slot___array memslots[];
};

#pragma clang attribute pop
