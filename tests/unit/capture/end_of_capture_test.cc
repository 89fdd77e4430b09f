// The end of a capture against every order of what processes do, up to a length, and against random
// longer ones. Whoever looks is as slow as it can be: between any two of its questions, anything
// may happen.
#include "analyzer/capture/end_of_capture.h"

#include <algorithm>
#include <array>
#include <random>
#include <string>

#include "tests/support/catch.h"
#include "tests/support/sanitized.h"

namespace slotscope {
namespace {

enum class Do : uint8_t { fork, exec, exit, vanish, create, dup, close, send, reuse, answer };

constexpr std::array do_names = {"fork", "exec",  "exit", "vanish", "create",
                                 "dup",  "close", "send", "reuse",  "answer"};

// What process `who` does; of `answer`, the kernel answers one question.
struct Step {
  Do what = Do::answer;
  size_t who = 0;
};

std::string text_of(const std::vector<Step>& steps) {
  std::string text;
  for (const Step& step : steps) {
    text += std::string(do_names[static_cast<size_t>(step.what)]) + std::to_string(step.who) + ' ';
  }
  return text;
}

constexpr size_t most_processes = 4;
constexpr uint32_t first_pid = 100;

// Process 0 is the command. All others are its descendants, but for a stranger, whom files can be
// sent to.
class World {
 public:
  struct Process {
    Pid pid;
    Nanos began;
    bool alive = true;
    int files = 0;  // of VMs
  };

  World() { born(Pid{first_pid}); }

  bool can(const Step& step) const {
    if (step.what == Do::answer) return true;
    if (step.who >= processes_.size()) return false;
    const Process& process = processes_[step.who];
    if (step.what == Do::reuse) return !process.alive && stranger_at_ != process.pid;
    if (!process.alive) return false;
    switch (step.what) {
      case Do::fork:
        return processes_.size() < most_processes;
      case Do::dup:
      case Do::close:
      case Do::exec:
        return process.files > 0;
      case Do::send:
        return process.files > 0 && strangers_files_ == 0;
      default:
        return true;
    }
  }

  void act(const Step& step) {
    Process& process = processes_[step.who];
    switch (step.what) {
      case Do::fork: {
        const int inherited = process.files;
        born(Pid{first_pid + static_cast<uint32_t>(processes_.size())});
        processes_.back().files = inherited;
        ++forks_;
        break;
      }
      case Do::exit:
        ends(process);
        std::erase(map_, process.pid);
        break;
      case Do::vanish:  // the kernel left out the program that would have told
        ends(process);
        break;
      case Do::exec:  // KVM opens its files O_CLOEXEC
        process.files = 0;
        break;
      case Do::create:
      case Do::dup:
        ++process.files;
        break;
      case Do::close:
        --process.files;
        break;
      case Do::send:
        strangers_files_ = 1;
        break;
      case Do::reuse:
        stranger_at_ = process.pid;
        break;
      case Do::answer:
        break;
    }
  }

  void stranger_closes() { strangers_files_ = 0; }

  bool lives(Pid pid, Nanos began) const {
    return std::any_of(processes_.begin(), processes_.end(), [&](const Process& process) {
      return process.alive && process.pid == pid && process.began == began;
    });
  }
  bool command_lives() const { return processes_.front().alive; }
  uint64_t forks() const { return forks_; }
  std::optional<Pid> holder() const {
    for (const Process& process : processes_) {
      if (process.alive && process.files > 0) return process.pid;
    }
    return strangers_files_ ? std::optional(Pid{1}) : std::nullopt;
  }
  // The oracle.
  bool may_tell_more() const {
    return holder() || std::any_of(processes_.begin(), processes_.end(),
                                   [](const Process& process) { return process.alive; });
  }
  size_t processes() const { return processes_.size(); }
  Nanos began(Pid pid) const {
    const auto at = std::find_if(processes_.begin(), processes_.end(),
                                 [&](const Process& process) { return process.pid == pid; });
    return at->began;
  }

  // As BPF_MAP_GET_NEXT_KEY: from a key that is gone it begins anew.
  std::optional<Pid> key_after(std::optional<Pid> before) const {
    auto at = before ? std::find(map_.begin(), map_.end(), *before) : map_.end();
    at = at == map_.end() ? map_.begin() : at + 1;
    return at == map_.end() ? std::nullopt : std::optional(*at);
  }

  bool new_keys_first = false;

 private:
  void born(Pid pid) {
    processes_.push_back({pid, Nanos{static_cast<int64_t>(processes_.size()) + 1}});
    map_.insert(new_keys_first ? map_.begin() : map_.end(), pid);
  }
  static void ends(Process& process) {
    process.alive = false;
    process.files = 0;
  }

  std::vector<Process> processes_;
  std::vector<Pid> map_;  // of the processes that are followed, in the order of its buckets
  uint64_t forks_ = 0;
  Pid stranger_at_;  // a process that is not watched has this number
  int strangers_files_ = 0;
};

// Answers when the script says so, and does what comes before that.
class ScriptedKernel : public WatchedKernel {
 public:
  ScriptedKernel(World& world, const std::vector<Step>& script) : world_(world), script_(script) {}

  uint64_t forks() override {
    go_on();
    return world_.forks();
  }
  std::vector<WatchedProcess> processes() override {
    std::vector<WatchedProcess> found;
    std::optional<Pid> at;
    while (true) {
      go_on();
      at = world_.key_after(at);
      if (!at) return found;
      found.push_back({*at, world_.began(*at)});
    }
  }
  bool lives(const WatchedProcess& process) override {
    go_on();
    return world_.lives(process.pid, process.began);
  }
  std::optional<Pid> holder() override {
    go_on();
    return world_.holder();
  }

  bool command_lives() {
    go_on();
    return world_.command_lives();
  }
  bool is_done() const { return next_ == script_.size(); }

 private:
  void go_on() {
    while (!is_done()) {
      const Step& step = script_[next_++];
      if (step.what == Do::answer) return;
      world_.act(step);
    }
  }

  World& world_;
  const std::vector<Step>& script_;
  size_t next_ = 0;
};

// As the loop of a capture does it.
void poll(EndOfCapture& end, ScriptedKernel& kernel) {
  if (!kernel.command_lives()) end.target_ended();
  end.look(kernel);
}

// What is wrong with the end that this order of things leads to; empty when nothing is.
std::string fault_of(const std::vector<Step>& script, bool new_keys_first) {
  World world;
  world.new_keys_first = new_keys_first;
  ScriptedKernel kernel(world, script);
  EndOfCapture end(EndOfCapture::Target::command);
  while (!kernel.is_done()) {
    poll(end, kernel);
    if (end.is_over() && world.may_tell_more()) return "over too early";
  }
  constexpr int polls = 2;
  for (int i = 0; i < polls; ++i) poll(end, kernel);
  if (end.is_over() != !world.may_tell_more()) {
    return end.is_over() ? "over, and something lives" : "not over, and nothing lives";
  }
  for (size_t who = 0; who < world.processes(); ++who) {
    if (world.can({Do::vanish, who})) world.act({Do::vanish, who});
  }
  world.stranger_closes();
  for (int i = 0; i < polls; ++i) poll(end, kernel);
  return end.is_over() ? "" : "never over";
}

struct Tried {
  uint64_t orders = 0;
  std::string fault;
};

void try_all(const std::vector<Do>& alphabet, size_t length, const World& world,
             std::vector<Step>& script, Tried& tried) {
  for (const bool new_keys_first : {false, true}) {
    ++tried.orders;
    const std::string fault = fault_of(script, new_keys_first);
    if (!fault.empty() && tried.fault.empty()) tried.fault = fault + ": " + text_of(script);
  }
  if (script.size() == length || !tried.fault.empty()) return;
  for (const Do what : alphabet) {
    const size_t actors = what == Do::answer ? 1 : world.processes();
    for (size_t who = 0; who < actors; ++who) {
      const Step step{what, who};
      if (!world.can(step)) continue;
      World after = world;
      after.act(step);
      script.push_back(step);
      try_all(alphabet, length, after, script, tried);
      script.pop_back();
    }
  }
}

}  // namespace

TEST_CASE("a capture ends when nothing can come any more, and not before, in every order") {
  struct {
    const char* what;
    std::vector<Do> alphabet;
    size_t length;
    uint64_t orders;
  } const cases[] = {
      {"processes", {Do::fork, Do::exit, Do::vanish, Do::answer}, 10, 3'000'000},
      {"numbers that others get",
       {Do::fork, Do::exit, Do::vanish, Do::reuse, Do::answer},
       8,
       1'000'000},
      {"files",
       {Do::create, Do::dup, Do::close, Do::send, Do::exec, Do::exit, Do::answer},
       8,
       200'000},
      {"files and processes",
       {Do::create, Do::dup, Do::close, Do::fork, Do::exec, Do::exit, Do::vanish, Do::send,
        Do::answer},
       7,
       6'000'000},
  };
  for (const auto& one : cases) {
    INFO(one.what);
    Tried tried;
    std::vector<Step> script;
    try_all(one.alphabet, one.length - test::sanitized, World(), script, tried);
    CHECK(tried.fault == "");
    if (!test::sanitized) CHECK(tried.orders >= one.orders);
  }
}

TEST_CASE("random long orders end the capture when they should") {
  std::mt19937 dice(11);
  constexpr int orders = 50'000;
  constexpr size_t length = 40;
  for (int i = 0; i < orders; ++i) {
    World world;
    std::vector<Step> script;
    while (script.size() < length) {
      // Half of the steps are answers, so that many looks go by.
      const Step step =
          dice() % 2 ? Step{}
                     : Step{static_cast<Do>(dice() % do_names.size()), dice() % most_processes};
      if (!world.can(step)) continue;
      world.act(step);
      script.push_back(step);
    }
    const std::string fault = fault_of(script, i % 2);
    if (!fault.empty()) FAIL(fault + ": " + text_of(script));
  }
}

TEST_CASE("a process ends its capture alone, and everything never ends one") {
  World world;
  const std::vector<Step> nothing;
  ScriptedKernel kernel(world, nothing);
  EndOfCapture process(EndOfCapture::Target::process);
  process.look(kernel);
  CHECK_FALSE(process.is_over());
  process.target_ended();
  CHECK(process.is_over());
  EndOfCapture everything(EndOfCapture::Target::everything);
  everything.look(kernel);
  CHECK_FALSE(everything.is_over());
}

TEST_CASE("who keeps a capture going is known") {
  World world;
  const std::vector<Step> nothing;
  ScriptedKernel kernel(world, nothing);
  world.act({Do::create, 0});
  world.act({Do::fork, 0});
  world.act({Do::send, 0});
  world.act({Do::exit, 0});
  EndOfCapture end(EndOfCapture::Target::command);
  poll(end, kernel);
  CHECK(end.child() == Pid{101});
  CHECK_FALSE(end.holder());
  world.act({Do::exit, 1});
  poll(end, kernel);
  CHECK_FALSE(end.child());
  CHECK(end.holder() == Pid{1});
  world.stranger_closes();
  poll(end, kernel);
  CHECK(end.is_over());
  CHECK_FALSE(end.holder());
}

}  // namespace slotscope
