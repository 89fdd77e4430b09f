#include "analyzer/render/text/idle_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "analyzer/render/text/cause_text.h"
#include "analyzer/render/text/units_text.h"

namespace slotscope {

std::string idle_text(const VmTotals& vm, const VmFindings& findings) {
  const IdleFindings& idle = findings.idle;
  if (idle.calls == 0) return "";
  const std::string calls = fmt::format("{} of the {} calls", idle.calls, vm.calls);
  const std::string torn = idle.bytes.value > 0
                               ? fmt::format(", with {} torn down for it", size_text(idle.bytes))
                               : std::string();
  if (idle.commits == 0) {
    return fmt::format(
        "{} left KVM's view of their address space as it was: slots were only cut "
        "elsewhere{}.",
        calls, torn);
  }
  return fmt::format(
      "{} of the {}, {}, left KVM's view of memory as it was: slots were only cut "
      "elsewhere{}.",
      idle.commits, count_text(vm.commits, "commit", "commits"), calls, torn);
}

std::string idle_reason_text(const VmFindings& findings) {
  const std::vector<CauseTotals>& causes = findings.causes.causes;
  const auto most = std::max_element(
      causes.begin(), causes.end(),
      [](const CauseTotals& a, const CauseTotals& b) { return a.idle_calls < b.idle_calls; });
  if (most == causes.end() || most->idle_calls == 0) return "";
  if (most->cause.rule->cause != CauseKind::pam) return "";
  return fmt::format(
      "{} {}PAM: QEMU takes READONLY from the RAM block and not from the range "
      "(kvm_mem_flags), so write-protecting a part of 0xc0000-0xfffff cuts slots "
      "and protects nothing.",
      most->idle_calls == findings.idle.calls ? "That is" : "Most of that is",
      hedge_text(CauseKind::pam, most->confidence));
}

}  // namespace slotscope
