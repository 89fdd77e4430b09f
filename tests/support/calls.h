// Calls and VMs in the shortest form that a test can read.
#pragma once

#include <cstdint>

#include "analyzer/event/call.h"

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

}  // namespace slotscope::test
