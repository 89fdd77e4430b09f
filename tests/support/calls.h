// Calls and VMs in the shortest form that a test can read.
#pragma once

#include <cstdint>
#include <vector>

#include "analyzer/event/event.h"

namespace slotscope::test {

struct CallFields {
  uint16_t as = 0;
  uint16_t slot = 0;
  uint32_t flags = 0;
  uint64_t gpa = 0;
  uint64_t size = 0;
  uint64_t hva = 0x7f0000000000;
  int32_t ret = 0;
  uint32_t tid = 0;
};

inline Call make_call(const CallFields& fields) {
  Call call;
  call.as = AsId{fields.as};
  call.slot = SlotId{fields.slot};
  call.flags = fields.flags;
  call.gpa = Gpa{fields.gpa};
  call.size = Bytes{fields.size};
  call.hva = Hva{fields.hva};
  call.ret = fields.ret;
  call.tid = Tid{fields.tid};
  return call;
}

// Marks the calls as commits 1, 2, ...
inline std::vector<Event> in_commits(const std::vector<std::vector<Call>>& commits) {
  std::vector<Event> events;
  uint64_t id = 0;
  for (const std::vector<Call>& calls : commits) {
    ++id;
    for (Call call : calls) {
      call.commit = CommitId{id};
      events.push_back(call);
    }
  }
  return events;
}

}  // namespace slotscope::test
