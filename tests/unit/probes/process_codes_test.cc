// What a process had mapped when its sample was taken, told by events that are read much later.
#include "probes/process_codes.h"

#include <fmt/format.h>
#include <linux/perf_event.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <string>

#include "tests/support/catch.h"

namespace slotscope {
namespace {

using Kind = MappingEvent::Kind;

// Ids that no process has: what /proc says of them is nothing.
constexpr Pid vmm{0x7ffffff0}, child{0x7ffffff1}, stranger{0x7ffffff2};

CodeMapping file_at(uint64_t begin, const char* path) {
  struct stat status;
  REQUIRE(stat(path, &status) == 0);
  return {.begin = begin,
          .end = begin + 0x1000,
          .offset = 0,
          .device = fmt::format("{:02x}:{:02x}", major(status.st_dev), minor(status.st_dev)),
          .inode = status.st_ino,
          .path = path};
}

class Told : public MappingSource {
 public:
  std::vector<MappingEvent> events;

  void read(std::vector<MappingEvent>& out) override {
    out.insert(out.end(), events.begin(), events.end());
    events.clear();
  }
};

struct Watched {
  explicit Watched(bool everything = true) {
    auto source = std::make_unique<Told>();
    told = source.get();
    codes = std::make_unique<ProcessCodes>(std::move(source), everything);
  }

  void tell(Kind kind, int64_t time, Pid pid, Pid parent = {}, CodeMapping mapping = {}) {
    told->events.push_back({kind, Nanos{time}, pid, parent, std::move(mapping)});
  }
  std::string path_at(Pid pid, int64_t time, uint64_t address) {
    const CodePlace place = codes->at(pid, Nanos{time}).find(address);
    if (place.module) return place.module->path();
    return place.unread ? "unread" : "none";
  }

  Told* told;
  std::unique_ptr<ProcessCodes> codes;
};

TEST_CASE("a process that is gone had mapped what the kernel told of it, at each time") {
  Watched watched;
  // In the order of two processors' rings.
  watched.tell(Kind::executed, 60, vmm);
  watched.tell(Kind::mapped, 70, vmm, {}, file_at(0x5000, UNWIND_CHILD_STRIPPED));
  watched.tell(Kind::ended, 90, vmm);
  watched.tell(Kind::executed, 10, vmm);
  watched.tell(Kind::mapped, 20, vmm, {}, file_at(0x5000, UNWIND_CHILD));
  CHECK(watched.path_at(vmm, 15, 0x5800) == "unread");
  CHECK(watched.path_at(vmm, 50, 0x5800) == UNWIND_CHILD);
  CHECK(watched.path_at(vmm, 50, 0x6000) == "none");
  CHECK(watched.path_at(vmm, 80, 0x5800) == UNWIND_CHILD_STRIPPED);
}

TEST_CASE("what is mapped over a part of a file leaves the rest of it") {
  Watched watched;
  CodeMapping wide = file_at(0x10000, UNWIND_CHILD);
  wide.end = 0x14000;
  watched.tell(Kind::executed, 10, vmm);
  watched.tell(Kind::mapped, 20, vmm, {}, wide);
  watched.tell(Kind::mapped, 30, vmm, {}, file_at(0x11000, UNWIND_CHILD_STRIPPED));
  CHECK(watched.path_at(vmm, 40, 0x10fff) == UNWIND_CHILD);
  CHECK(watched.path_at(vmm, 40, 0x11000) == UNWIND_CHILD_STRIPPED);
  CHECK(watched.path_at(vmm, 40, 0x11fff) == UNWIND_CHILD_STRIPPED);
  CHECK(watched.path_at(vmm, 40, 0x12000) == UNWIND_CHILD);
  CHECK(watched.path_at(vmm, 40, 0x14000) == "none");
}

TEST_CASE("a child has what its parent had, until it runs a program or its id is another's") {
  Watched watched;
  watched.tell(Kind::executed, 10, vmm);
  watched.tell(Kind::mapped, 20, vmm, {}, file_at(0x5000, UNWIND_CHILD));
  watched.tell(Kind::forked, 30, child, vmm);
  watched.tell(Kind::executed, 40, vmm);
  watched.tell(Kind::ended, 60, child);
  watched.tell(Kind::forked, 70, child, stranger);
  CHECK(watched.path_at(child, 50, 0x5800) == UNWIND_CHILD);
  CHECK(watched.path_at(vmm, 50, 0x5800) == "unread");
  CHECK(watched.path_at(child, 80, 0x5800) == "unread");
}

TEST_CASE("after lost events nothing is known any more") {
  Watched watched;
  watched.tell(Kind::executed, 10, vmm);
  watched.tell(Kind::mapped, 20, vmm, {}, file_at(0x5000, UNWIND_CHILD));
  watched.tell(Kind::lost, 30, {});
  CHECK(watched.path_at(vmm, 25, 0x5800) == UNWIND_CHILD);
  CHECK(watched.path_at(vmm, 40, 0x5800) == "unread");
  CHECK(watched.codes->is_gone(vmm));
}

TEST_CASE("where not everything is watched, programs of strangers are nobody's concern") {
  Watched watched(false);
  watched.tell(Kind::executed, 10, stranger);
  watched.tell(Kind::mapped, 20, stranger, {}, file_at(0x5000, UNWIND_CHILD));
  CHECK(watched.path_at(stranger, 30, 0x5800) == "unread");
}

TEST_CASE("a process that is followed is watched from there, however it came to be") {
  Watched watched(false);
  const Pid self{static_cast<uint32_t>(getpid())};
  constexpr int64_t later = INT64_MAX / 2;  // than what has been read
  watched.tell(Kind::forked, 10, self, stranger);
  watched.codes->follow(self);
  const auto here = reinterpret_cast<uint64_t>(&file_at);
  CHECK(watched.path_at(self, later, here).find("test_unwinder") != std::string::npos);
  watched.tell(Kind::forked, later + 30, child, self);
  watched.tell(Kind::executed, later + 50, child);
  CHECK(watched.path_at(child, later + 40, here).find("test_unwinder") != std::string::npos);
  CHECK(watched.path_at(child, later + 60, here) == "unread");
}

TEST_CASE("a path that leads to another file by now is not taken for the one that was mapped") {
  Watched watched;
  CodeMapping other = file_at(0x5000, UNWIND_CHILD);
  ++other.inode;
  watched.tell(Kind::executed, 10, vmm);
  watched.tell(Kind::mapped, 20, vmm, {}, other);
  const CodePlace place = watched.codes->at(vmm, Nanos{30}).find(0x5800);
  REQUIRE(place.module);
  CHECK(place.unread);
  CHECK_FALSE(place.module->has_file());
}

TEST_CASE("a process that lives is not gone, one that was waited for or was not yet is") {
  CHECK_FALSE(is_gone(Pid{static_cast<uint32_t>(getpid())}));
  CHECK(is_gone(vmm));
  const pid_t pid = fork();
  if (pid == 0) _exit(0);
  siginfo_t info;
  REQUIRE(waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT) == 0);
  CHECK(is_gone(Pid{static_cast<uint32_t>(pid)}));
  waitpid(pid, nullptr, 0);
}

// Records as the kernel lays them out (perf_event_open(2)).
class Record {
 public:
  Record(uint32_t type, uint16_t misc) : head_{type, misc, 0} { put(head_); }

  template <class Value>
  Record& put(Value value) {
    const size_t at = bytes_.size();
    bytes_.resize(at + sizeof value);
    std::memcpy(bytes_.data() + at, &value, sizeof value);
    return *this;
  }
  Record& text(std::string_view text) {
    for (const char c : text) put(c);
    put(char{0});
    while (bytes_.size() % 8) put(char{0});
    return *this;
  }
  std::optional<MappingEvent> parsed() {
    put(uint32_t{7}).put(uint32_t{8}).put(uint64_t{12345});  // pid, tid, time
    head_.size = static_cast<uint16_t>(bytes_.size());
    std::memcpy(bytes_.data(), &head_, sizeof head_);
    for (size_t size = 0; size < bytes_.size(); ++size) parse_mapping_event({bytes_.data(), size});
    return parse_mapping_event(bytes_);
  }

 private:
  perf_event_header head_;
  std::vector<std::byte> bytes_;
};

Record mapping(uint64_t inode) {
  Record record(PERF_RECORD_MMAP2, 2);
  record.put(uint32_t{7}).put(uint32_t{8});
  for (const uint64_t word : {0x7f0000001000ul, 0x2000ul, 0x26000ul}) record.put(word);
  record.put(uint32_t{0xfe}).put(uint32_t{0}).put(inode).put(uint64_t{1});
  record.put(uint32_t{5}).put(uint32_t{2});
  return record;
}

TEST_CASE("perf's records tell of mappings, programs and processes") {
  const auto mapped = mapping(393).text("/usr/lib/libc.so.6 (deleted)").parsed();
  REQUIRE(mapped);
  CHECK(mapped->kind == Kind::mapped);
  CHECK(mapped->time.value == 12345);
  CHECK(mapped->pid.value == 7);
  CHECK(mapped->mapping.begin == 0x7f0000001000);
  CHECK(mapped->mapping.end == 0x7f0000003000);
  CHECK(mapped->mapping.offset == 0x26000);
  CHECK(mapped->mapping.device == "fe:00");
  CHECK(mapped->mapping.inode == 393);
  CHECK(mapped->mapping.path == "/usr/lib/libc.so.6");
  CHECK(mapped->mapping.deleted);
  CHECK_FALSE(mapping(0).text("[vdso]").parsed());

  const auto task = [](uint32_t type, uint32_t pid, uint32_t parent, uint32_t tid) {
    Record record(type, 0);
    record.put(pid).put(parent).put(tid).put(parent).put(uint64_t{1});
    return record.parsed();
  };
  const auto forked = task(PERF_RECORD_FORK, 8, 7, 8);
  REQUIRE(forked);
  CHECK(forked->kind == Kind::forked);
  CHECK(forked->pid.value == 8);
  CHECK(forked->parent.value == 7);
  CHECK_FALSE(task(PERF_RECORD_FORK, 7, 7, 9));  // a thread
  const auto ended = task(PERF_RECORD_EXIT, 7, 1, 7);
  REQUIRE(ended);
  CHECK(ended->kind == Kind::ended);
  CHECK_FALSE(task(PERF_RECORD_EXIT, 7, 7, 9));

  const auto named = [](uint16_t misc) {
    Record record(PERF_RECORD_COMM, misc);
    return record.put(uint32_t{7}).put(uint32_t{7}).text("vmm").parsed();
  };
  REQUIRE(named(PERF_RECORD_MISC_COMM_EXEC));
  CHECK(named(PERF_RECORD_MISC_COMM_EXEC)->kind == Kind::executed);
  CHECK_FALSE(named(0));
  const auto lost = Record(PERF_RECORD_LOST, 0).put(uint64_t{1}).put(uint64_t{5}).parsed();
  REQUIRE(lost);
  CHECK(lost->kind == Kind::lost);
}

}  // namespace
}  // namespace slotscope
