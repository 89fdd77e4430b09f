#include "analyzer/render/text/failure_text.h"

#include <fmt/format.h>

#include <cerrno>

#include "analyzer/render/text/units_text.h"

namespace slotscope {

std::string failure_text(const VmTotals& vm) {
  if (!vm.first_rejected) return "";
  const RejectedCall& first = *vm.first_rejected;
  std::string what;
  if (first.ret != -EFAULT) {
    what = first.size.value
               ? fmt::format(" ({} at {})", size_text(first.size), address_text(first.gpa.value))
               : fmt::format(" (a delete of slot {})", first.slot.value);
  }
  std::string text =
      fmt::format("call {} failed with {}{}", first.call.value, errno_text(first.ret), what);
  if (vm.rejected > 1) return text + fmt::format("; {} calls failed in all.", vm.rejected);
  return text + (first.call == vm.last_call ? ", and nothing follows." : ".");
}

}  // namespace slotscope
