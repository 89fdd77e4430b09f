// The programs that see calls, behind one interface whatever they hang on.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "analyzer/base/result.h"
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
};

struct AttachedHooks {
  Backend backend;
  std::unique_ptr<CallHooks> hooks;
  std::vector<std::string> refused;  // the better ones, and why: "fentry refused: ..."
};

// The first backend that this kernel takes, found by trying; or `only` that one.
Result<AttachedHooks> attach_call_hooks(const bpf_object* shared, bool everything,
                                        std::optional<Backend> only);

}  // namespace slotscope
