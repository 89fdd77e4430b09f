// The sample files of tests/data/strace: what each holds is written in the README there.
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/read_all.h"
#include "tests/support/sanitized.h"

using namespace slotscope;
using slotscope::test::ReadTrace;

namespace {

// A call as every observer sees it.
struct Bare {
  uint32_t slot;
  uint32_t flags;
  uint64_t gpa, size, hva;
  int32_t ret;
  bool operator==(const Bare&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Bare& bare) {
  return out << '{' << bare.slot << ' ' << bare.flags << std::hex << ' ' << bare.gpa << ' '
             << bare.size << ' ' << bare.hva << std::dec << ' ' << bare.ret << '}';
}

// What `loop` does, with host addresses from the beginning of its memory.
const std::vector<Bare> by_first_thread_before = {{0, 0, 0, 0x200000, 0, 0}};
const std::vector<Bare> by_second_thread = {{1, 2, 0xfffc0000, 0x40000, 0x100000, 0},
                                            {0, 0, 0, 0, 0, 0},
                                            {0, 0, 0, 0xa0000, 0, 0},
                                            {2, 0, 0x100000, 0x100000, 0x100000, 0}};
const std::vector<Bare> by_first_thread_after = {
    {2, 1, 0x100000, 0x100000, 0x100000, 0},
    {2, 3, 0x100000, 0x100000, 0x100000, -22},
    {3, 0, 0x180000, 0x1000, 0, -17},
    {3, 0, 0x800, 0x1000, 0, -22},
    {0x10000, 0, 0, 0x1000, 0, -22},
    {2, 0, 0x100000, 0, 0x100000, 0},
    {0, 0, 0, 0, 0, -14}};  // a bad pointer, so nothing else is known

std::vector<Bare> operator+(std::vector<Bare> a, const std::vector<Bare>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

std::string path_of(const std::string& name) {
  const char* root = std::getenv("SLOTSCOPE_SOURCE_ROOT");
  REQUIRE(root);
  return std::string(root) + "/tests/data/strace/" + name;
}

std::string text_of(const std::string& name) {
  std::ifstream in(path_of(name), std::ios::binary);
  REQUIRE(in);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

ReadTrace read_sample(const std::string& name) {
  INFO(name);
  Result<ReadTrace> trace = test::read_file(path_of(name));
  if (!trace) FAIL(trace.error().place + ": " + trace.error().message);
  return *std::move(trace);
}

std::vector<Bare> bare_calls(const ReadTrace& trace, uint64_t memory = 0) {
  std::vector<Bare> calls;
  for (const Call& call : trace.calls()) {
    calls.push_back({.slot = uint32_t{call.as.value} << 16 | call.slot.value,
                     .flags = call.flags,
                     .gpa = call.gpa.value,
                     .size = call.size.value,
                     .hva = call.hva.value ? call.hva.value - memory : 0,
                     .ret = call.ret});
  }
  return calls;
}

// The lines of QEMU's own trace of the same run.
std::vector<Bare> qemu_calls(const std::string& text) {
  std::vector<Bare> calls;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const size_t at = line.find("kvm_set_user_memory Slot#");
    REQUIRE(at != std::string::npos);
    Bare bare{};
    unsigned long long gpa = 0, size = 0, hva = 0;
    REQUIRE(std::sscanf(line.c_str() + at,
                        "kvm_set_user_memory Slot#%u flags=%x gpa=%llx size=%llx ua=%llx ret=%d",
                        &bare.slot, &bare.flags, &gpa, &size, &hva, &bare.ret) == 6);
    bare.gpa = gpa;
    bare.size = size;
    bare.hva = hva;
    calls.push_back(bare);
  }
  return calls;
}

}  // namespace

TEST_CASE("strace samples: every set of options shows the same calls") {
  const auto all = by_first_thread_before + by_second_thread + by_first_thread_after;
  struct Sample {
    const char* name;
    Clock clock;
    uint32_t main, second;  // thread ids
  };
  const Sample samples[] = {
      {"loop-f.txt", Clock::none, 20801, 20802},
      {"loop-f-stderr.txt", Clock::none, 0, 20910},
      {"loop-fXraw.txt", Clock::none, 20841, 20842},
      {"loop-fXverbose.txt", Clock::none, 20849, 20850},
      {"loop-fi.txt", Clock::none, 20865, 20866},
      {"loop-fn.txt", Clock::none, 20833, 20834},
      {"loop-fr.txt", Clock::relative, 20825, 20826},
      {"loop-fttTy.txt", Clock::time_of_day, 20809, 20810},
      {"loop-ftttT.txt", Clock::realtime, 20817, 20818},
      {"loop-fyy.txt", Clock::none, 20857, 20858},
  };
  for (const Sample& sample : samples) {
    INFO(sample.name);
    const ReadTrace trace = read_sample(sample.name);
    CHECK(trace.info.format == "strace");
    CHECK(trace.info.clock == sample.clock);
    const std::vector<Call> calls = trace.calls();
    REQUIRE(calls.size() == all.size());
    CHECK(bare_calls(trace, calls[0].hva.value) == all);
    for (size_t i = 0; i < all.size(); ++i) {
      const Call& call = calls[i];
      CHECK(call.tid.value == (i >= 1 && i < 5 ? sample.second : sample.main));
      CHECK(call.pid.value == sample.main);
      CHECK(call.vm.value == 1);
      CHECK(call.time.has_value() == (sample.clock != Clock::none));
      if (i > 0 && call.time) CHECK(*calls[i - 1].time < *call.time);
    }
    // The VM's start, the REGION2 that can't be seen, the VM's end.
    REQUIRE(trace.events.size() == all.size() + 3);
    CHECK(std::get<VmMark>(trace.events.front()).edge == VmMark::Edge::start);
    CHECK(std::get<VmMark>(trace.events.front()).pid.value == sample.main);
    CHECK(std::get<Loss>(trace.events[all.size() + 1]).reason == Loss::Reason::undecoded);
    CHECK(std::get<VmMark>(trace.events.back()).edge == VmMark::Edge::end);
    CHECK(trace.summary.warnings.size() == 1);
    CHECK_FALSE(trace.summary.cut_off());
  }
}

TEST_CASE("strace samples: times and durations are those of the lines") {
  const ReadTrace day = read_sample("loop-fttTy.txt");
  CHECK(day.calls()[2].time == Nanos{37'844'653'174'000});  // 10:30:44.652982 + 192 us
  CHECK(day.calls()[2].duration == Nanos{192'000});
  const ReadTrace epoch = read_sample("loop-ftttT.txt");
  CHECK(epoch.calls()[1].time == Nanos{1795343444'669849000});
  CHECK(epoch.calls()[1].duration == Nanos{78'000});
  const ReadTrace relative = read_sample("loop-fr.txt");
  CHECK(relative.calls()[1].time == Nanos{1'682'000});  // 452 + 1230 us
  CHECK_FALSE(relative.calls()[1].duration);
}

TEST_CASE("strace samples: traces that show a part of the calls") {
  const ReadTrace plain = read_sample("loop-plain.txt");
  CHECK(bare_calls(plain, plain.calls()[0].hva.value) ==
        by_first_thread_before + by_first_thread_after);
  const ReadTrace first = read_sample("loop-ff.20881");
  const uint64_t memory = first.calls()[0].hva.value;
  CHECK(bare_calls(first, memory) == by_first_thread_before + by_first_thread_after);
  CHECK(bare_calls(read_sample("loop-ff.20882"), memory) == by_second_thread);

  const ReadTrace failed = read_sample("loop-fZ.txt");
  const auto& after = by_first_thread_after;
  CHECK(bare_calls(failed, failed.calls()[0].hva.value - 0x100000) ==
        std::vector<Bare>(after.begin() + 1, after.begin() + 5) + std::vector{after.back()});
  CHECK(failed.all<VmMark>().empty());  // its beginning was not seen

  const ReadTrace stacks = read_sample("qemu-fk.txt");
  CHECK(stacks.calls().size() == 5);
  CHECK(stacks.summary.skipped_lines == 75);
}

TEST_CASE("strace samples: QEMU and strace saw the same calls") {
  struct Pair {
    const char *strace, *qemu;
    size_t calls;
  };
  for (const Pair& pair : {Pair{"q35-qxl.strace.txt", "q35-qxl.qemu.log", 41},
                           Pair{"pc-migrate.strace.txt", "pc-migrate.qemu.log", 53}}) {
    INFO(pair.strace);
    const auto calls = bare_calls(read_sample(pair.strace));
    CHECK(calls.size() == pair.calls);
    CHECK(calls == qemu_calls(text_of(pair.qemu)));
  }
}

TEST_CASE("strace samples: split calls, a forked child, and three VMs on one descriptor") {
  std::vector<Bare> expected;
  for (int i = 0; i < 6; ++i)
    expected =
        expected + std::vector<Bare>{{1, 0, 0x100000, 0x100000, 0, 0}, {1, 0, 0x100000, 0, 0, 0}};
  expected = expected + std::vector<Bare>{{2, 0, 0x400000, 0x1000, 0, -5},
                                          {3, 0, 0x400000, 0x1000, 0, 0},
                                          {4, 1, 0x800000, 0x2000, 0, 0},
                                          {5, 2, 0x800000, 0x2000, 0, 0}};
  for (const char* name : {"vms-fttT.txt", "vms-f-stderr.txt"}) {
    INFO(name);
    const ReadTrace trace = read_sample(name);
    CHECK(bare_calls(trace, trace.calls()[0].hva.value) == expected);
    for (size_t i = 0; i < expected.size(); ++i)
      CHECK(trace.calls()[i].vm.value == (i < 14 ? 1u : i == 14 ? 2u : 3u));

    std::string marks;
    for (const VmMark& mark : trace.all<VmMark>())
      marks += std::to_string(mark.vm.value) + (mark.edge == VmMark::Edge::start ? '+' : '-');
    CHECK(marks == "1+2+1-2-3+3-");
    CHECK(trace.summary.warnings.empty());
  }
  const ReadTrace trace = read_sample("vms-fttT.txt");
  CHECK(trace.calls()[0].pid.value == 15511);
  CHECK(trace.calls()[0].tid.value == 15513);
  CHECK(trace.calls()[12].pid.value == 15514);
}

TEST_CASE("strace samples: a trace cut anywhere gives the calls before the cut") {
  for (const char* name : {"loop-f.txt", "loop-fXverbose.txt", "vms-f-stderr.txt"}) {
    const std::string text = text_of(name);
    const auto whole = read_sample(name).calls();
    size_t settled = 0;  // the calls of the lines that the cut leaves whole
    for (size_t size = 1; size <= text.size(); ++size) {
      if (test::sanitized && size % 7 != 0 && text[size - 1] != '\n') continue;
      Result<ReadTrace> trace = test::read_text(std::string_view(text).substr(0, size));
      if (!trace) {
        REQUIRE(trace.error().message ==
                "holds no memslot call in any format that slotscope reads");
        REQUIRE(size < text.find('\n'));
        continue;
      }
      const auto calls = trace->calls();
      REQUIRE(calls.size() <= whole.size());
      REQUIRE(std::equal(calls.begin(), calls.end(), whole.begin()));
      REQUIRE(calls.size() >= settled);
      if (text[size - 1] == '\n') settled = calls.size();
    }
    CHECK(settled == whole.size());
  }
}
