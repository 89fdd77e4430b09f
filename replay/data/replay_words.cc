// The words for what a replay leaves out and how it groups sizes.
#include <iterator>

#include "replay/data/replay_plan.h"
#include "replay/data/replay_result.h"

namespace slotscope {
namespace {

struct Bound {
  Bytes most;
  const char* text;
};
constexpr Bound bounds[] = {
    {Bytes{uint64_t{64} << 10}, "<= 64 KiB"}, {Bytes{uint64_t{2} << 20}, "<= 2 MiB"},
    {Bytes{uint64_t{64} << 20}, "<= 64 MiB"}, {Bytes{uint64_t{1} << 30}, "<= 1 GiB"},
    {Bytes{uint64_t{16} << 30}, "<= 16 GiB"}, {Bytes{UINT64_MAX}, "> 16 GiB"},
};

}  // namespace

const char* left_out_text(LeftOutReason reason) {
  switch (reason) {
    case LeftOutReason::host_dependent:
      return "its error came from the VMM's host, not from KVM's rules";
    case LeftOutReason::no_address_space:
      return "the KVM that refused it may have had no such address space (no SMM)";
    case LeftOutReason::argument_unread:
      return "KVM could not read what it asked for";
    case LeftOutReason::slot_not_shown:
      return "it needs a slot that the trace never shows being created";
    case LeftOutReason::depends_on_left_out:
      return "it depends on a call that was left out";
    case LeftOutReason::host_address:
      return "no scratch memory can stand for its host address";
    case LeftOutReason::too_costly:
      break;
  }
  return "KVM must refuse it, and would pay with too much memory if it did not";
}

SizeClass size_class_of(Bytes size) {
  uint8_t ordinal = 0;
  while (size > bounds[ordinal].most) ++ordinal;
  return {ordinal};
}

const char* size_class_text(SizeClass size) { return bounds[size.ordinal].text; }

}  // namespace slotscope
