// What a trace lacks. This is the one place that decides whether a trace is whole: what is printed,
// what JSON says and the exit status follow it.
#pragma once

#include <cstdint>

#include "analyzer/event/source.h"

namespace slotscope {

struct Completeness {
  Ending ending = Ending::not_marked;
  uint64_t lost_events = 0;    // somewhere in it
  uint64_t damaged_parts = 0;  // that hold no events

  bool cut_off() const { return ending == Ending::cut_off; }
  // It lacks nothing that can be seen. Where the end is not marked, no more can be claimed.
  bool whole() const { return !cut_off() && lost_events == 0 && damaged_parts == 0; }
};

inline Completeness completeness_of(const ReadSummary& summary, uint64_t lost_events) {
  return {
      .ending = summary.ending, .lost_events = lost_events, .damaged_parts = summary.damaged_parts};
}

}  // namespace slotscope
