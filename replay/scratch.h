// The only memory that a replay maps, touches or passes to KVM.
#pragma once

#include <vector>

#include "analyzer/base/result.h"
#include "analyzer/base/units.h"
#include "replay/data/replay_plan.h"
#include "replay/replay_options.h"

namespace slotscope {

class Scratch {
 public:
  // Reserves address space from a 1 GiB boundary on; memory is only used where it is touched.
  static Result<Scratch> reserve(Bytes size, Backing backing);
  Scratch(Scratch&& other) noexcept;
  Scratch& operator=(Scratch&&) = delete;
  ~Scratch();

  Hva base() const { return {reinterpret_cast<uint64_t>(base_)}; }
  char* at(Bytes offset) const { return base_ + offset.value; }
  Status populate(const std::vector<ScratchRange>& ranges);

 private:
  Scratch(char* mapped, size_t length, char* base)
      : mapped_(mapped), length_(length), base_(base) {}

  char* mapped_;
  size_t length_;
  char* base_;
};

}  // namespace slotscope
