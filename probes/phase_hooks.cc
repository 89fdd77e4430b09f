#include "probes/phase_hooks.h"

#include <fmt/format.h>

#include <cerrno>
#include <string_view>

#include "probes/environment.h"
#include "probes/guest_cost.skel.h"
#include "probes/off_cpu.skel.h"
#include "probes/phase_fentry.skel.h"
#include "probes/phase_kprobe.skel.h"

namespace slotscope {

// A skeleton of which some programs are loaded and attached.
struct PhaseHooks::Program {
  virtual ~Program() = default;
};

PhaseHooks::PhaseHooks() = default;
PhaseHooks::~PhaseHooks() = default;

std::vector<std::string> PhaseHooks::missing() const {
  std::vector<std::string> lines;
  for (const auto& [reason, titles] : missing_) {
    lines.push_back(fmt::format("{} ({})", titles, reason));
  }
  return lines;
}

namespace {

using Programs = std::vector<std::unique_ptr<PhaseHooks::Program>>;

template <class Skeleton>
struct LoadedProgram : PhaseHooks::Program {
  explicit LoadedProgram(SkeletonPtr<Skeleton> loaded) : skeleton(std::move(loaded)) {}
  SkeletonPtr<Skeleton> skeleton;
};

// Loads and attaches the programs of `Skeleton` whose section ends with `hook` (all do with ""),
// and no others. Answers 0 or a negative errno.
template <class Skeleton>
int attach_some(std::string_view hook, const bpf_object* shared, bool everything,
                Programs& programs) {
  SkeletonPtr<Skeleton> skeleton(Skeleton::open());
  if (!skeleton) return -errno;
  skeleton->rodata->follow_everything = everything;
  if (!share_maps(skeleton->obj, shared)) return -EINVAL;
  bpf_program* program = nullptr;
  bpf_object__for_each_program(program, skeleton->obj) {
    const std::string_view section = bpf_program__section_name(program);
    const bool wanted = section.ends_with(hook);
    bpf_program__set_autoload(program, wanted);
    bpf_program__set_autoattach(program, wanted);
  }
  if (const int error = Skeleton::load(skeleton.get()); error < 0) return error;
  if (const int error = Skeleton::attach(skeleton.get()); error < 0) return error;
  programs.push_back(std::make_unique<LoadedProgram<Skeleton>>(std::move(skeleton)));
  return 0;
}

struct FunctionPhase {
  Phase phase;
  const char* title;
  std::string_view hook;
};

constexpr FunctionPhase functions[] = {
    {Phase::srcu_wait, "SRCU waits", "/synchronize_srcu_expedited"},
    {Phase::zap, "zap", "/kvm_arch_flush_shadow_memslot"},
    {Phase::metadata, "metadata", "/kvm_arch_prepare_memory_region"},
    {Phase::dirty_log, "dirty log", "/kvm_arch_commit_memory_region"},
};

constexpr uint8_t bit(Phase phase) { return static_cast<uint8_t>(1u << static_cast<int>(phase)); }

}  // namespace

Result<std::unique_ptr<PhaseHooks>> PhaseHooks::attach(const bpf_object* shared, bool everything) {
  std::unique_ptr<PhaseHooks> hooks(new PhaseHooks());
  const auto miss = [&](const char* title, const std::string& why) {
    for (auto& [reason, titles] : hooks->missing_) {
      if (reason == why) return (void)(titles += std::string(", ") + title);
    }
    hooks->missing_.emplace_back(why, title);
  };
  Programs& programs = hooks->programs_;
  int error = attach_some<off_cpu_bpf>("/sched_switch", shared, everything, programs);
  if (error < 0) {
    miss("time off the CPU", refusal_text("sched_switch", error));
  } else {
    hooks->measured_ |= bit(Phase::off_cpu);
  }
  for (const FunctionPhase& one : functions) {
    error = attach_some<phase_fentry_bpf>(one.hook, shared, everything, programs);
    std::string why = error < 0 ? refusal_text("fentry", error) : "";
    if (error < 0) {
      error = attach_some<phase_kprobe_bpf>(one.hook, shared, everything, programs);
      if (error < 0) why += "; " + refusal_text("kprobe", error);
    }
    if (error < 0) {
      miss(one.title, why);
    } else {
      hooks->measured_ |= bit(one.phase);
    }
  }
  error = attach_some<guest_cost_bpf>("", shared, everything, programs);
  if (error < 0) miss("page faults and MMIO exits", refusal_text("their tracepoints", error));
  if (programs.empty()) return explain_refusal("everything that --phases needs", error);
  return hooks;
}

}  // namespace slotscope
