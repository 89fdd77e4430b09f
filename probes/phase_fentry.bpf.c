/* Phases between the entry and the exit of a kernel function. Each pair is loaded by itself: what
 * one kernel lacks takes nothing else with it. */
#include "phases.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define TIME_FUNCTION(name, function, phase) \
  SEC("fentry/" #function)                   \
  int BPF_PROG(begin_##name) {               \
    begin_phase(phase);                      \
    return 0;                                \
  }                                          \
  SEC("fexit/" #function)                    \
  int BPF_PROG(end_##name) {                 \
    end_phase(phase);                        \
    return 0;                                \
  }

TIME_FUNCTION(srcu_wait, synchronize_srcu_expedited, PHASE_SRCU_WAIT)
TIME_FUNCTION(zap, kvm_arch_flush_shadow_memslot, PHASE_ZAP)
TIME_FUNCTION(metadata, kvm_arch_prepare_memory_region, PHASE_METADATA)
TIME_FUNCTION(dirty_log, kvm_arch_commit_memory_region, PHASE_DIRTY_LOG)
