// The programs that see calls, behind one interface whatever they hang on.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "analyzer/base/result.h"
#include "analyzer/base/units.h"
#include "probes/backend.h"
#include "probes/bpf_support.h"

namespace slotscope {

// Attached as long as it lives.
class CallHooks {
 public:
  virtual ~CallHooks() = default;
  CallHooks() = default;
  CallHooks(const CallHooks&) = delete;
  CallHooks& operator=(const CallHooks&) = delete;

  // As of bpf_support.h.
  virtual uint64_t skipped_runs() const = 0;
  // Calls whose return was never seen and will not be.
  virtual uint64_t unreturned(Nanos now) const = 0;
};

struct AttachedHooks {
  Backend backend;
  std::unique_ptr<CallHooks> hooks;
  std::vector<std::string> refused;  // the better ones, and why: "fentry refused: ..."
};

struct CallHookOptions {
  bool everything = false;
  bool stacks = false;
  bool phases = false;
  Bytes buffer;                 // the size of the shared ring
  std::optional<Backend> only;  // else the first that this kernel takes, found by trying
};

Result<AttachedHooks> attach_call_hooks(const bpf_object* shared, const CallHookOptions& options);

}  // namespace slotscope
