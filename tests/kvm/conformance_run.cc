#include "tests/kvm/conformance_run.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "analyzer/model/model.h"

namespace slotscope::conformance {
namespace {

constexpr VmId tested{1};
constexpr int never_open = 1 << 20;  // above the usual limit of descriptors

std::vector<Slot> live_slots(const VmState& vm) {
  std::vector<Slot> live;
  for (const auto& space : vm.address_spaces()) {
    space->slots.for_each([&](const Slot& slot) { live.push_back(slot); });
  }
  return live;
}

bool contradicts(Verdict verdict) {
  return verdict == Verdict::disagrees || verdict == Verdict::learnt;
}

}  // namespace

// A VM of the kernel and the same VM in the model.
class Bench::Vm {
 public:
  explicit Vm(Bench& bench) : bench_(bench), model_(bench.host_.kernel, true) {}

  Status open() {
    auto vm = bench_.kvm_.create_vm({});
    if (!vm) return std::move(vm).error();
    vm_ = *std::move(vm);
    if (bench_.host_.makes_memfd) {
      for (int& file : files_) {
        const Result<int> made = vm_->create_guest_memfd(memfd_size);
        if (!made) return made.error();
        file = *made;
      }
    }
    const Event start = VmMark{.time = {}, .vm = tested, .pid = {}};
    model_.apply(start);
    if (bench_.slots_) bench_.slots_->begin_vm();
    ++bench_.tally_.vms;
    return ok();
  }

  const VmState& state() const { return model_.vms().at(tested)->state; }

  std::optional<Mismatch> apply(const Attempt& attempt, std::vector<Call>& calls) {
    Event event = attempt.call;
    Call& call = std::get<Call>(event);
    call.vm = tested;
    call.guest_memfd = attempt.region2 ? file(attempt.memfd) : -1;
    const Attempt issued{call, attempt.region2, attempt.memfd};
    const int32_t foresight = foreseen(bench_.host_, issued, &state());
    call.ret = vm_->set_memory(request(issued));
    const Step& step = *model_.apply(event);
    if (bench_.slots_) bench_.slots_->add(step);
    calls.push_back(call);
    count(*step.update, call.ret);
    if (contradicts(step.update->verdict)) {
      return Mismatch{
          .kind = Mismatch::Kind::rules, .foreseen = step.update->predicted, .result = call.ret};
    }
    if (call.ret == foresight) return std::nullopt;
    return Mismatch{.kind = Mismatch::Kind::limits, .foreseen = foresight, .result = call.ret};
  }

  Status compare_slots(Run& run) {
    if (!bench_.slots_) return ok();
    Result<std::string> difference = bench_.slots_->difference(model_);
    if (!difference) return std::move(difference).error();
    ++bench_.tally_.tables;
    if ((*difference).empty()) return ok();
    run.mismatch = Mismatch{.kind = Mismatch::Kind::slots, .what = *std::move(difference)};
    run.kernel_slots = bench_.slots_->latest();
    return ok();
  }

 private:
  int file(Memfd which) const {
    switch (which) {
      case Memfd::own:
        return files_[0];
      case Memfd::second:
        return files_[1];
      case Memfd::foreign:
        return bench_.foreign_.get();
      case Memfd::other_file:
        return bench_.other_file_.get();
      case Memfd::closed:
        break;
    }
    return never_open;
  }

  static SlotRequest request(const Attempt& attempt) {
    const Call& call = attempt.call;
    SlotRequest request{.as = call.as,
                        .slot = call.slot,
                        .flags = call.flags,
                        .gpa = call.gpa,
                        .size = call.size,
                        .hva = call.hva};
    if (attempt.region2) {
      request.guest_memfd = call.guest_memfd;
      request.guest_memfd_offset = call.guest_memfd_offset;
    }
    return request;
  }

  void count(const Update& update, int32_t ret) {
    ++bench_.tally_.calls;
    ++bench_.tally_.updates[update.kind];
    if (ret != 0) ++bench_.tally_.rejected[ret];
  }

  Bench& bench_;
  Model model_;
  std::unique_ptr<KvmVm> vm_;
  int files_[2] = {never_open, never_open};
};

Result<std::unique_ptr<Bench>> Bench::create(Kvm& kvm, const Host& host, KernelSlots* slots) {
  std::unique_ptr<Bench> bench(new Bench(kvm, host, slots));
  bench->other_file_.reset(open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!host.makes_memfd) return bench;
  // Its VM goes and the file stays: the kernel's slots are those of the VM under test alone.
  auto other = kvm.create_vm({});
  if (!other) return std::move(other).error();
  const Result<int> file = (*other)->create_guest_memfd(memfd_size);
  if (!file) return file.error();
  bench->foreign_.reset(fcntl(*file, F_DUPFD_CLOEXEC, 0));
  return bench;
}

Result<Bench::Run> Bench::run(const Next& next, uint64_t compare_every) {
  Vm vm(*this);
  if (Status opened = vm.open(); !opened) return std::move(opened).error();
  Run run;
  while (const std::optional<Attempt> attempt = next(live_slots(vm.state()))) {
    run.attempts.push_back(*attempt);
    run.mismatch = vm.apply(*attempt, run.calls);
    if (run.mismatch) return run;
    if (compare_every == 0 || run.calls.size() % compare_every != 0) continue;
    if (Status compared = vm.compare_slots(run); !compared) return std::move(compared).error();
    if (run.mismatch) return run;
  }
  if (Status compared = vm.compare_slots(run); !compared) return std::move(compared).error();
  return run;
}

Result<Bench::Run> Bench::run(const Attempts& attempts) {
  size_t at = 0;
  return run(
      [&](const std::vector<Slot>&) {
        return at < attempts.size() ? std::optional(attempts[at++]) : std::nullopt;
      },
      0);
}

}  // namespace slotscope::conformance
