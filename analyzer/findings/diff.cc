#include "analyzer/findings/diff.h"

#include <algorithm>
#include <map>
#include <tuple>

namespace slotscope {
namespace {

// The calls of one address space, as indices into a trace, with the commits that they make.
struct Stream {
  std::vector<size_t> calls;
  std::vector<size_t> commit_begins;  // places in `calls`
};
using Streams = std::map<SpaceKey, Stream>;

Streams streams_of(const DiffTrace& trace) {
  Streams streams;
  for (size_t i = 0; i < trace.calls.size(); ++i) {
    const DiffCall& call = trace.calls[i];
    Stream& stream = streams[{call.vm, call.subject.as}];
    if (stream.calls.empty() || trace.calls[stream.calls.back()].commit != call.commit) {
      stream.commit_begins.push_back(stream.calls.size());
    }
    stream.calls.push_back(i);
  }
  return streams;
}

size_t commit_end(const Stream& stream, size_t commit) {
  return commit + 1 < stream.commit_begins.size() ? stream.commit_begins[commit + 1]
                                                  : stream.calls.size();
}

std::vector<Token> commit_tokens(const DiffTrace& trace, const Stream& stream) {
  std::vector<Token> tokens;
  for (size_t c = 0; c < stream.commit_begins.size(); ++c) {
    Token token = 0;
    for (size_t i = stream.commit_begins[c]; i < commit_end(stream, c); ++i) {
      token = (token ^ trace.calls[stream.calls[i]].token) * 0x9e3779b97f4a7c15;
      token ^= token >> 31;
    }
    tokens.push_back(token);
  }
  return tokens;
}

// Which calls have a counterpart.
struct Matched {
  std::vector<bool> a, b;
};

class Aligner {
 public:
  Aligner(const DiffTrace& a, const DiffTrace& b)
      : a_(a),
        b_(b),
        matched_{std::vector<bool>(a.calls.size()), std::vector<bool>(b.calls.size())} {}

  // Whole commits first, then the calls between those that match: two logs of one boot may have
  // been cut into commits differently.
  void align(const Stream& in_a, const Stream& in_b) {
    size_t a = 0, b = 0;
    for (const auto& [x, y] :
         common_subsequence(commit_tokens(a_, in_a), commit_tokens(b_, in_b))) {
      align_calls(in_a, a, in_a.commit_begins[x], in_b, b, in_b.commit_begins[y]);
      a = commit_end(in_a, x);
      b = commit_end(in_b, y);
      for (size_t i = in_a.commit_begins[x]; i < a; ++i) matched_.a[in_a.calls[i]] = true;
      for (size_t i = in_b.commit_begins[y]; i < b; ++i) matched_.b[in_b.calls[i]] = true;
    }
    align_calls(in_a, a, in_a.calls.size(), in_b, b, in_b.calls.size());
  }

  Matched take() { return std::move(matched_); }

 private:
  static std::vector<Token> tokens(const DiffTrace& trace, const Stream& stream, size_t from,
                                   size_t to) {
    std::vector<Token> tokens;
    for (size_t i = from; i < to; ++i) tokens.push_back(trace.calls[stream.calls[i]].token);
    return tokens;
  }

  void align_calls(const Stream& in_a, size_t a, size_t a_end, const Stream& in_b, size_t b,
                   size_t b_end) {
    if (a == a_end || b == b_end) return;
    for (const auto& [x, y] :
         common_subsequence(tokens(a_, in_a, a, a_end), tokens(b_, in_b, b, b_end))) {
      matched_.a[in_a.calls[a + x]] = true;
      matched_.b[in_b.calls[b + y]] = true;
    }
  }

  const DiffTrace& a_;
  const DiffTrace& b_;
  Matched matched_;
};

void extend(DiffRun& run, const DiffCall& call) {
  const GpaRange range = call.subject.range();
  run.range = run.count == 0 ? range
                             : GpaRange{std::min(run.range.begin, range.begin),
                                        std::max(run.range.end, range.end)};
  run.calls.last = call.call;
  ++run.count;
  run.creates += call.kind == UpdateKind::create;
  run.deletes += call.kind == UpdateKind::del;
  run.mirrors += call.mirror;
}

DiffSide side_of(const DiffTrace& trace, const std::vector<bool>& matched) {
  DiffSide side{.calls = trace.calls.size(), .runs = {}};
  bool open = false;
  for (size_t i = 0; i < trace.calls.size(); ++i) {
    const DiffCall& call = trace.calls[i];
    if (matched[i]) {
      open = false;
      continue;
    }
    ++side.only;
    side.only_mirrors += call.mirror;
    const DiffRun* last = side.runs.empty() ? nullptr : &side.runs.back();
    open = open && last->commit == call.commit && last->as == call.subject.as &&
           last->vm == call.vm && (last->mirrors > 0) == call.mirror;
    if (!open) {
      side.runs.push_back({.calls = {call.call, call.call},
                           .vm = call.vm,
                           .as = call.subject.as,
                           .commit = call.commit,
                           .cause = call.cause,
                           .range = {}});
    }
    extend(side.runs.back(), call);
    open = true;
  }
  return side;
}

void count(TraceDiff& diff, const DiffTrace& a, const DiffTrace& b, const Matched& matched) {
  std::map<SpaceKey, SpaceCount> spaces;
  std::map<CauseKind, CauseCount> causes;
  const auto add = [&](const DiffTrace& trace, const std::vector<bool>& found,
                       auto SpaceCount::*all, auto SpaceCount::*only, auto CauseCount::*cause_all,
                       auto CauseCount::*cause_only) {
    for (size_t i = 0; i < trace.calls.size(); ++i) {
      const DiffCall& call = trace.calls[i];
      const SpaceKey key{call.vm, call.subject.as};
      SpaceCount& space = spaces[key];
      CauseCount& cause = causes[call.cause];
      space.space = key;
      cause.cause = call.cause;
      ++(space.*all);
      ++(cause.*cause_all);
      space.*only += !found[i];
      cause.*cause_only += !found[i];
    }
  };
  add(a, matched.a, &SpaceCount::a, &SpaceCount::only_a, &CauseCount::a, &CauseCount::only_a);
  add(b, matched.b, &SpaceCount::b, &SpaceCount::only_b, &CauseCount::b, &CauseCount::only_b);
  for (const auto& [key, one] : spaces) diff.spaces.push_back(one);
  for (const auto& [key, one] : causes) diff.causes.push_back(one);
  std::stable_sort(diff.causes.begin(), diff.causes.end(),
                   [](const CauseCount& x, const CauseCount& y) { return x.a + x.b > y.a + y.b; });
}

bool by_shape(const DiffSlot& a, const DiffSlot& b) {
  const auto shape = [](const Slot& slot) {
    return std::tuple(slot.gpa, slot.size, slot.flags, slot.guest_memfd_offset);
  };
  return shape(a.slot) < shape(b.slot);
}

// Slots of one end that the other has too. Host memory may lie elsewhere, but a region of either
// trace must have moved as a whole.
uint64_t common_slots(const std::vector<DiffSlot>& a, const std::vector<DiffSlot>& b) {
  std::map<uint32_t, Bytes> moved_a, moved_b;
  uint64_t n = 0;
  for (auto x = a.begin(), y = b.begin(); x != a.end() && y != b.end();) {
    if (by_shape(*x, *y)) {
      ++x;
    } else if (by_shape(*y, *x)) {
      ++y;
    } else {
      const Bytes moved = y->slot.hva - x->slot.hva;
      const bool with_a = moved_a.try_emplace(x->region, moved).first->second == moved;
      const bool with_b = moved_b.try_emplace(y->region, moved).first->second == moved;
      n += with_a && with_b;
      ++x, ++y;
    }
  }
  return n;
}

void compare_ends(TraceDiff& diff, const DiffTrace& a, const DiffTrace& b) {
  std::map<SpaceKey, FinalSpace> spaces;
  for (const auto& [key, slots] : a.final_slots) spaces[key].in_a = true;
  for (const auto& [key, slots] : b.final_slots) spaces[key].in_b = true;
  static const std::vector<DiffSlot> nothing;
  for (auto& [key, space] : spaces) {
    const auto& in_a = space.in_a ? a.final_slots.at(key) : nothing;
    const auto& in_b = space.in_b ? b.final_slots.at(key) : nothing;
    space.space = key;
    const uint64_t common = common_slots(in_a, in_b);
    space.only_a = in_a.size() - common;
    space.only_b = in_b.size() - common;
    diff.final_state_equal &= space.only_a == 0 && space.only_b == 0;
    diff.final_spaces.push_back(space);
  }
}

}  // namespace

TraceDiff diff(const DiffTrace& a, const DiffTrace& b) {
  Aligner aligner(a, b);
  const Streams in_a = streams_of(a), in_b = streams_of(b);
  for (const auto& [key, stream] : in_a) {
    const auto other = in_b.find(key);
    if (other != in_b.end()) aligner.align(stream, other->second);
  }
  const Matched matched = aligner.take();
  TraceDiff result;
  result.a = side_of(a, matched.a);
  result.b = side_of(b, matched.b);
  result.matched = result.a.calls - result.a.only;
  count(result, a, b, matched);
  compare_ends(result, a, b);
  return result;
}

}  // namespace slotscope
