// What is written as QEMU's text is what QEMU prints, and reads back.
#include "analyzer/format/qemu/qemu_text_writer.h"

#include "tests/support/read_all.h"
#include "tests/support/sample_events.h"

using namespace slotscope;
using namespace slotscope::test;

namespace {

std::string qemu_text(const std::vector<Event>& events) {
  std::string bytes;
  const auto writer = qemu_text_writer(memory_sink(bytes));
  for (const Event& event : events) REQUIRE(writer->write(event));
  REQUIRE(writer->finish());
  return bytes;
}

Annotation note_of(const Note& note) {
  return {.time = {}, .vm = VmId{1}, .tid = {}, .note = note};
}

}  // namespace

TEST_CASE("qemu text: a call has the prefix that its time and thread allow") {
  const std::string body =
      "kvm_set_user_memory AddrSpace#1 Slot#3 flags=0x4 gpa=0x1000 size=0x2000 ua=0x7f0000003000 "
      "guest_memfd=9 guest_memfd_offset=0x4000 ret=-17\n";
  Call call;
  call.as = AsId{1};
  call.slot = SlotId{3};
  call.flags = slot_flag::guest_memfd;
  call.gpa = Gpa{0x1000};
  call.size = Bytes{0x2000};
  call.hva = Hva{0x7f0000003000};
  call.guest_memfd = 9;
  call.guest_memfd_offset = Bytes{0x4000};
  call.ret = -17;
  CHECK(qemu_text({call}) == body);
  call.tid = Tid{77};
  CHECK(qemu_text({call}) == "qemu(77:): " + body);
  CHECK(read_text(qemu_text({call}))->calls() == std::vector<Call>{call});
  call.time = Nanos{5'000'123'000};
  CHECK(qemu_text({call}) == "77@5.000123:" + body);
  CHECK(read_text(qemu_text({call}))->calls() == std::vector<Call>{call});
}

TEST_CASE("qemu text: what QEMU said around its calls comes back") {
  const std::vector<Event> events = {
      note_of(MemslotIoctl{0x4020ae46}),
      note_of(GlobalDirty{3}),
      note_of(PciConfigWrite{DeviceName("i440FX"), {1, 2, 3}, 0x58, 0x33333000}),
      note_of(PciMapping{
          PciMapping::Change::add, DeviceName("VGA"), {0, 2, 0}, 6, 0xfebe0000, Bytes{0x10000}}),
      note_of(PciMapping{
          PciMapping::Change::del, DeviceName("VGA"), {0, 2, 0}, 6, 0xfebe0000, Bytes{0x10000}}),
      Call{}};
  const auto trace = read_text(qemu_text(events));
  REQUIRE(trace);
  CHECK(trace->events == events);
}

TEST_CASE("qemu text: what only a capture sees leaves no line") {
  const Call call = typical_call(1);
  std::vector<Event> events = {call};
  for (const Note& note : {Note(MemoryAttributes{}), Note(GuestMemfdCreation{}), Note(CallPhases{}),
                           Note(GuestCost{})}) {
    events.emplace_back(note_of(note));
  }
  events.emplace_back(Loss{.time = {}, .count = 1});
  events.emplace_back(VmMark{.time = {}, .pid = {}});
  CHECK(qemu_text(events) == qemu_text({call}));
}

TEST_CASE("qemu text: a second VM is refused") {
  std::string bytes;
  const auto writer = qemu_text_writer(memory_sink(bytes));
  Call call;
  REQUIRE(writer->write(call));
  call.vm = VmId{2};
  const Status refused = writer->write(call);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().fault == Fault::usage);
  Annotation note = note_of(GlobalDirty{1});
  note.vm = VmId{2};
  CHECK_FALSE(writer->write(note));
}
