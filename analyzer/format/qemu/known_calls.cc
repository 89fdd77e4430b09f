#include "analyzer/format/qemu/known_calls.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <random>

namespace slotscope {

KnownCalls::KnownCalls()
    : seed_(uint64_t{std::random_device{}()} << 32 | std::random_device{}()), places_(64, none) {}

uint64_t KnownCalls::hash_of(std::string_view text) const {
  return XXH3_64bits_withSeed(text.data(), text.size(), seed_);
}

const Call* KnownCalls::follow(uint32_t index) {
  if (latest_ != none) known_[latest_].next = index;
  latest_ = index;
  return &known_[index].call;
}

const Call* KnownCalls::find(std::string_view text) {
  if (latest_ != none) {
    const uint32_t next = known_[latest_].next;
    if (next != none && is(known_[next], text)) {
      latest_ = next;
      return &known_[next].call;
    }
  }
  if (ignored_ > 0 || known_.empty()) return nullptr;
  ++looked_at_;
  const uint64_t hash = hash_of(text);
  const size_t mask = places_.size() - 1;
  for (size_t at = hash & mask; places_[at] != none; at = (at + 1) & mask) {
    const uint32_t index = places_[at];
    if (known_[index].hash == hash && is(known_[index], text)) return follow(index);
  }
  return nullptr;
}

void KnownCalls::place(uint32_t index) {
  const size_t mask = places_.size() - 1;
  size_t at = known_[index].hash & mask;
  while (places_[at] != none) at = (at + 1) & mask;
  places_[at] = index;
}

void KnownCalls::forget() {
  texts_.clear();
  known_.clear();
  std::fill(places_.begin(), places_.end(), none);
  latest_ = none;
}

bool KnownCalls::is_worth_learning() {
  constexpr uint32_t sample = 1 << 13, pause = 1 << 16;
  if (ignored_ > 0) {
    --ignored_;
    return false;
  }
  ++new_;
  if (looked_at_ < sample) return true;
  if (2 * new_ > looked_at_) ignored_ = pause;
  looked_at_ = new_ = 0;
  return ignored_ == 0;
}

void KnownCalls::learn(std::string_view text, Call& call) {
  if (text.size() > longest_text || numbered_ == UINT32_MAX || !is_worth_learning()) return;
  if (known_.size() == most_texts) forget();
  if (2 * (known_.size() + 1) > places_.size()) {
    places_.assign(2 * places_.size(), none);
    for (uint32_t index = 0; index < known_.size(); ++index) place(index);
  }
  call.payload.id.value = numbered_;
  numbered_ += 2;
  const uint32_t index = static_cast<uint32_t>(known_.size());
  known_.push_back({.call = call,
                    .hash = hash_of(text),
                    .text = static_cast<uint32_t>(texts_.size()),
                    .size = static_cast<uint32_t>(text.size())});
  texts_ += text;
  place(index);
  follow(index);
}

}  // namespace slotscope
