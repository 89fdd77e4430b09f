#include "analyzer/diff/call_alignment.h"

#include <algorithm>
#include <utility>

#include "analyzer/base/mixed.h"

namespace slotscope {
namespace {

// The calls of one address space, with what makes two of them equal and the commits they make.
struct Stream {
  std::vector<size_t> calls;  // indices into the trace
  std::vector<Token> tokens;
  std::vector<size_t> commit_begins;  // places in `calls`

  size_t commit_end(size_t commit) const {
    return commit + 1 < commit_begins.size() ? commit_begins[commit + 1] : calls.size();
  }
};
using Streams = std::map<SpaceKey, Stream>;

template <class TokenOf>
Streams streams_of(const DiffTrace& trace, TokenOf token_of) {
  Streams streams;
  for (size_t i = 0; i < trace.calls.size(); ++i) {
    const DiffCall& call = trace.calls[i];
    Stream& stream = streams[{call.vm, call.subject.as}];
    if (stream.calls.empty() || trace.calls[stream.calls.back()].commit != call.commit) {
      stream.commit_begins.push_back(stream.calls.size());
    }
    stream.calls.push_back(i);
    stream.tokens.push_back(token_of(call));
  }
  return streams;
}

std::vector<Token> commit_tokens(const Stream& stream) {
  std::vector<Token> tokens;
  for (size_t c = 0; c < stream.commit_begins.size(); ++c) {
    Token token = 0;
    for (size_t i = stream.commit_begins[c]; i < stream.commit_end(c); ++i) {
      token = mixed(token, stream.tokens[i]);
    }
    tokens.push_back(token);
  }
  return tokens;
}

using Pairs = std::vector<std::pair<size_t, size_t>>;  // indices into the traces

Pairs align_by_call(const Stream& in_a, const Stream& in_b, Effort& effort) {
  Pairs pairs = common_subsequence(in_a.tokens, in_b.tokens, effort);
  for (auto& [x, y] : pairs) {
    x = in_a.calls[x];
    y = in_b.calls[y];
  }
  return pairs;
}

// Whole commits first, then the calls between those that match.
Pairs align_by_commit(const Stream& in_a, const Stream& in_b, Effort& effort) {
  Pairs pairs;
  const auto between = [&](size_t a, size_t a_end, size_t b, size_t b_end) {
    if (a == a_end || b == b_end) return;
    const std::span all_a(in_a.tokens), all_b(in_b.tokens);
    for (const auto& [x, y] :
         common_subsequence(all_a.subspan(a, a_end - a), all_b.subspan(b, b_end - b), effort)) {
      pairs.emplace_back(in_a.calls[a + x], in_b.calls[b + y]);
    }
  };
  size_t a = 0, b = 0;
  for (const auto& [x, y] : common_subsequence(commit_tokens(in_a), commit_tokens(in_b), effort)) {
    between(a, in_a.commit_begins[x], b, in_b.commit_begins[y]);
    a = in_a.commit_begins[x];
    b = in_b.commit_begins[y];
    while (a < in_a.commit_end(x) && b < in_b.commit_end(y)) {
      pairs.emplace_back(in_a.calls[a++], in_b.calls[b++]);
    }
  }
  between(a, in_a.calls.size(), b, in_b.calls.size());
  return pairs;
}

// Most calls count, whatever the commits; of equally many those that keep commits together.
Pairs align(const Stream& in_a, const Stream& in_b, Effort& effort) {
  Pairs by_commit = align_by_commit(in_a, in_b, effort);
  Pairs by_call = align_by_call(in_a, in_b, effort);
  return by_call.size() > by_commit.size() ? by_call : by_commit;
}

HostAddress host_of(const DiffCall& call) { return {call.region, call.subject.hva}; }

// A slot as the guest sees it, and the memory that calls of each side put there.
struct Shape {
  Gpa gpa;
  Bytes size, offset;
  uint32_t flags;
  auto operator<=>(const Shape&) const = default;

  static Shape of(const Slot& slot) {
    return {slot.gpa, slot.size, slot.guest_memfd_offset, slot.flags};
  }
};
struct Backings {
  static constexpr size_t most = 8;  // more memories in one place tell nothing of which is which
  std::vector<HostAddress> a, b;

  static void add(std::vector<HostAddress>& to, HostAddress address) {
    const auto same = [&](HostAddress other) { return other.hva == address.hva; };
    if (to.size() < most && std::none_of(to.begin(), to.end(), same)) to.push_back(address);
  }
};
using Shapes = std::map<Shape, Backings>;

void add_shapes(std::map<VmId, Shapes>& shapes, const DiffTrace& trace,
                std::vector<HostAddress> Backings::*side) {
  const auto add = [&](VmId vm, const Slot& slot, uint32_t region) {
    if (region == HostAddress::nowhere) return;
    Backings::add(shapes[vm][Shape::of(slot)].*side, {region, slot.hva});
  };
  for (const DiffCall& call : trace.calls) add(call.vm, call.subject, call.region);
  for (const auto& [key, slots] : trace.final_slots) {
    for (const DiffSlot& slot : slots) add(key.vm, slot.slot, slot.region);
  }
}

}  // namespace

HostAlignments align_hosts(const DiffTrace& a, const DiffTrace& b) {
  std::map<VmId, Shapes> shapes;
  add_shapes(shapes, a, &Backings::a);
  add_shapes(shapes, b, &Backings::b);
  HostAlignments hosts;
  for (const auto& [vm, of_vm] : shapes) {
    HostAlignment& alignment = hosts[vm];
    for (const auto& [shape, backings] : of_vm) {
      for (const HostAddress& in_a : backings.a) {
        for (const HostAddress& in_b : backings.b) alignment.vote(in_a, in_b, shape.size);
      }
    }
    alignment.settle();
  }
  return hosts;
}

Matched align_calls(const DiffTrace& a, const DiffTrace& b, const HostAlignments& hosts) {
  Matched matched{std::vector<bool>(a.calls.size()), std::vector<bool>(b.calls.size())};
  Effort effort;
  static const HostAlignment nothing;
  const auto of = [&](VmId vm) -> const HostAlignment& {
    const auto at = hosts.find(vm);
    return at == hosts.end() ? nothing : at->second;
  };
  const auto token_a = [&](const DiffCall& call) {
    return mixed(call.guest, of(call.vm).token_a(host_of(call)));
  };
  const auto token_b = [&](const DiffCall& call) {
    return mixed(call.guest, of(call.vm).token_b(host_of(call)));
  };
  const Streams in_a = streams_of(a, token_a), in_b = streams_of(b, token_b);
  for (const auto& [key, stream] : in_a) {
    const auto other = in_b.find(key);
    if (other == in_b.end()) continue;
    for (const auto& [x, y] : align(stream, other->second, effort)) {
      matched.a[x] = true;
      matched.b[y] = true;
    }
  }
  matched.exact = effort.exact;
  return matched;
}

}  // namespace slotscope
