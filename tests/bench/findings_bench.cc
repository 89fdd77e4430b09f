// What the findings cost per call, beside the model that they follow, and that no shape of a trace
// makes them slow. Prints; judges nothing. Usage: findings_bench [CALLS [SHAPE]]
#include <fmt/format.h>

#include <cstdlib>
#include <ctime>
#include <functional>
#include <string_view>
#include <vector>

#include "analyzer/findings/findings.h"
#include "analyzer/findings/totals.h"
#include "tests/support/calls.h"

using namespace slotscope;
using test::make_call;

namespace {

constexpr uint64_t page = 0x1000;
constexpr uint64_t ram = 0x7f0000000000, vram = 0x7e0000000000;

struct Shape {
  const char* name;
  std::function<void(std::vector<Call>&)> round;  // ends in the state in which it began
};

void toggle(std::vector<Call>& calls, uint16_t slot, uint64_t gpa, uint64_t size, uint64_t hva,
            uint32_t flags = 0) {
  calls.push_back(make_call({.slot = slot, .flags = flags, .gpa = gpa, .size = size, .hva = hva}));
  calls.push_back(make_call({.slot = slot, .gpa = gpa, .hva = hva}));
}

// A display BAR that is enabled and disabled, as SeaBIOS and Linux do it.
void display_bar(std::vector<Call>& calls) {
  toggle(calls, 3, 0xfd000000, 16 << 20, vram, slot_flag::log_dirty);
}

// Low RAM split and joined again, with something else in between.
void ram_split(std::vector<Call>& calls) {
  calls.push_back(make_call({.slot = 0, .size = 1 << 30, .hva = ram}));
  calls.push_back(make_call({.slot = 0, .hva = ram}));
  calls.push_back(make_call({.slot = 0, .size = 0xa0000, .hva = ram}));
  calls.push_back(make_call({.slot = 1, .gpa = 0xc0000, .size = 0x3ff40000, .hva = ram + 0xc0000}));
  calls.push_back(make_call({.slot = 0, .hva = ram}));
  calls.push_back(make_call({.slot = 1, .gpa = 0xc0000, .hva = ram + 0xc0000}));
}

// One huge slot, split 32000 ways and joined again.
void split_32000_ways(std::vector<Call>& calls) {
  constexpr uint16_t ways = 32000;
  calls.push_back(make_call({.slot = ways, .size = ways * page, .hva = ram}));
  calls.push_back(make_call({.slot = ways, .hva = ram}));
  for (uint16_t i = 0; i < ways; ++i) {
    calls.push_back(make_call({.slot = i, .gpa = i * page, .size = page, .hva = ram + i * page}));
  }
  for (uint16_t i = 0; i < ways; ++i) {
    calls.push_back(make_call({.slot = i, .gpa = i * page, .hva = ram + i * page}));
  }
}

// A million slots that are deleted before the first of them comes back.
void million_pending(std::vector<Call>& calls) {
  for (uint64_t i = 0; i < 1'000'000; ++i) {
    toggle(calls, 0, i * page, page, ram + i * page);
  }
}

// A million slots, each over the places of the ones before it.
void million_over_each_other(std::vector<Call>& calls) {
  for (uint64_t i = 0; i < 1'000'000; ++i) toggle(calls, 0, 0, page * (i + 1), ram);
}

double cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

void measure(const Shape& shape, size_t least) {
  std::vector<Call> round;
  shape.round(round);
  std::vector<Event> events(round.begin(), round.end());
  const size_t rounds = std::max<size_t>(1, least / round.size());
  double spent[2];
  PairFindings pairs;
  for (const bool with_findings : {false, true}) {
    Model model(newest_kernel(), true);
    TotalsBuilder totals;
    FindingsBuilder findings({.stacks = nullptr, .qemu = true});
    const double start = cpu_seconds();
    for (size_t i = 0; i < rounds; ++i) {
      for (const Event& event : events) {
        const Step* step = model.apply(event);
        totals.add(event, step);
        if (with_findings) findings.add(event, step);
      }
    }
    spent[with_findings] = cpu_seconds() - start;
    if (with_findings) pairs = findings.finish(model).at(VmId{1}).pairs;
  }
  const double calls = static_cast<double>(rounds * round.size());
  fmt::print("{:<28} {:>10} calls  model {:>6.1f} ns  findings {:>6.1f} ns a call  {} + {} pairs\n",
             shape.name, rounds * round.size(), spent[0] * 1e9 / calls,
             (spent[1] - spent[0]) * 1e9 / calls, pairs.redundant, pairs.restored);
}

}  // namespace

int main(int argc, char** argv) {
  const size_t calls = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 5'000'000;
  const Shape shapes[] = {
      {"display BAR on and off", display_bar},
      {"RAM split and joined", ram_split},
      {"one slot split 32000 ways", split_32000_ways},
      {"10^6 deletes pending", million_pending},
      {"10^6 slots over each other", million_over_each_other},
  };
  const std::string_view only = argc > 2 ? argv[2] : "";
  for (const Shape& shape : shapes) {
    if (only.empty() || only == shape.name) measure(shape, calls);
  }
}
