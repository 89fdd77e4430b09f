// Every VM begins once and ends once, whatever of its end is seen: its file closed, its process
// gone, another VM in its place, or nothing until somebody looks.
#include <array>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "probes/decode.h"
#include "probes/vm_ordinals.h"
#include "probes/wire.h"
#include "tests/support/catch.h"

namespace slotscope {
namespace {

constexpr uint32_t processes = 2;
constexpr size_t places = 2;  // in the kernel's memory, where a VM can be

enum class Do : uint8_t { create, call, close_seen, close_unseen, exit_seen, exit_unseen, look };
constexpr std::array do_names = {"create", "call", "close", "close?", "exit", "exit?", "look"};

struct Step {
  Do what;
  uint32_t place;  // of exits and looks: the process
  uint32_t process = 0;
};

struct Life {
  uint32_t owner = 0;
  int starts = 0, ends = 0;
  int calls = 0;
};

class Lives {
 public:
  // A place is taken until the VM's file is closed or its process is gone.
  bool can(const Step& step) const {
    if (step.what == Do::look) return true;
    if (step.what == Do::exit_seen || step.what == Do::exit_unseen) return alive_[step.place];
    if (step.what == Do::create) return alive_[step.process] && !taken_[step.place];
    return taken_[step.place];
  }

  void act(const Step& step) {
    ++time_;
    switch (step.what) {
      case Do::create:
        taken_[step.place] = true;
        owner_[step.place] = step.process;
        ++created_;
        tell_ioctl(WIRE_CREATE_VM, step.place);
        break;
      case Do::call:
        ++calls_;
        tell_ioctl(WIRE_SET_USER_MEMORY_REGION, step.place);
        break;
      case Do::close_seen: {
        auto record = record_of<wire_vm_closed>(WIRE_VM_CLOSED);
        record.time_ns = time_;
        record.kvm = address(step.place);
        tell(record);
        taken_[step.place] = false;
        break;
      }
      case Do::close_unseen:
        taken_[step.place] = false;
        break;
      case Do::exit_seen: {
        auto record = record_of<wire_process_exit>(WIRE_PROCESS_EXIT);
        record.time_ns = time_;
        record.tgid = pid_of(step.place);
        tell(record);
        ends(step.place);
        break;
      }
      case Do::exit_unseen:
        ends(step.place);
        break;
      case Do::look:
        look();
        break;
    }
  }

  // What is wrong once all processes have ended and somebody has looked.
  std::string fault_at_the_end() {
    for (uint32_t process = 0; process < processes; ++process) ends(process);
    look();
    std::map<VmId, Life> lives;
    int calls = 0;
    for (const Observation& seen : seen_) {
      const Event& event = std::get<Event>(seen);
      if (const VmMark* mark = std::get_if<VmMark>(&event)) {
        Life& life = lives[mark->vm];
        const bool start = mark->edge == VmMark::Edge::start;
        ++(start ? life.starts : life.ends);
        if (life.starts != 1 || life.ends > 1) return "the marks of a VM are out of order";
      } else if (const Call* call = std::get_if<Call>(&event)) {
        ++calls;
        const Life& life = lives[call->vm];
        if (life.starts != 1 || life.ends != 0) return "a call of a VM that is not there";
      }
    }
    if (lives.size() != static_cast<size_t>(created_)) return "not as many VMs as were created";
    for (const auto& [vm, life] : lives) {
      if (life.ends != 1) return "a VM never ends";
    }
    return calls == calls_ ? "" : "not as many calls as were made";
  }

 private:
  template <class Record>
  static Record record_of(uint16_t tag) {
    Record record;
    std::memset(&record, 0, sizeof record);
    record.head = {tag, WIRE_VERSION, sizeof record, 0};
    return record;
  }
  template <class Record>
  void tell(const Record& record) {
    const auto* bytes = reinterpret_cast<const std::byte*>(&record);
    if (!decoder_.decode({bytes, sizeof record}, seen_)) FAIL("a record is refused");
  }
  void tell_ioctl(uint32_t request, uint32_t place) {
    auto record = record_of<wire_ioctl>(WIRE_IOCTL);
    record.request = request;
    record.kvm = address(place);
    record.entry_ns = record.exit_ns = time_;
    record.tgid = pid_of(owner_[place]);
    record.copied = 32;
    tell(record);
  }
  void ends(uint32_t process) {
    alive_[process] = false;
    for (size_t place = 0; place < places; ++place) {
      if (owner_[place] == process) taken_[place] = false;
    }
  }
  void look() {
    for (uint32_t process = 0; process < processes; ++process) {
      if (alive_[process]) continue;
      decoder_.process_gone(Pid{pid_of(process)}, Nanos{static_cast<int64_t>(time_)}, seen_);
    }
  }
  static uint64_t address(uint32_t place) { return 0xffff888100001000 + 0x1000 * place; }
  static uint32_t pid_of(uint32_t process) { return 40 + process; }

  Decoder decoder_{HostLimits()};
  std::vector<Observation> seen_;
  std::array<bool, processes> alive_{true, true};
  std::array<bool, places> taken_{};
  std::array<uint32_t, places> owner_{};
  uint64_t time_ = 1;
  int created_ = 0, calls_ = 0;
};

std::vector<Step> all_steps() {
  std::vector<Step> steps = {{Do::look, 0}};
  for (uint32_t place = 0; place < places; ++place) {
    for (uint32_t process = 0; process < processes; ++process) {
      steps.push_back({Do::create, place, process});
    }
    for (const Do what : {Do::call, Do::close_seen, Do::close_unseen}) {
      steps.push_back({what, place});
    }
  }
  for (uint32_t process = 0; process < processes; ++process) {
    steps.push_back({Do::exit_seen, process});
    steps.push_back({Do::exit_unseen, process});
  }
  return steps;
}

std::string text_of(const std::vector<Step>& steps) {
  std::string text;
  for (const Step& step : steps) {
    text +=
        std::string(do_names[static_cast<size_t>(step.what)]) + std::to_string(step.place) + ' ';
  }
  return text;
}

uint64_t try_all(const Lives& lives, size_t left, std::vector<Step>& script, std::string& fault) {
  static const std::vector<Step> steps = all_steps();
  Lives until_here = lives;
  const std::string found = until_here.fault_at_the_end();
  if (!found.empty() && fault.empty()) fault = found + ": " + text_of(script);
  uint64_t orders = 1;
  if (left == 0 || !fault.empty()) return orders;
  for (const Step& step : steps) {
    if (!lives.can(step)) continue;
    Lives after = lives;
    after.act(step);
    script.push_back(step);
    orders += try_all(after, left - 1, script, fault);
    script.pop_back();
  }
  return orders;
}

}  // namespace

TEST_CASE("a VM begins once and ends once in every order of closes and exits, seen or not") {
  std::vector<Step> script;
  std::string fault;
  const uint64_t orders = try_all(Lives(), 6, script, fault);
  CHECK(fault == "");
  CHECK(orders > 50'000);
}

TEST_CASE("what a look finds after a VM was closed is another VM") {
  const KvmKey place{0x1000};
  const Pid owner{7};
  VmOrdinals vms;
  const VmId first = vms.of(place, owner);
  REQUIRE(vms.closed(place, Nanos{100}));
  CHECK_FALSE(vms.closed_before(place, Nanos{100}));
  CHECK(vms.closed_before(place, Nanos{101}));
  vms.created(place, owner);
  CHECK_FALSE(vms.closed_before(place, Nanos{200}));
  CHECK(vms.of(place, owner) != first);
}

}  // namespace slotscope
