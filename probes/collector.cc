#include "probes/collector.h"

#include <bpf/bpf.h>
#include <fmt/format.h>
#include <signal.h>
#include <time.h>

#include <cerrno>

#include "probes/call_hooks.h"
#include "probes/commit_hooks.h"
#include "probes/environment.h"
#include "probes/host_facts.h"
#include "probes/live_kernel.h"
#include "probes/phase_hooks.h"
#include "probes/process_state.h"
#include "probes/processes.skel.h"
#include "probes/slot_reader.h"
#include "probes/stack_harvest.h"
#include "probes/wire.h"

namespace slotscope {
namespace {

struct FreeRing {
  void operator()(ring_buffer* ring) const { ring_buffer__free(ring); }
};

// Where records go while the ring is read.
struct Delivery {
  Decoder decoder;
  std::vector<Observation>* out = nullptr;
  Status status = ok();
};

Nanos monotonic_now() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return Nanos{int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec};
}

int deliver(void* context, void* data, size_t size) {
  Delivery& delivery = *static_cast<Delivery*>(context);
  Status status =
      delivery.decoder.decode({static_cast<const std::byte*>(data), size}, *delivery.out);
  if (!status) delivery.status = std::move(status);
  return 0;
}

}  // namespace

// In the order of their making: what uses maps goes before what owns them.
struct Collector::Parts {
  CollectorOptions options;
  SkeletonPtr<processes_bpf> processes;
  std::unique_ptr<StackHarvest> stacks;
  Delivery delivery;
  std::unique_ptr<ring_buffer, FreeRing> ring;
  std::unique_ptr<SlotReader> slots;
  std::optional<Diagnostic> blind;
  std::optional<LiveKernel> watched;
  std::unique_ptr<CommitHooks> commits;
  std::unique_ptr<PhaseHooks> phases;
  AttachedHooks calls;
  uint64_t skipped_runs = 0;

  Parts(const CollectorOptions& asked, std::unique_ptr<StackHarvest> harvest)
      : options(asked),
        stacks(std::move(harvest)),
        delivery{Decoder(host_limits(), stacks ? &stacks->resolver() : nullptr)} {}

  void finish_costs(std::vector<Observation>& out) {
    if (!phases) return;
    const int map = bpf_map__fd(processes->maps.guest_costs);
    const Nanos time = monotonic_now();
    KvmKey kvm;
    for (const void* before = nullptr; bpf_map_get_next_key(map, before, &kvm.value) == 0;
         before = &kvm.value) {
      guest_cost total;
      if (bpf_map_lookup_elem(map, &kvm.value, &total) != 0) continue;
      delivery.decoder.finish_cost(kvm, {total.page_faults, total.mmio_exits}, time, out);
    }
  }
};

Collector::Collector(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Collector::~Collector() = default;

Result<std::unique_ptr<Collector>> Collector::open(const CollectorOptions& options) {
  keep_libbpf_quiet();
  if (Status environment = check_environment(); !environment) {
    return std::move(environment).error();
  }
  std::unique_ptr<StackHarvest> harvest;
  if (options.stacks) {
    auto made = StackHarvest::create(options.stacks, options.everything);
    if (!made) return std::move(made).error();
    harvest = *std::move(made);
  }
  auto parts = std::make_unique<Parts>(options, std::move(harvest));
  parts->processes.reset(processes_bpf::open());
  if (!parts->processes) return explain_refusal("BPF", -errno);
  processes_bpf& core = *parts->processes;
  core.rodata->follow_everything = options.everything;
  bpf_map__set_max_entries(core.maps.events, static_cast<uint32_t>(options.buffer.value));
  if (const int error = processes_bpf::load(&core); error < 0) return explain_refusal("BPF", error);
  parts->ring.reset(
      ring_buffer__new(bpf_map__fd(core.maps.events), deliver, &parts->delivery, nullptr));
  if (!parts->ring) return explain_refusal("a ring buffer", -errno);
  if (parts->stacks) {
    const int announcements = bpf_map__fd(core.maps.new_processes);
    if (Status listening = parts->stacks->listen(announcements); !listening) {
      return std::move(listening).error();
    }
  }
  auto slots = SlotReader::open(core.obj, options.everything);
  if (slots) {
    parts->slots = *std::move(slots);
  } else {
    parts->blind = std::move(slots).error();
  }
  parts->watched.emplace(bpf_map__fd(core.maps.followed), bpf_map__fd(core.maps.forks),
                         parts->slots.get());
  return std::unique_ptr<Collector>(new Collector(std::move(parts)));
}

Status Collector::follow(Pid pid) {
  if (kill(static_cast<pid_t>(pid.value), 0) != 0 && errno == ESRCH) {
    return Diagnostic{.fault = Fault::usage,
                      .message = fmt::format("there is no process {}", pid.value)};
  }
  const auto began = static_cast<uint64_t>(identify_process(pid).began.value);
  const int map = bpf_map__fd(parts_->processes->maps.followed);
  if (bpf_map_update_elem(map, &pid.value, &began, BPF_ANY) != 0) {
    return explain_refusal("following a process", -errno);
  }
  if (parts_->stacks) parts_->stacks->follow(pid);
  return ok();
}

Result<std::vector<std::string>> Collector::attach(std::optional<Backend> only) {
  bpf_program__set_autoattach(parts_->processes->progs.process_exited, !sees_the_end());
  if (const int error = processes_bpf::attach(parts_->processes.get()); error < 0) {
    return explain_refusal("tracepoints of processes", error);
  }
  auto calls = attach_call_hooks(parts_->processes->obj, {.everything = parts_->options.everything,
                                                          .stacks = parts_->stacks != nullptr,
                                                          .phases = parts_->phases != nullptr,
                                                          .buffer = parts_->options.buffer,
                                                          .only = only});
  if (!calls) return std::move(calls).error();
  parts_->calls = *std::move(calls);
  return parts_->calls.refused;
}

Status Collector::attach_commits(const std::string& binary) {
  auto hooks = CommitHooks::attach(parts_->processes->obj, parts_->options.everything, binary);
  if (!hooks) return std::move(hooks).error();
  parts_->commits = *std::move(hooks);
  return ok();
}

Result<std::vector<std::string>> Collector::attach_phases() {
  auto hooks = PhaseHooks::attach(parts_->processes->obj, parts_->options.everything);
  if (!hooks) return std::move(hooks).error();
  parts_->phases = *std::move(hooks);
  parts_->delivery.decoder.set_measured_phases(parts_->phases->measured());
  return parts_->phases->missing();
}

Backend Collector::backend() const { return parts_->calls.backend; }

const std::optional<Diagnostic>& Collector::blind() const { return parts_->blind; }

bool Collector::sees_the_end() const { return parts_->slots && parts_->slots->sees_the_end(); }

Status Collector::read_slots() { return parts_->blind ? *parts_->blind : parts_->slots->read(); }

int Collector::wake_fd() const { return parts_->stacks ? parts_->stacks->wake_fd() : -1; }

uint64_t Collector::skipped_runs() const { return parts_->skipped_runs; }

uint64_t Collector::lost_stacks() const {
  const uint32_t key = LOST_STACKS;
  uint64_t lost = 0;
  bpf_map_lookup_elem(bpf_map__fd(parts_->processes->maps.lost_records), &key, &lost);
  return lost;
}

WatchedKernel& Collector::watched() { return *parts_->watched; }

uint64_t Collector::gone_stacks() const { return parts_->stacks ? parts_->stacks->gone() : 0; }

Status Collector::drain(std::vector<Observation>& out) {
  if (parts_->stacks) parts_->stacks->look_at_new_processes();
  parts_->delivery.out = &out;
  const int error = ring_buffer__consume(parts_->ring.get());
  parts_->delivery.out = nullptr;
  if (error < 0 && error != -EINTR) return explain_refusal("reading the ring buffer", error);
  return parts_->delivery.status;
}

void Collector::look_for_ends(const std::map<VmId, Pid>& live, std::vector<Observation>& out) {
  for (const auto& [vm, pid] : live) {
    if (process_lives({pid, {}})) continue;
    parts_->delivery.decoder.process_gone(pid, monotonic_now(), out);
  }
}

Status Collector::finish(std::vector<Observation>& out) {
  uint64_t unreturned = 0;
  if (const CallHooks* hooks = parts_->calls.hooks.get()) {
    parts_->skipped_runs = hooks->skipped_runs();
    unreturned = hooks->unreturned(monotonic_now());
  }
  parts_->calls.hooks.reset();
  Status drained = drain(out);
  parts_->finish_costs(out);
  const uint32_t key = LOST_RECORDS;
  uint64_t lost = 0;
  bpf_map_lookup_elem(bpf_map__fd(parts_->processes->maps.lost_records), &key, &lost);
  parts_->delivery.decoder.finish(lost + unreturned, out);
  return drained;
}

}  // namespace slotscope
