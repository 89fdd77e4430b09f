#include "replay/guest.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "tests/support/catch.h"

using namespace slotscope;

namespace {

// What the vCPUs of a test do, shared with threads that may outlive it.
struct Script {
  std::mutex mutex;
  std::condition_variable changed;
  bool released = false;  // stuck vCPUs may go
  std::atomic<int> entered = 0, running = 0, asked = 0;
};

enum class Behaviour : uint8_t { obedient, stuck, dying };

class ScriptedVcpu : public KvmVcpu {
 public:
  ScriptedVcpu(std::shared_ptr<Script> script, Behaviour behaviour)
      : script_(std::move(script)), behaviour_(behaviour) {}

  VcpuExit run() override {
    ++script_->running;
    ++script_->entered;
    std::unique_lock lock(script_->mutex);
    if (behaviour_ == Behaviour::dying) return leave({VcpuExit::Kind::failed, {}, "triple fault"});
    const bool obedient = behaviour_ == Behaviour::obedient;
    script_->changed.wait(
        lock, [&] { return script_->released || (obedient && script_->asked.load() > 0); });
    return leave({});
  }
  void interrupt() override {
    ++script_->asked;
    script_->changed.notify_all();
  }
  Status pre_fault(GpaRange) override { return ok(); }

 private:
  VcpuExit leave(VcpuExit exit) {
    --script_->running;
    script_->changed.notify_all();
    return exit;
  }

  std::shared_ptr<Script> script_;
  Behaviour behaviour_;
};

class ScriptedVm : public KvmVm {
 public:
  ScriptedVm(std::shared_ptr<Script> script, Behaviour behaviour)
      : script_(std::move(script)), behaviour_(behaviour) {}
  int32_t set_memory(const SlotRequest&) override { return 0; }
  Result<int> create_guest_memfd(Bytes) override { return -1; }
  Result<std::unique_ptr<KvmVcpu>> create_vcpu(uint32_t, const VcpuEntry&) override {
    return std::unique_ptr<KvmVcpu>(std::make_unique<ScriptedVcpu>(script_, behaviour_));
  }

 private:
  std::shared_ptr<Script> script_;
  Behaviour behaviour_;
};

struct Stand {
  explicit Stand(Behaviour behaviour) : vm(script, behaviour) {
    ReplayOptions options;
    options.vcpus = 1;
    auto started = Guest::start(vm, {Gpa{1 << 20}, SlotId{9}}, memory.get(), options);
    REQUIRE(started);
    guest = *std::move(started);
    while (script->entered == 0) std::this_thread::yield();
  }

  std::shared_ptr<Script> script = std::make_shared<Script>();
  ScriptedVm vm;
  std::unique_ptr<char[]> memory = std::make_unique<char[]>(guest_memory.value);
  std::unique_ptr<Guest> guest;
};

}  // namespace

TEST_CASE("a vCPU that answers the request ends without complaint") {
  Stand stand(Behaviour::obedient);
  CHECK_FALSE(stand.guest->stop());
  CHECK(stand.script->running == 0);
}

TEST_CASE("why a vCPU ended by itself is told") {
  Stand stand(Behaviour::dying);
  const std::optional<std::string> failure = stand.guest->stop();
  REQUIRE(failure);
  CHECK(*failure == "triple fault");
}

TEST_CASE("a vCPU that hangs is given up at the deadline, and may end after the guest") {
  Stand stand(Behaviour::stuck);
  const std::shared_ptr<Script> script = stand.script;
  const std::optional<std::string> failure = stand.guest->stop();
  REQUIRE(failure);
  CHECK(failure->find("did not stop") != std::string::npos);
  CHECK(script->asked > 0);
  CHECK(script->running == 1);
  stand.guest.reset();
  std::unique_lock lock(script->mutex);
  script->released = true;
  script->changed.notify_all();
  CHECK(script->changed.wait_for(lock, std::chrono::seconds(30),
                                 [&] { return script->running == 0; }));
}
