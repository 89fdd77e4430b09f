/* QEMU's memory_region_transaction_commit. Calls are issued only by the outermost one on a thread
 * (softmmu/memory.c, depth 0), so a commit that saw calls is one that mattered; QEMU makes
 * thousands of others, and those are not sent. */
#include "shared_maps.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

SEC("uprobe")
int enter_commit(struct pt_regs* regs) {
  const __u64 id = bpf_get_current_pid_tgid();
  const __u32 tid = (__u32)id;
  if (!is_followed(id >> 32)) return 0;
  struct open_commit* open = bpf_map_lookup_elem(&open_commits, &tid);
  if (open) {
    ++open->depth;
    return 0;
  }
  struct open_commit commit = {.begin_ns = bpf_ktime_get_ns(), .depth = 1, .return_at = regs->sp};
  bpf_probe_read_user(&commit.return_address, sizeof(commit.return_address), (void*)regs->sp);
  bpf_map_update_elem(&open_commits, &tid, &commit, BPF_ANY);
  return 0;
}

SEC("uretprobe")
int exit_commit(struct pt_regs* regs) {
  const __u64 id = bpf_get_current_pid_tgid();
  const __u32 tid = (__u32)id;
  struct open_commit* open = bpf_map_lookup_elem(&open_commits, &tid);
  if (!open || --open->depth > 0) return 0;
  struct wire_commit_end* record = NULL;
  if (open->calls) record = reserve_record(WIRE_COMMIT_END, sizeof(*record), COUNT_LOSS);
  if (record) {
    record->begin_ns = open->begin_ns;
    record->end_ns = bpf_ktime_get_ns();
    record->tgid = id >> 32;
    record->tid = tid;
    submit_record(record);
  }
  bpf_map_delete_elem(&open_commits, &tid);
  return 0;
}
