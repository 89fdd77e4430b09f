// vCPUs that really run while slots change, and what befalls them: each reads pages of the slots
// that were live when the last commit ended. While a slot is away its reads become MMIO exits.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "analyzer/base/result.h"
#include "analyzer/model/slot_map.h"
#include "replay/data/replay_plan.h"
#include "replay/data/replay_result.h"
#include "replay/guest_code.h"
#include "replay/kvm.h"
#include "replay/replay_options.h"

namespace slotscope {

// Scratch memory for one machine's guest, and where the machine sees it.
inline constexpr Bytes guest_memory{64 << 10};
struct GuestSite {
  Gpa gpa;
  SlotId slot;
};

// A place below 4 GiB and a slot id that no operation on the machine names.
Result<GuestSite> find_guest_site(const Plan& plan, uint32_t machine, uint32_t user_slots);

class Guest {
 public:
  // Adds the guest's own slot to the VM, which outlives the guest, and lets the vCPUs run.
  // `memory` is guest_memory of scratch.
  static Result<std::unique_ptr<Guest>> start(KvmVm& vm, const GuestSite& site, char* memory,
                                              const ReplayOptions& options);
  ~Guest();

  // The slots of a finished commit: from now on these are read. Waits until every vCPU has read
  // them all once, or for as long as is reasonable.
  void show(const SlotMap& slots);

  // Around a delete: exits in `range` are its hole's.
  void open_hole(const HoleExits& hole);
  // At the end of a commit: the holes whose ranges are mapped again and that a vCPU fell into.
  void close_holes(const SlotMap& slots, std::vector<HoleExits>& found);

  // Ends the vCPUs; why one ended by itself, or did not end at all within the deadline.
  std::optional<std::string> stop();

 private:
  struct Vcpu;
  struct Holes;

  Guest(char* memory, const GuestSite& site, GuestWork work);
  GuestMailbox& mailbox(size_t vcpu) const;
  Gpa write_table(const SlotMap& slots);

  char* memory_;
  GuestSite site_;
  GuestWork work_;
  bool second_table_ = false;
  // Shared with the threads: a vCPU that hangs outlives the guest.
  std::vector<std::shared_ptr<Vcpu>> vcpus_;
  std::shared_ptr<Holes> holes_;
};

}  // namespace slotscope
