// The texts of calls that a trace has shown before, with what they say. A boot prints the same few
// hundred lines again and again, and comparing a text costs a tenth of parsing it.
//
// Bounded: beyond `most_texts` all is forgotten, and a trace that never repeats is not remembered
// for a while. Its numbers go on, so that no number ever stands for two texts.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/event/call.h"

namespace slotscope {

class KnownCalls {
 public:
  KnownCalls();

  // What `text` says, with its payload hint; nullptr when it has not been learnt. Valid until the
  // next learn().
  const Call* find(std::string_view text);

  // Learns a text that find() did not know. `call` gets its payload hint.
  void learn(std::string_view text, Call& call);

 private:
  static constexpr size_t most_texts = 1 << 15, longest_text = 512;
  static constexpr uint32_t none = UINT32_MAX;

  struct Known {
    Call call;
    uint64_t hash;
    uint32_t text, size;   // in texts_
    uint32_t next = none;  // what followed it the last time
  };

  bool is(const Known& known, std::string_view text) const {
    return known.size == text.size() &&
           text == std::string_view(texts_).substr(known.text, known.size);
  }
  uint64_t hash_of(std::string_view text) const;
  const Call* follow(uint32_t index);
  void place(uint32_t index);
  void forget();
  bool is_worth_learning();

  uint64_t seed_;  // a hostile trace must not choose where its texts go
  std::string texts_;
  std::vector<Known> known_;
  std::vector<uint32_t> places_;  // open hash table of indices into known_, at most half full
  uint32_t latest_ = none;
  uint32_t numbered_ = 1;  // odd: even numbers are those of PayloadNumbers

  // Of the texts since the last look at them, how many were new; and how many are yet to be
  // ignored.
  uint32_t looked_at_ = 0, new_ = 0, ignored_ = 0;
};

}  // namespace slotscope
