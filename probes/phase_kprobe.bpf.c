/* As phase_fentry.bpf.c, where the kvm module has no BTF or the kernel no trampolines. */
#include "phases.bpf.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define TIME_FUNCTION(name, function, phase) \
  SEC("kprobe/" #function)                   \
  int begin_##name(struct pt_regs* regs) {   \
    begin_phase(phase);                      \
    return 0;                                \
  }                                          \
  SEC("kretprobe/" #function)                \
  int end_##name(struct pt_regs* regs) {     \
    end_phase(phase);                        \
    return 0;                                \
  }

TIME_FUNCTION(srcu_wait, synchronize_srcu_expedited, PHASE_SRCU_WAIT)
TIME_FUNCTION(zap, kvm_arch_flush_shadow_memslot, PHASE_ZAP)
TIME_FUNCTION(metadata, kvm_arch_prepare_memory_region, PHASE_METADATA)
TIME_FUNCTION(dirty_log, kvm_arch_commit_memory_region, PHASE_DIRTY_LOG)
