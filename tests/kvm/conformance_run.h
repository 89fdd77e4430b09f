// The same calls on a VM of the kernel and in the model, and where the two part.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "analyzer/base/unique_fd.h"
#include "tests/kvm/conformance_attempt.h"
#include "tests/kvm/conformance_host.h"
#include "tests/kvm/conformance_slots.h"

namespace slotscope::conformance {

struct Mismatch {
  enum class Kind : uint8_t {
    rules,   // the model says that KVM's rules forbid this result
    limits,  // the model leaves it open; what was measured of the host does not explain it
    slots,   // the results agree and the slots do not
  };
  Kind kind = Kind::rules;
  int32_t foreseen = 0, result = 0;
  std::string what = {};  // slots
};

struct Tally {
  uint64_t calls = 0, vms = 0, tables = 0;
  std::map<UpdateKind, uint64_t> updates;
  std::map<int32_t, uint64_t> rejected;  // by negative errno
};

// What the tests share: the kernel, what was measured of it, its slots where they can be read, and
// the files that a guest_memfd field may name.
class Bench {
 public:
  // `slots` may be null: then only results are compared.
  static Result<std::unique_ptr<Bench>> create(Kvm& kvm, const Host& host, KernelSlots* slots);

  const Host& host() const { return host_; }
  Tally& tally() { return tally_; }

  // Where the next attempt comes from, given the slots that are there; nothing ends the VM.
  using Next = std::function<std::optional<Attempt>(const std::vector<Slot>& live)>;

  struct Run {
    Attempts attempts = {};
    std::vector<Call> calls = {};  // with their results
    std::optional<Mismatch> mismatch = {};
    std::vector<Call> kernel_slots = {};  // where they differ
  };
  // On a new VM, until the first mismatch. The slots are compared at the end, and after every
  // `compare_every` calls when that is not 0.
  Result<Run> run(const Next& next, uint64_t compare_every);
  Result<Run> run(const Attempts& attempts);

 private:
  class Vm;
  Bench(Kvm& kvm, const Host& host, KernelSlots* slots) : kvm_(kvm), host_(host), slots_(slots) {}

  Kvm& kvm_;
  Host host_;
  KernelSlots* slots_;
  UniqueFd foreign_, other_file_;
  Tally tally_;
};

}  // namespace slotscope::conformance
