/* Which processes are watched: children of a watched one are too, and its end is reported. */
#include "shared_maps.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

SEC("tp_btf/sched_process_fork")
int BPF_PROG(process_forked, struct task_struct* parent, struct task_struct* child) {
  const __u32 from = parent->tgid, to = child->tgid, key = 0;
  const __u64 began = child->start_boottime;
  if (follow_everything || from == to || !is_followed(from)) return 0;
  /* Its calls, if it makes any, will not be seen. */
  if (bpf_map_update_elem(&followed, &to, &began, BPF_ANY)) count_loss(LOST_RECORDS);
  __u64* count = bpf_map_lookup_elem(&forks, &key);
  if (count) __sync_fetch_and_add(count, 1);
  return 0;
}

/* Left out where slots.bpf.c can take a last look at the VMs and then does this itself. */
SEC("tp_btf/sched_process_exit")
int BPF_PROG(process_exited, struct task_struct* task) {
  if (live_threads(task) == 0) report_end_of(task->tgid);
  return 0;
}
