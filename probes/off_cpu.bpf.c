/* Phase off_cpu, on every kernel: the thread of an open call leaves a processor and comes back. */
#include "phases.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* Runs as `from`. The previous state, which came with 5.18, stands behind these arguments. */
SEC("tp_btf/sched_switch")
int BPF_PROG(switched, bool preempt, struct task_struct* from, struct task_struct* to) {
  begin_phase(PHASE_OFF_CPU);
  end_phase_of(to->pid, PHASE_OFF_CPU);
  return 0;
}
