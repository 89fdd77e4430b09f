// QEMU trace text: three variants of the event, every prefix, and what comes around it.
#include "tests/support/read_all.h"

using namespace slotscope;
using test::read_text;

namespace {

const std::string v1 =
    "kvm_set_user_memory Slot#65539 flags=0x2 gpa=0xfffc0000 size=0x40000 "
    "ua=0x7f3629e00000 ret=-17";

struct PrefixRow {
  const char* prefix;
  std::optional<int64_t> time;
  Clock clock;
  uint32_t tid, pid;
};

constexpr int64_t us = 1000;
constexpr int64_t iso = 1795343471494119 * us;  // 2026-11-22T10:31:11.494119Z

const PrefixRow prefixes[] = {
    {"", std::nullopt, Clock::none, 0, 0},
    {"20989@1795343471.495578:", 1795343471495578 * us, Clock::realtime, 20989, 0},
    {"2026-11-22T10:31:11.494119Z ", iso, Clock::realtime, 0, 0},
    {"2026-11-22T10:31:11Z ", 1795343471000000 * us, Clock::realtime, 0, 0},
    {"2026-11-22T10:31:11.494119Z (20989) ", iso, Clock::realtime, 20989, 0},
    {"qemu-system-x86_64(772366:main): ", std::nullopt, Clock::none, 772366, 0},
    {"2026-11-22T10:31:11.494119Z vm1 qemu-system-x86_64(77:CPU 0/KVM): ", iso, Clock::realtime, 77,
     0},
    {"Nov 22 10:31:11 host qemu-system-x86_64[21090]: ", std::nullopt, Clock::none, 0, 21090},
    {"Nov 22 10:31:11.494119 host qemu-system-x86_64[21090]: ", 37871494119 * us,
     Clock::time_of_day, 0, 21090},
    {"2026-11-22T10:31:11.494119+00:00 host qemu-kvm[21090]: ", iso, Clock::realtime, 0, 21090},
    {"2026-11-22T12:31:11.494119+0200 host qemu-kvm[21090]: ", iso, Clock::realtime, 0, 21090},
    {"           <...>-22248   [000] ...1.  1679.507467: tracing_mark_write: ", 1679507467 * us,
     Clock::monotonic, 22248, 0},
    {"           <...>-22325 [000]  1707.814184: print:                tracing_mark_write: ",
     1707814184 * us, Clock::monotonic, 22325, 0},
    {"   <...>-22325   0...1.  1707.814184067: print:                tracing_mark_write: ",
     1707814184067, Clock::monotonic, 22325, 0},
    {"           <...>-22325 [000]  1707.814184: print:                 ip=tracing_mark_write buf=",
     1707814184 * us, Clock::monotonic, 22325, 0},
    {"       CPU 0/KVM-4711    [001] d..2.  1679.507467: tracing_mark_write: ", 1679507467 * us,
     Clock::monotonic, 4711, 0},
    {" qemu-system-x86-22248   [000] ...1.  1679.507467: tracing_mark_write: ", 1679507467 * us,
     Clock::monotonic, 22248, 0},
    {"4242@1795343471495578123 ", 1795343471495578123, Clock::realtime, 0, 4242},
    {"2026-02-30T10:31:11Z ", std::nullopt, Clock::none, 0, 0},
    {"  [000]  1679.507467: tracing_mark_write: ", 1679507467 * us, Clock::monotonic, 0, 0},
    {"x: [000]  1679.507467: tracing_mark_write: ", 1679507467 * us, Clock::monotonic, 0, 0},
};

Call expected_v1() {
  Call call;
  call.as = AsId{1};
  call.slot = SlotId{3};
  call.flags = 2;
  call.gpa = Gpa{0xfffc0000};
  call.size = Bytes{0x40000};
  call.hva = Hva{0x7f3629e00000};
  call.ret = -17;
  return call;
}

}  // namespace

TEST_CASE("every prefix that any version writes") {
  for (const PrefixRow& row : prefixes) {
    INFO(row.prefix);
    const auto trace = read_text(row.prefix + v1 + "\n");
    REQUIRE(trace);
    CHECK((*trace).info.format == "qemu");
    CHECK((*trace).info.clock == row.clock);
    CHECK_FALSE((*trace).info.faithful);
    REQUIRE((*trace).calls().size() == 1);
    Call expected = expected_v1();
    if (row.time) expected.time = Nanos{*row.time};
    expected.tid = Tid{row.tid};
    expected.pid = Pid{row.pid};
    CHECK((*trace).calls()[0] == expected);
  }
}

TEST_CASE("the variants of the event") {
  const std::string tail = " flags=0x4 gpa=0x100000 size=0x7ff00000 ua=0x7f3603f00000";
  struct Row {
    std::string line;
    uint16_t as, slot;
    int32_t memfd;
    uint64_t offset;
  };
  for (const Row& row : {
           Row{"Slot#65536" + tail + " ret=0", 1, 0, -1, 0},
           Row{"AddrSpace#1 Slot#4" + tail + " ret=0", 1, 4, -1, 0},
           Row{"AddrSpace#0 Slot#4" + tail + " guest_memfd=17 guest_memfd_offset=0x100000 ret=0", 0,
               4, 17, 0x100000},
           Row{"AddrSpace#0 Slot#4" + tail + " gmem_fd=-1 gmem_fd_offset=0x0 ret=0", 0, 4, -1, 0},
       }) {
    INFO(row.line);
    const auto trace = read_text("kvm_set_user_memory " + row.line + "\n");
    REQUIRE(trace);
    REQUIRE((*trace).calls().size() == 1);
    const Call call = (*trace).calls()[0];
    CHECK(call.as == AsId{row.as});
    CHECK(call.slot == SlotId{row.slot});
    CHECK(call.guest_memfd == row.memfd);
    CHECK(call.guest_memfd_offset == Bytes{row.offset});
    CHECK(call.gpa == Gpa{0x100000});
    CHECK(call.size == Bytes{0x7ff00000});
  }
}

TEST_CASE("flatview_new marks commits, however many views one has") {
  const std::string view = "1@5.000001:flatview_new 0x55cf94fb0fa0 (root (nil))\n";
  const std::string call = "1@5.000002:" + v1 + "\n";
  const auto trace = read_text(call + view + view + call + call + view + call + view);
  REQUIRE(trace);
  std::vector<uint64_t> commits;
  for (const Call& c : (*trace).calls()) commits.push_back(c.commit.value);
  CHECK(commits == std::vector<uint64_t>{0, 1, 1, 2});
  CHECK((*trace).all<CommitMark>().size() == 2);
  CHECK((*trace).summary.skipped_lines == 0);
}

TEST_CASE("what QEMU says around its calls travels with them") {
  const auto trace = read_text(
      "kvm_vm_ioctl type 0xae03, arg 0x9\n"
      "kvm_vm_ioctl type 0x4020ae46, arg 0x7fff704da8c0\n" +
      v1 +
      "\npci_cfg_write i440FX 00:00.0 @0x58 <- 0x33333000\n"
      "pci_cfg_write i440FX 31:1 @0x58 <- 0x33333000\n"
      "pci_update_mappings_add VGA 00:02.0 6,0xfebe0000+0x10000\n"
      "pci_update_mappings_del d=0x55d0c0ffee 00:1f.2 0,0xc000+0x10\n"
      "global_dirty_changed bitmask 0x1\n"
      "kvm_run_exit cpu_index 0, reason 2\n");
  REQUIRE(trace);
  const auto notes = (*trace).all<Annotation>();
  REQUIRE(notes.size() == 6);
  CHECK(notes[0].note == Note(MemslotIoctl{0x4020ae46}));
  CHECK(notes[1].note == Note(PciConfigWrite{DeviceName("i440FX"), {0, 0, 0}, 0x58, 0x33333000}));
  CHECK(notes[2].note == Note(PciConfigWrite{DeviceName("i440FX"), {0, 31, 1}, 0x58, 0x33333000}));
  CHECK(notes[3].note ==
        Note(PciMapping{
            PciMapping::Change::add, DeviceName("VGA"), {0, 2, 0}, 6, 0xfebe0000, Bytes{0x10000}}));
  CHECK(notes[4].note == Note(PciMapping{PciMapping::Change::del,
                                         DeviceName("d=0x55d0c0ffee"),
                                         {0, 0x1f, 2},
                                         0,
                                         0xc000,
                                         Bytes{0x10}}));
  CHECK(notes[5].note == Note(GlobalDirty{1}));
  CHECK((*trace).summary.skipped_lines == 2);  // the other ioctl and kvm_run_exit
}

TEST_CASE("what explains a call and can't be read is skipped and counted") {
  for (const char* line : {
           "kvm_vm_ioctl type 4020ae46, arg 0x9",
           "pci_cfg_write i440FX 00:00.0 0x58 <- 0x33333000",
           "pci_cfg_write i440FX @0x58 <- 0x33333000",
           "pci_cfg_write i440FX 00:00 0 @0x58 <- 0x33333000",
           "pci_cfg_write i440FX 00:100.0 @0x58 <- 0x33333000",
           "pci_cfg_write i440FX 00:00.0 @0x100000000 <- 0x33333000",
           "pci_cfg_write i440FX 00:00.0 @0x58 = 0x33333000",
           "pci_cfg_write i440FX 00:00.0 @0x58 <- 0x133333000",
           "pci_update_mappings_add 0,0xc000+0x10",
           "pci_update_mappings_add 00:1f.2 0,0xc000+0x10",
           "pci_update_mappings_add VGA 00-1f.2 0,0xc000+0x10",
           "pci_update_mappings_add VGA 00:1f.2 256,0xc000+0x10",
           "pci_update_mappings_add VGA 00:1f.2 0,c000+0x10",
           "pci_update_mappings_del VGA 00:1f.2 0,0xc000-0x10",
           "pci_update_mappings_del VGA 00:1f.2 0,0xc000+0x",
           "global_dirty_changed bitmask 1",
           "global_dirty_changed bitmask 0x100000000",
       }) {
    INFO(line);
    const auto trace = read_text(v1 + "\n" + line + "\n" + v1 + "\n");
    REQUIRE(trace);
    CHECK((*trace).events.size() == 2);
    CHECK((*trace).calls().size() == 2);
    CHECK((*trace).summary.skipped_lines == 1);
  }
}

TEST_CASE("process ids tell VMs apart") {
  const auto trace =
      read_text("Nov 22 10:31:11 h q[30]: " + v1 + "\nNov 22 10:31:11 h q[20]: " + v1 +
                "\nNov 22 10:31:11 h q[30]: " + v1 + "\n");
  REQUIRE(trace);
  std::vector<uint32_t> vms;
  for (const Call& c : (*trace).calls()) vms.push_back(c.vm.value);
  CHECK(vms == std::vector<uint32_t>{1, 2, 1});
}

TEST_CASE("a call that can't be read is an error with its place") {
  struct Row {
    const char* line;
    uint32_t column;
    const char* message;
  };
  for (const Row& row : {
           Row{"kvm_set_user_memory Slot#x flags=0x0 gpa=0x0 size=0x0 ua=0x0 ret=0", 26,
               "expected a decimal number"},
           Row{"kvm_set_user_memory Slot#1 flags=0x0 gpa=0x0 size=0x0 ret=0", 54,
               "expected ' ua=0x'"},
           Row{"kvm_set_user_memory Slot#1 gpa=0x0 size=0x0 ua=0x0 ret=0", 27,
               "expected ' flags=0x'"},
           Row{"kvm_set_user_memory Slot#1 flags=0x0 gpa=0x11111111111111111 size=0x0 ua=0x0 ret=0",
               44, "expected a number of at most 64 bits"},
           Row{"kvm_set_user_memory Slot#1 flags=0x100000000 gpa=0x0 size=0x0 ua=0x0 ret=0", 36,
               "expected a number of at most 32 bits"},
           Row{"kvm_set_user_memory Slot#1 flags=0x0 gpa=0x0 size=0x0 ua=0x0 ret=0x0", 67,
               "expected the end of the line"},
           Row{"kvm_set_user_memory Slot#1 flags=0x0 gpa=0x0 size=0x0 ua=0x0 ret=7", 67,
               "expected a result of 0 or a negative errno"},
           Row{"kvm_set_user_memory Slot#1 flags=0x0 gpa=0x0 size=0x0 ua=0x0 re=0", 61,
               "expected ' ret='"},
           Row{"kvm_set_user_memory Slot#1 flags=0x0 gpa=0x0 size=0x0 ua=0x0 ret=x", 66,
               "expected a decimal number"},
           Row{"kvm_set_user_memory Slot#1 flags=0x0 gpa=0x0 size=0x0 ua=0x0 ret=-2147483649", 67,
               "expected a number of at most 32 bits"},
           Row{"kvm_set_user_memory Slot#1 flags=0x0 gpa=0x0 size=0x0 ua=0x0 guest_memfd=x "
               "guest_memfd_offset=0x0 ret=0",
               74, "expected a decimal number"},
           Row{"kvm_set_user_memory Slot#1 flags=0x0 gpa=0x0 size=0x0 ua=0x0 guest_memfd=-1 ret=0",
               76, "expected ' guest_memfd_offset=0x'"},
           Row{"kvm_set_user_memory Slot#1 flags=0x0 gpa=0x0 size=0x0 ua=0x0 gmem_fd=1 "
               "gmem_fd_offset=0x ret=0",
               89, "expected a hexadecimal number"},
           Row{"kvm_set_user_memory AddrSpace#65536 Slot#1 flags=0x0 gpa=0x0 size=0x0 ua=0x0 ret=0",
               31, "expected a number of at most 16 bits"},
       }) {
    INFO(row.line);
    const std::string text = v1 + "\n" + row.line + "\n" + v1 + "\n";
    const auto trace = read_text(text);
    REQUIRE_FALSE(trace);
    CHECK(trace.error().place == "test:2:" + std::to_string(row.column));
    CHECK(trace.error().message == row.message);
    CHECK(trace.error().fault == Fault::bad_input);

    const auto counted = read_text(text, {.keep_going = true});
    REQUIRE(counted);
    CHECK((*counted).calls().size() == 2);
    CHECK((*counted).summary.bad_lines == 1);
  }
}

TEST_CASE("a line cut off at the end is left out and told") {
  const auto trace = read_text(v1 + "\n" + v1.substr(0, 60));
  REQUIRE(trace);
  CHECK((*trace).calls().size() == 1);
  CHECK((*trace).summary.cut_off());
  REQUIRE((*trace).summary.warnings.size() == 1);
  CHECK((*trace).summary.warnings[0].message ==
        "the last line (2) is cut off after 60 bytes; it is left out");
}

TEST_CASE("a last line without its newline is cut off, whatever it holds") {
  for (size_t length = 1; length <= v1.size(); ++length) {
    INFO(length << " bytes of it");
    const auto trace = read_text(v1 + "\r\n" + v1.substr(0, length));
    REQUIRE(trace);
    CHECK((*trace).summary.cut_off());
    CHECK((*trace).summary.warnings.size() == 1);
  }
  const auto trace = read_text(v1 + "\r\n" + v1);
  CHECK((*trace).calls().size() == 2);
}

TEST_CASE("other lines are skipped, whatever is in them") {
  const std::string noise =
      std::string("\0\x1b[2J\xff", 6) + "kvm_set_user_memory\n" +
      "qemu-system-x86_64: warning: trace event 'kvm_set_user_memory' is fine\n" +
      std::string(1 << 20, 'x') + "\n\n";
  const auto trace = read_text(noise.substr(10) + v1 + "\n" + noise + v1 + "\n");
  REQUIRE(trace);
  CHECK((*trace).calls().size() == 2);
  CHECK((*trace).summary.bad_lines == 0);
}

TEST_CASE("the beginning of a log of QEMU may be hundreds of other lines") {
  std::string text;
  for (int i = 0; i < 500; ++i) text += "qemu-system-x86_64: warning: host doesn't support this\n";
  const auto trace = read_text(text + v1 + "\n");
  REQUIRE(trace);
  CHECK((*trace).calls().size() == 1);
  CHECK((*trace).summary.skipped_lines == 500);
}
