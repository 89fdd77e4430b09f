// Makes up ioctls, seeing what the slots are: valid ones of every kind, ones that break a single
// rule, and ones with values from the edges of each field. The same seed gives the same calls as
// long as the kernel answers the same.
#pragma once

#include <random>
#include <vector>

#include "analyzer/model/slot.h"
#include "tests/kvm/conformance_attempt.h"
#include "tests/kvm/conformance_host.h"

namespace slotscope::conformance {

class Generator {
 public:
  Generator(uint64_t seed, const Host& host) : random_(seed), host_(host) {}

  // Chooses where the next VM's slots are: few ids and ranges, so that they meet.
  void begin_vm();
  // `live`: every slot that the VM has now.
  Attempt next(const std::vector<Slot>& live);
  // Below `bound`.
  uint64_t below(uint64_t bound) { return random_() % bound; }

 private:
  bool chance(uint64_t in_100) { return below(100) < in_100; }
  template <class Choices>
  auto any_of(const Choices& choices) {
    return choices[below(std::size(choices))];
  }

  Gpa some_gpa();
  Hva some_hva();
  Bytes some_size();
  AsId some_space();
  Attempt create();
  Attempt of_live(const Slot& slot);
  void use_memfd(Attempt& attempt);
  void break_a_field(Attempt& attempt);

  std::mt19937_64 random_;
  Host host_;
  std::vector<uint16_t> ids_;
  std::vector<uint64_t> bases_;
};

}  // namespace slotscope::conformance
