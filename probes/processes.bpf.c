/* Which processes are watched: children of a watched one are too, and its end is reported. */
#include "shared_maps.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

SEC("tp_btf/sched_process_fork")
int BPF_PROG(process_forked, struct task_struct* parent, struct task_struct* child) {
  const __u8 yes = 1;
  const __u32 from = parent->tgid, to = child->tgid;
  if (follow_everything || from == to || !is_followed(from)) return 0;
  bpf_map_update_elem(&followed, &to, &yes, BPF_ANY);
  return 0;
}

/* Left out where slots.bpf.c can take a last look at the VMs and then does this itself. */
SEC("tp_btf/sched_process_exit")
int BPF_PROG(process_exited, struct task_struct* task) {
  if (live_threads(task) == 0) report_end_of(task->tgid);
  return 0;
}
