// Stacks, joined to their calls.
#include "tests/unit/probes/wire_feed.h"

namespace slotscope {
namespace {

using namespace test;

// Answers the number of the sample, and keeps what it saw.
struct FakeResolver : StackResolver {
  StackId resolve(const StackSample& sample) override {
    pid = sample.pid;
    registers = sample.registers;
    memory.assign(sample.memory.begin(), sample.memory.end());
    replaced_at = sample.replaced_at;
    return StackId{++count};
  }
  uint32_t count = 0;
  Pid pid;
  Registers registers;
  std::vector<std::byte> memory;
  uint64_t replaced_at = 0;
};

// With `room` bytes behind it, of which `copied` are said to be good.
std::vector<std::byte> stack_record(uint32_t tid, uint64_t entry_ns, uint32_t copied, size_t room) {
  auto record = record_of<wire_stack>(WIRE_STACK);
  record.entry_ns = entry_ns;
  record.tgid = 42;
  record.tid = tid;
  record.registers.ax = 1;
  record.registers.bx = 3;
  record.registers.bp = 6;
  record.registers.sp = 0x7ffc0000;
  record.registers.r15 = 15;
  record.registers.ip = 0x401000;
  record.replaced_at = 0x7ffc0010;
  record.copied = copied;
  std::vector<std::byte> bytes(sizeof record + room, std::byte{0x5a});
  std::memcpy(bytes.data(), &record, sizeof record);
  return bytes;
}

TEST_CASE("a stack is joined to the call of its thread and entry") {
  FakeResolver resolver;
  Feed feed;
  feed.decoder = Decoder(HostLimits{}, &resolver);
  const auto call_of = [&](uint32_t tid, uint64_t entry_ns) {
    auto record = ioctl_of(WIRE_SET_USER_MEMORY_REGION, kvm_a);
    record.tid = tid;
    record.entry_ns = entry_ns;
    feed.seen.clear();
    feed(record);
    return feed.only<Call>().stack;
  };
  const auto stack = [&](uint32_t tid, uint64_t entry_ns) {
    const auto bytes = stack_record(tid, entry_ns, 16, 32);
    feed.bytes(bytes.data(), bytes.size());
  };
  stack(43, 1000);
  stack(44, 1001);
  CHECK(call_of(44, 1001) == StackId{2});
  CHECK(call_of(43, 1000) == StackId{1});
  CHECK(call_of(43, 1000) == StackId{});  // one call has it, no other
  stack(43, 2000);                        // this call's own record was lost
  CHECK(call_of(43, 3000) == StackId{});
  CHECK(resolver.pid == Pid{42});
  CHECK(resolver.memory == std::vector(16, std::byte{0x5a}));
  CHECK(resolver.replaced_at == 0x7ffc0010);
  const std::pair<size_t, uint64_t> expected[] = {{0, 1},   {3, 3},         {6, 6}, {7, 0x7ffc0000},
                                                  {15, 15}, {16, 0x401000}, {1, 0}};
  for (const auto& [number, value] : expected) CHECK(resolver.registers[number] == value);
}

TEST_CASE("a stack never reaches past its record, and needs somebody to unwind it") {
  FakeResolver resolver;
  Feed feed;
  feed.decoder = Decoder(HostLimits{}, &resolver);
  auto bytes = stack_record(43, 1000, 0xffffffff, 24);
  feed.bytes(bytes.data(), bytes.size());
  CHECK(resolver.memory.size() == 24);
  CHECK_FALSE(feed.decoder.decode({bytes.data(), sizeof(wire_stack) - 1}, feed.seen));
  Feed without;
  without.bytes(bytes.data(), bytes.size());
  CHECK(without.seen.empty());
}

}  // namespace
}  // namespace slotscope
