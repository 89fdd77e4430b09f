// The words that stand for enum values in text formats and in JSON documents. A script may depend
// on them: never change one, only add.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <string_view>
#include <variant>

#include "analyzer/event/source.h"

namespace slotscope {

// In the order of the enum.
template <class E>
struct Words;

template <>
struct Words<Clock> {
  static constexpr std::string_view list[] = {"none", "monotonic", "realtime", "time_of_day",
                                              "relative"};
};
template <>
struct Words<Origin> {
  static constexpr std::string_view list[] = {"traced", "snapshot"};
};
template <>
struct Words<Loss::Reason> {
  static constexpr std::string_view list[] = {"dropped", "undecoded", "damaged"};
};
template <>
struct Words<CommitMark::Edge> {
  static constexpr std::string_view list[] = {"begin", "end"};
};
template <>
struct Words<VmMark::Edge> {
  static constexpr std::string_view list[] = {"start", "end"};
};
template <>
struct Words<Phase> {
  static constexpr std::string_view list[] = {"off_cpu", "srcu_wait", "zap", "metadata",
                                              "dirty_log"};
};
template <>
struct Words<StackFrame::Anchor> {
  static constexpr std::string_view list[] = {"symbol", "function_start", "module_start"};
};
template <>
struct Words<Stack::End> {
  static constexpr std::string_view list[] = {"outermost", "copy_ended", "no_unwind_info",
                                              "too_many_frames", "process_gone"};
};

template <>
struct Words<Ending> {
  static constexpr std::string_view list[] = {"not_marked", "marked", "cut_off"};
};

template <class E>
constexpr std::string_view word_of(E value) {
  return Words<E>::list[static_cast<size_t>(value)];
}

template <class E>
constexpr bool read_word(std::string_view word, E& value) {
  for (size_t i = 0; i < std::size(Words<E>::list); ++i) {
    if (Words<E>::list[i] != word) continue;
    value = static_cast<E>(i);
    return true;
  }
  return false;
}

// Bits of Call::flags, in the order in which they are written.
struct FlagWord {
  uint32_t bit;
  std::string_view word;
};
inline constexpr FlagWord flag_words[] = {
    {slot_flag::log_dirty, "log_dirty"},
    {slot_flag::readonly, "readonly"},
    {slot_flag::guest_memfd, "guest_memfd"},
};

// Calls visit(word) for each flag that is set; the bits that have no word.
template <class Visit>
constexpr uint32_t each_flag_word(uint32_t flags, Visit visit) {
  for (const FlagWord& flag : flag_words) {
    if (flags & flag.bit) visit(flag.word);
    flags &= ~flag.bit;
  }
  return flags;
}

constexpr bool read_flag(std::string_view word, uint32_t& bits) {
  for (const FlagWord& flag : flag_words) {
    if (flag.word != word) continue;
    bits = flag.bit;
    return true;
  }
  return false;
}

// Notes of what QEMU said go by the names of its trace events.
inline std::string_view note_word(const Note& note) {
  struct Name {
    std::string_view operator()(const MemslotIoctl&) const { return "kvm_vm_ioctl"; }
    std::string_view operator()(const PciConfigWrite&) const { return "pci_cfg_write"; }
    std::string_view operator()(const PciMapping& mapping) const {
      return mapping.change == PciMapping::Change::add ? "pci_update_mappings_add"
                                                       : "pci_update_mappings_del";
    }
    std::string_view operator()(const GlobalDirty&) const { return "global_dirty_changed"; }
    std::string_view operator()(const MemoryAttributes&) const { return "memory_attributes"; }
    std::string_view operator()(const GuestMemfdCreation&) const { return "guest_memfd"; }
    std::string_view operator()(const CallPhases&) const { return "call_phases"; }
    std::string_view operator()(const GuestCost&) const { return "guest_cost"; }
  };
  return std::visit(Name{}, note);
}

// Sets `note` to an empty one of that name.
inline bool read_note_word(std::string_view word, Note& note) {
  PciMapping del;
  del.change = PciMapping::Change::del;
  for (const Note& one : {Note(MemslotIoctl{}), Note(PciConfigWrite{}), Note(PciMapping{}),
                          Note(del), Note(GlobalDirty{}), Note(MemoryAttributes{}),
                          Note(GuestMemfdCreation{}), Note(CallPhases{}), Note(GuestCost{})}) {
    if (note_word(one) != word) continue;
    note = one;
    return true;
  }
  return false;
}

}  // namespace slotscope
