#include "probes/stack_sample.h"

#include <cstring>

namespace slotscope {

std::optional<uint64_t> StackSample::read(uint64_t address) const {
  if (replaced_at != 0 && address == replaced_at) return replaced;
  const uint64_t offset = address - registers[Registers::rsp];  // wraps below it
  uint64_t value;
  if (offset > memory.size() || memory.size() - offset < sizeof value) return std::nullopt;
  std::memcpy(&value, memory.data() + offset, sizeof value);
  return value;
}

}  // namespace slotscope
