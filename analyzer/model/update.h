// What the model derives from a call.
#pragma once

#include <cstdint>
#include <optional>

#include "analyzer/model/slot.h"

namespace slotscope {

enum class UpdateKind : uint8_t { create, del, move, flags, no_change, rejected };

constexpr bool changes_slots(UpdateKind kind) {
  return kind != UpdateKind::no_change && kind != UpdateKind::rejected;
}

// The recorded result against what KVM must answer by its rules.
enum class Verdict : uint8_t {
  agrees,
  unpredictable,  // depends on what no trace shows: memory, the host's limits, other fds
  learnt,         // proves a slot that was there before the trace began, or a call that was lost
  disagrees,
};

struct Update {
  UpdateKind kind = UpdateKind::no_change;
  Verdict verdict = Verdict::agrees;
  // The record shows one call where KVM needs a delete before the create: a READONLY flip in
  // QEMU's text, or a delete that the trace lost.
  bool implicit_delete = false;
  int32_t predicted = 0;       // 0 or a negative errno
  std::optional<Slot> before;  // empty: there was none, or the trace never showed it
  std::optional<Slot> after;
};

}  // namespace slotscope
