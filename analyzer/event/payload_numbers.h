// Gives calls their payload hints: the same number to calls that say the same. For sources that
// don't know it from the text already.
#pragma once

#include <cstdint>
#include <vector>

#include "analyzer/event/event.h"

namespace slotscope {

class PayloadNumbers {
 public:
  PayloadNumbers();

  // Of each call of the batch that has no hint.
  void hint(EventBatch& batch);

 private:
  // What a call says, in four words.
  struct Payload {
    uint64_t gpa, size, hva, rest;
    bool operator==(const Payload&) const = default;
  };
  struct Place {
    Payload payload;
    uint32_t number = 0;  // 0: free
  };
  // Beyond so many all are forgotten; the numbers go on.
  static constexpr size_t most = 1 << 13, places = 1 << 14;
  // Sources that recognise a call by its text count in odd numbers (KnownCalls).
  static constexpr uint32_t step = 2;

  uint32_t number_of(const Payload& payload);

  uint64_t seed_;  // a hostile trace must not choose where its calls go
  std::vector<Place> places_;
  size_t used_ = 0;
  uint32_t latest_ = 0;
};

}  // namespace slotscope
