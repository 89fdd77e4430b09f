// That a conformance run fails when the kernel and the model part: kernels with known faults.
#include <filesystem>
#include <fstream>
#include <sstream>

#include "replay/fake_kvm.h"
#include "tests/kvm/conformance_case.h"
#include "tests/kvm/conformance_generator.h"
#include "tests/kvm/conformance_shrink.h"
#include "tests/support/catch.h"
#include "tests/support/read_all.h"

namespace slotscope::conformance {
namespace {

using Answer = std::function<int32_t(int32_t ret, const SlotRequest& request)>;

class FaultyVm : public KvmVm {
 public:
  FaultyVm(std::unique_ptr<KvmVm> vm, Answer answer)
      : vm_(std::move(vm)), answer_(std::move(answer)) {}
  int32_t set_memory(const SlotRequest& request) override {
    return answer_(vm_->set_memory(request), request);
  }
  Result<int> create_guest_memfd(Bytes size) override { return vm_->create_guest_memfd(size); }
  Result<std::unique_ptr<KvmVcpu>> create_vcpu(uint32_t index, const VcpuEntry& entry) override {
    return vm_->create_vcpu(index, entry);
  }

 private:
  std::unique_ptr<KvmVm> vm_;
  Answer answer_;
};

// Follows the rules of a kernel but for what `answer` makes of its results.
class FaultyKvm : public Kvm {
 public:
  FaultyKvm(const KernelProfile& kernel, Answer answer)
      : kvm_(make_fake_kvm(clock_, kernel)), answer_(std::move(answer)) {}
  const KvmCapabilities& capabilities() const override { return kvm_->capabilities(); }
  Result<std::unique_ptr<KvmVm>> create_vm(const VmOptions& options) override {
    auto vm = kvm_->create_vm(options);
    if (!vm) return std::move(vm).error();
    return std::unique_ptr<KvmVm>(std::make_unique<FaultyVm>(*std::move(vm), answer_));
  }

 private:
  FakeClock clock_;
  std::unique_ptr<Kvm> kvm_;
  Answer answer_;
};

// A kernel whose slots are not where it said that it moved them.
class UnmovedSlots : public KernelSlots {
 public:
  void begin_vm() override { moved_ = false; }
  void add(const Step& step) override { moved_ |= step.update->kind == UpdateKind::move; }
  Result<std::string> difference(const Model&) override {
    return std::string(moved_ ? "a slot was not moved" : "");
  }
  std::vector<Call> latest() const override {
    Call call;
    call.slot = SlotId{7};
    call.gpa = Gpa{0x1000};
    call.size = Bytes{0x2000};
    call.hva = Hva{0x3000};
    call.flags = slot_flag::readonly;
    return {call};
  }

 private:
  bool moved_ = false;
};

KernelProfile profile(const char* name) {
  const Result<KernelProfile> found = kernel_profile(name);
  REQUIRE(found);
  return *found;
}

int32_t honest(int32_t ret, const SlotRequest&) { return ret; }

// The first mismatch among a few thousand calls, shrunk; no mismatch is an empty run.
Bench::Run find(Kvm& kvm, const KernelProfile& rules, KernelSlots* slots = nullptr) {
  const Result<Host> host = measure_host(kvm, rules);
  REQUIRE(host);
  const auto bench = Bench::create(kvm, *host, slots);
  REQUIRE(bench);
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    Generator generator(seed, *host);
    generator.begin_vm();
    int left = 300;
    const Result<Bench::Run> run = (*bench)->run(
        [&](const std::vector<Slot>& live) {
          return left-- > 0 ? std::optional(generator.next(live)) : std::nullopt;
        },
        10);
    REQUIRE(run);
    if (!(*run).mismatch) continue;
    const Attempts few = shrink((*run).attempts, [&](const Attempts& attempts) {
      const Result<Bench::Run> again = (*bench)->run(attempts);
      return again && (*again).mismatch && (*again).mismatch->kind == (*run).mismatch->kind;
    });
    const Result<Bench::Run> smallest = (*bench)->run(few);
    REQUIRE(smallest);
    REQUIRE((*smallest).mismatch);
    return *smallest;
  }
  return {};
}

std::string content(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST_CASE("a kernel that follows the rules has no mismatch") {
  for (const char* name : {"5.10", "6.1"}) {
    FaultyKvm kvm(profile(name), honest);
    CHECK_FALSE(find(kvm, profile(name)).mismatch);
  }
}

TEST_CASE("a kernel that takes overlaps is found out in two calls") {
  FaultyKvm kvm(profile("6.1"),
                [](int32_t ret, const SlotRequest&) { return ret == -EEXIST ? 0 : ret; });
  const Bench::Run run = find(kvm, profile("6.1"));
  REQUIRE(run.mismatch);
  CHECK(run.mismatch->kind == Mismatch::Kind::rules);
  CHECK(run.mismatch->foreseen == -EEXIST);
  CHECK(run.mismatch->result == 0);
  REQUIRE(run.calls.size() == 2);
  for (const Call& call : run.calls) CHECK(call.hva == Hva{0x10000000});
}

TEST_CASE("a kernel that refuses deletes of read-only slots is found out") {
  bool readonly = false;
  FaultyKvm kvm(profile("6.1"), [&](int32_t ret, const SlotRequest& request) {
    if (request.size.value == 0 && ret == 0 && readonly) return -EPERM;
    if (request.size.value != 0 && ret == 0) readonly = request.flags & slot_flag::readonly;
    return ret;
  });
  const Bench::Run run = find(kvm, profile("6.1"));
  REQUIRE(run.mismatch);
  // No rule gives EPERM, so the model leaves it open; what was measured of the host does not.
  CHECK(run.mismatch->kind == Mismatch::Kind::limits);
  CHECK_FALSE(can_be_a_case(*run.mismatch));
}

TEST_CASE("the rules of another kernel are found out in one call") {
  FaultyKvm kvm(profile("6.1"), honest);
  const Bench::Run run = find(kvm, profile("5.10"));
  REQUIRE(run.mismatch);
  CHECK(run.mismatch->kind == Mismatch::Kind::rules);
  CHECK(run.calls.size() == 1);
}

TEST_CASE("slots that differ are found out, and become a golden case") {
  FaultyKvm kvm(profile("6.1"), honest);
  UnmovedSlots slots;
  const Bench::Run run = find(kvm, profile("6.1"), &slots);
  REQUIRE(run.mismatch);
  CHECK(run.mismatch->kind == Mismatch::Kind::slots);
  CHECK(run.mismatch->what == "a slot was not moved");
  REQUIRE(run.calls.size() == 2);
  CHECK(run.calls[1].gpa != run.calls[0].gpa);

  const Result<Host> host = measure_host(kvm, profile("6.1"));
  REQUIRE(host);
  const std::string parent =
      std::filesystem::temp_directory_path() / ("slotscope-case-" + std::to_string(getpid()));
  const Result<std::string> folder = write_case(parent, "moved", run, *host, "6.1.0");
  REQUIRE(folder);
  CHECK(*folder == parent + "/moved");
  CHECK(content(*folder + "/stdout") == "0 7 0x1000 8192 0x3000 readonly\n");
  CHECK(content(*folder + "/cmd").find("tests/golden/moved/trace.jsonl") != std::string::npos);
  const Result<test::ReadTrace> trace = test::read_file(*folder + "/trace.jsonl");
  REQUIRE(trace);
  CHECK((*trace).events.size() == 3);  // the VM's start and the calls
  std::filesystem::remove_all(parent);
}

TEST_CASE("shrinking keeps what is needed and nothing else") {
  Attempts attempts(100);
  for (size_t i = 0; i < attempts.size(); ++i) {
    attempts[i].call.slot = SlotId{static_cast<uint16_t>(i)};
    attempts[i].call.flags = slot_flag::log_dirty | slot_flag::readonly;
  }
  // Slots 13, 14 and 90 have to be named in this order, the last of them read-only.
  const auto fails = [](const Attempts& tried) {
    const uint16_t wanted[] = {13, 14, 90};
    size_t found = 0;
    for (const Attempt& attempt : tried) {
      if (found == 3 || attempt.call.slot.value != wanted[found]) continue;
      if (found < 2 || (attempt.call.flags & slot_flag::readonly)) ++found;
    }
    return found == 3;
  };
  const Attempts few = shrink(attempts, fails);
  REQUIRE(few.size() == 3);
  CHECK(few[0].call.flags == 0);
  CHECK(few[2].call.flags == slot_flag::readonly);
}

TEST_CASE("the profile is that of the newest kernel that is not newer") {
  for (const auto& [release, name] : {std::pair{"5.10.0-30-amd64", "5.10"},
                                      {"6.1.176", "6.1"},
                                      {"6.6.1", "6.1"},
                                      {"6.17.9+deb13", "6.12"},
                                      {"6.18.44-x", "6.18"},
                                      {"7.2", "6.18"},
                                      {"9.0.0-rc1", "7.3"}}) {
    const Result<KernelProfile> found = profile_of_release(release);
    REQUIRE(found);
    CHECK((*found).name == name);
  }
  CHECK_FALSE(profile_of_release("4.19.0"));
  CHECK_FALSE(profile_of_release("unknown"));
}

}  // namespace
}  // namespace slotscope::conformance
