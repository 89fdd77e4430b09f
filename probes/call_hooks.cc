#include "probes/call_hooks.h"

#include <bpf/bpf.h>
#include <signal.h>

#include <cerrno>

#include "probes/fentry.skel.h"
#include "probes/kprobe.skel.h"
#include "probes/syscalls.skel.h"
#include "probes/wire.h"

namespace slotscope {
namespace {

// Nothing but a slot of some TiB with shadow paging takes longer.
constexpr Nanos longest_call{10'000'000'000};

// `calls`: a map from thread to probed_call.
uint64_t count_unreturned(int calls, Nanos now) {
  uint64_t count = 0;
  uint32_t tid = 0;
  for (const void* at = nullptr; bpf_map_get_next_key(calls, at, &tid) == 0; at = &tid) {
    probed_call call;
    if (bpf_map_lookup_elem(calls, &tid, &call) != 0) continue;
    const bool gone = kill(static_cast<pid_t>(tid), 0) != 0 && errno == ESRCH;
    count += gone || now - Nanos{static_cast<int64_t>(call.entry_ns)} > longest_call;
  }
  return count;
}

template <class Skeleton>
class SkeletonHooks : public CallHooks {
 public:
  // Answers a negative errno when the kernel refuses, and then `hooks` stays empty.
  static int attach(const bpf_object* shared, const CallHookOptions& options,
                    std::unique_ptr<CallHooks>& hooks) {
    SkeletonPtr<Skeleton> skeleton(Skeleton::open());
    if (!skeleton) return -errno;
    skeleton->rodata->follow_everything = options.everything;
    skeleton->rodata->take_stacks = options.stacks;
    skeleton->rodata->measure_phases = options.phases;
    skeleton->rodata->events_size = static_cast<uint32_t>(options.buffer.value);
    if (!share_maps(skeleton->obj, shared)) return -EINVAL;
    if (const int error = Skeleton::load(skeleton.get()); error < 0) return error;
    if (const int error = Skeleton::attach(skeleton.get()); error < 0) return error;
    hooks = std::make_unique<SkeletonHooks>(std::move(skeleton));
    return 0;
  }

  explicit SkeletonHooks(SkeletonPtr<Skeleton> skeleton) : skeleton_(std::move(skeleton)) {}

  uint64_t skipped_runs() const override { return slotscope::skipped_runs(skeleton_->obj); }

  uint64_t unreturned([[maybe_unused]] Nanos now) const override {
    if constexpr (requires(Skeleton s) { s.maps.probed_calls; }) {
      return count_unreturned(bpf_map__fd(skeleton_->maps.probed_calls), now);
    }
    return 0;
  }

 private:
  SkeletonPtr<Skeleton> skeleton_;
};

using Attach = int (*)(const bpf_object*, const CallHookOptions&, std::unique_ptr<CallHooks>&);

// In the order of backend_names.
constexpr Attach attach_functions[] = {
    SkeletonHooks<fentry_bpf>::attach,
    SkeletonHooks<kprobe_bpf>::attach,
    SkeletonHooks<syscalls_bpf>::attach,
};
static_assert(std::size(attach_functions) == backend_names.size());

}  // namespace

Result<AttachedHooks> attach_call_hooks(const bpf_object* shared, const CallHookOptions& options) {
  AttachedHooks attached;
  for (const BackendName& candidate : backend_names) {
    if (options.only && candidate.backend != *options.only) continue;
    const Attach attach = attach_functions[static_cast<size_t>(candidate.backend)];
    const int error = attach(shared, options, attached.hooks);
    if (error == 0) {
      attached.backend = candidate.backend;
      return attached;
    }
    attached.refused.push_back(refusal_text(std::string(candidate.name), error));
  }
  std::string reasons;
  for (const std::string& refusal : attached.refused) {
    reasons += (reasons.empty() ? "" : "; ") + refusal;
  }
  return Diagnostic{
      .fault = Fault::environment,
      .message = reasons,
      .advice = options.only ? "leave --backend out: record then takes what works here" : ""};
}

}  // namespace slotscope
