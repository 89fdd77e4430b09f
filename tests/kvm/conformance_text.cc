#include "tests/kvm/conformance_text.h"

#include <fmt/format.h>

#include "analyzer/render/text/units_text.h"

namespace slotscope::conformance {
namespace {

std::string result_text(int32_t result) { return result == 0 ? "0" : errno_text(result); }

const char* kind_text(UpdateKind kind) {
  switch (kind) {
    case UpdateKind::create:
      return "creates";
    case UpdateKind::del:
      return "deletes";
    case UpdateKind::move:
      return "moves";
    case UpdateKind::flags:
      return "flag changes";
    case UpdateKind::no_change:
      return "no changes";
    case UpdateKind::rejected:
      return "rejected";
  }
  return "";
}

std::string limit_text(uint64_t end) {
  return end == UINT64_MAX ? "none" : fmt::format("{:#x}", end);
}

std::string call_text(const Attempt& attempt, const Call& call) {
  std::string text =
      fmt::format("  {} as {} slot {} flags {:#x}\n    gpa {:#x} size {:#x} hva {:#x}",
                  attempt.region2 ? "region2" : "region ", call.as.value, call.slot.value,
                  call.flags, call.gpa.value, call.size.value, call.hva.value);
  if (call.flags & slot_flag::guest_memfd) {
    constexpr const char* files[] = {"own", "second own", "another VM's", "no guest_memfd",
                                     "closed"};
    text += fmt::format("\n    guest_memfd: {}, offset {:#x}",
                        files[static_cast<size_t>(attempt.memfd)], call.guest_memfd_offset.value);
  }
  return text + fmt::format("\n    -> {}", result_text(call.ret));
}

}  // namespace

std::string host_text(const Host& host, const Outcome& outcome) {
  return fmt::format(
      "  Linux {}, rules of {}, seed {}\n"
      "  address spaces: {}; gpa below: {}; hva below: {}\n"
      "  KVM_SET_USER_MEMORY_REGION2: {}; guest_memfd: {}\n",
      outcome.release, host.kernel.name, outcome.seed, host.kernel.address_spaces,
      limit_text(host.gpa_end.value), limit_text(host.hva_end.value), host.region2 ? "yes" : "no",
      host.guest_memfd   ? "yes"
      : host.makes_memfd ? "not on VMs of the default type"
                         : "no");
}

std::string tally_text(const Tally& tally, const Host& host, const Outcome& outcome) {
  std::string text =
      fmt::format("{} calls on {} VMs in {:.1f} s ({:.0f} calls/s)", tally.calls, tally.vms,
                  outcome.seconds, static_cast<double>(tally.calls) / outcome.seconds);
  text += outcome.blind.empty() ? fmt::format("\n  slots compared {} times\n", tally.tables)
                                : fmt::format("\n  slots not compared: {}\n", outcome.blind);
  std::string kinds, errors;
  for (const auto& [kind, count] : tally.updates) {
    kinds += fmt::format("{}{} {}", kinds.empty() ? "" : ", ", count, kind_text(kind));
  }
  for (const auto& [error, count] : tally.rejected) {
    errors += fmt::format("{}{} {}", errors.empty() ? "" : ", ", count, errno_text(error));
  }
  text += "  " + kinds + (errors.empty() ? "" : "\n    " + errors) + "\n";
  return text + host_text(host, outcome);
}

std::string mismatch_text(const Bench::Run& run, const Host& host, const Outcome& outcome) {
  const Mismatch& mismatch = *run.mismatch;
  std::string text;
  switch (mismatch.kind) {
    case Mismatch::Kind::rules:
      text = fmt::format("Linux {} answers {} where\nthe model's rules of {} say {}\n",
                         outcome.release, result_text(mismatch.result), host.kernel.name,
                         result_text(mismatch.foreseen));
      break;
    case Mismatch::Kind::limits:
      text = fmt::format(
          "Linux {} answers {}; the model\nleaves it open, and this host should answer {}\n",
          outcome.release, result_text(mismatch.result), result_text(mismatch.foreseen));
      break;
    case Mismatch::Kind::slots:
      text = fmt::format("Linux {} holds other slots than the model of {}:\n  {}\n",
                         outcome.release, host.kernel.name, mismatch.what);
      break;
  }
  for (size_t i = 0; i < run.calls.size(); ++i) {
    text += call_text(run.attempts[i], run.calls[i]) + "\n";
  }
  return text;
}

}  // namespace slotscope::conformance
