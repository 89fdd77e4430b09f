#include "analyzer/capture/kernel_check.h"

#include <fmt/format.h>

#include <algorithm>

namespace slotscope {
namespace {

constexpr uint64_t swap_running = uint64_t{1} << 63;  // KVM_MEMSLOT_GEN_UPDATE_IN_PROGRESS

// kvm_set_memslot: a delete and a move first swap in a copy that is marked invalid.
uint64_t swaps_of(UpdateKind kind) {
  switch (kind) {
    case UpdateKind::create:
    case UpdateKind::flags:
      return 1;
    case UpdateKind::del:
    case UpdateKind::move:
      return 2;
    case UpdateKind::no_change:
    case UpdateKind::rejected:
      break;
  }
  return 0;
}

std::string slot_words(const Slot& slot) {
  return fmt::format("slot {} at {:#x}, {:#x} bytes, host {:#x}, flags {:#x}", slot.id.value,
                     slot.gpa.value, slot.size.value, slot.hva.value, slot.flags);
}

bool same(const Slot& a, const Slot& b) {
  return a.id == b.id && a.gpa == b.gpa && a.size == b.size && a.hva == b.hva && a.flags == b.flags;
}

// Both by gpa; a slot that differs in anything is missing on one side and surplus on the other.
void compare_slots(const std::vector<Slot>& kernel, const std::vector<Slot>& model,
                   SpaceCheck& check) {
  const auto missing_in = [&](const std::vector<Slot>& from, const std::vector<Slot>& in,
                              const char* where) {
    for (const Slot& slot : from) {
      const auto at = std::lower_bound(in.begin(), in.end(), slot.gpa,
                                       [](const Slot& s, Gpa gpa) { return s.gpa < gpa; });
      if (at != in.end() && same(*at, slot)) continue;
      ++check.differing_slots;
      if (check.first_difference.empty()) {
        check.first_difference = fmt::format("only {}: {}", where, slot_words(slot));
      }
    }
  };
  missing_in(kernel, model, "in the kernel");
  missing_in(model, kernel, "in the capture");
}

}  // namespace

void KernelCheck::vm_found(const SpaceSnapshot& at_start) {
  Space& space = spaces_[{at_start.vm, at_start.as}];
  space.start = at_start.generation & ~swap_running;
  space.start_internal = static_cast<uint16_t>(at_start.internal_slots);
}

void KernelCheck::add(const Step& step) {
  Space& space = spaces_[{step.call->vm, step.call->as}];
  space.swaps += swaps_of(step.update->kind);
  // A move beyond the host's physical address width is found out after its first swap, and undone
  // with a second one; one that is refused earlier swaps nothing.
  if (step.update->kind == UpdateKind::rejected && step.update->before &&
      step.call->size.value != 0 && step.update->before->gpa != step.call->gpa) {
    space.doubtful += 2;
  }
}

std::optional<int64_t> KernelCheck::surplus(const SpaceSnapshot& at_end) const {
  Space space;
  const auto found = spaces_.find({at_end.vm, at_end.as});
  if (found != spaces_.end()) space = found->second;
  if (!space.start) {
    if (!created_.contains(at_end.vm)) return std::nullopt;
    space.start = at_end.as.value;
  }
  const uint64_t generation = at_end.generation & ~swap_running;
  const auto swaps = static_cast<int64_t>((generation - *space.start) / at_end.address_spaces);
  int64_t surplus = swaps - static_cast<int64_t>(space.swaps);
  // Each of KVM's own slots that is there now and was not before took one swap.
  surplus -=
      std::max<int64_t>(0, static_cast<int64_t>(at_end.internal_slots) - space.start_internal);
  const auto doubtful = static_cast<int64_t>(space.doubtful);
  return surplus > 0 ? std::max<int64_t>(0, surplus - doubtful) : surplus;
}

SpaceCheck KernelCheck::compare(const SpaceSnapshot& at_end, const Model& model) const {
  SpaceCheck check{.vm = at_end.vm,
                   .pid = at_end.pid,
                   .as = at_end.as,
                   .kernel_slots = at_end.slots.size(),
                   .internal_slots = at_end.internal_slots,
                   .usable = at_end.usable(),
                   .surplus_swaps = {},
                   .first_difference = {}};
  if (!check.usable) return check;
  check.surplus_swaps = surplus(at_end);
  std::vector<Slot> kernel, captured;
  for (const Call& call : at_end.slots) kernel.push_back(Slot::from(call));
  if (const auto vm = model.vms().find(at_end.vm); vm != model.vms().end()) {
    if (const AddressSpace* space = vm->second->state.address_space(at_end.as)) {
      space->slots.for_each([&](const Slot& slot) { captured.push_back(slot); });
    }
  }
  compare_slots(kernel, captured, check);
  return check;
}

}  // namespace slotscope
