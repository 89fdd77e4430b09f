// A thread's registers and a part of its stack, as the BPF programs copied them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "analyzer/base/units.h"

namespace slotscope {

// x86-64 registers by their DWARF numbers (System V ABI, figure 3.36).
struct Registers {
  static constexpr size_t rbx = 3, rbp = 6, rsp = 7, r12 = 12, rip = 16, count = 17;
  std::array<uint64_t, count> values{};

  uint64_t& operator[](size_t number) { return values[number]; }
  uint64_t operator[](size_t number) const { return values[number]; }
};

struct StackSample {
  Pid pid;
  Nanos time = {};  // of its taking, CLOCK_MONOTONIC
  Registers registers;
  std::span<const std::byte> memory;  // from registers[rsp] upwards
  // An address whose memory held something else before we put a uretprobe's return address there.
  uint64_t replaced_at = 0, replaced = 0;

  // Eight bytes at an address of the process; nothing where they were not copied.
  std::optional<uint64_t> read(uint64_t address) const;
};

// Turns samples into what a call refers to.
class StackResolver {
 public:
  virtual ~StackResolver() = default;
  StackResolver() = default;
  StackResolver(const StackResolver&) = delete;
  StackResolver& operator=(const StackResolver&) = delete;

  virtual StackId resolve(const StackSample& sample) = 0;
};

}  // namespace slotscope
