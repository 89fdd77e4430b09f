/* Where the time inside a call goes, and what the guest pays afterwards: what the programs that see
 * calls send of it. Others fill these maps (phases.bpf.c, phase_*.bpf.c). */
#pragma once

#include "shared_maps.bpf.h"

const volatile bool measure_phases = false;

static __always_inline void open_phases_of(__u32 tid) {
  const struct open_phases none = {};
  bpf_map_update_elem(&open_phases, &tid, &none, BPF_ANY);
}

static __always_inline void begin_phase(enum wire_phase phase) {
  const __u32 tid = (__u32)bpf_get_current_pid_tgid();
  struct open_phases* open = bpf_map_lookup_elem(&open_phases, &tid);
  if (open) open->began[phase] = bpf_ktime_get_ns();
}

static __always_inline void end_phase_of(__u32 tid, enum wire_phase phase) {
  struct open_phases* open = bpf_map_lookup_elem(&open_phases, &tid);
  if (!open || !open->began[phase]) return;
  open->ns[phase] += bpf_ktime_get_ns() - open->began[phase];
  open->began[phase] = 0;
  ++open->times[phase];
}

static __always_inline void end_phase(enum wire_phase phase) {
  end_phase_of((__u32)bpf_get_current_pid_tgid(), phase);
}

/* A call in which nothing happened that is measured has a record too: that is a result. */
static __always_inline void send_phases(__u64 kvm, __u64 now, __u64 id) {
  const __u32 tid = (__u32)id;
  struct open_phases* open = bpf_map_lookup_elem(&open_phases, &tid);
  if (!open) return;
  struct wire_phases* record = reserve_record(WIRE_PHASES, sizeof(*record), COUNT_LOSS);
  if (!record) return;
  record->kvm = kvm;
  record->time_ns = now;
  record->tgid = id >> 32;
  record->tid = tid;
  record->reserved = 0;
  for (int i = 0; i < PHASE_COUNT; ++i) {
    record->ns[i] = open->ns[i];
    record->times[i] = open->times[i];
  }
  submit_record(record);
}

static __always_inline void send_guest_cost(__u64 kvm, __u32 tgid) {
  struct guest_cost* cost = bpf_map_lookup_elem(&guest_costs, &kvm);
  if (!cost) return;
  struct wire_guest_cost* record = reserve_record(WIRE_GUEST_COST, sizeof(*record), COUNT_LOSS);
  if (!record) return;
  record->kvm = kvm;
  record->time_ns = bpf_ktime_get_ns();
  record->cost = *cost;
  record->tgid = tgid;
  record->reserved = 0;
  submit_record(record);
}
