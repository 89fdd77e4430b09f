#include "probes/elf_module.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gelf.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

#include "probes/eh_frame_table.h"

namespace slotscope {
namespace {

// A VMM's calls come from a few hundred instructions.
constexpr size_t most_rules = 1 << 16;

const Dwfl_Callbacks callbacks = {
    .find_elf = dwfl_build_id_find_elf,
    // Beside the file, by build id under /usr/lib/debug, and from debuginfod where it is set up.
    .find_debuginfo = dwfl_standard_find_debuginfo,
    .section_address = nullptr,
    .debuginfo_path = nullptr,
};

struct FreeFrame {
  void operator()(Dwarf_Frame* frame) const { std::free(frame); }
};

}  // namespace

// All at address 0, so that libdwfl counts as the file does.
bool ElfModule::open() {
  if (std::exchange(tried_, true)) return module_ != nullptr;
  dwfl_.reset(dwfl_begin(&callbacks));
  if (!dwfl_ || !file_) return false;
  dwfl_report_begin(dwfl_.get());
  const int descriptor = fcntl(file_.get(), F_DUPFD_CLOEXEC, 0);  // libdwfl closes it
  module_ = dwfl_report_elf(dwfl_.get(), path_.c_str(), path_.c_str(), descriptor, 0, true);
  dwfl_report_end(dwfl_.get(), nullptr, nullptr);
  if (!module_) {
    ::close(descriptor);
    return false;
  }
  GElf_Addr bias = 0;
  elf_ = dwfl_module_getelf(module_, &bias);
  if (!elf_ || bias != 0) module_ = nullptr;
  return module_ != nullptr;
}

std::string ElfModule::build_id() {
  if (!open()) return {};
  const unsigned char* bits = nullptr;
  GElf_Addr address = 0;
  const int size = dwfl_module_build_id(module_, &bits, &address);
  std::string text;
  for (int i = 0; i < size; ++i) text += fmt::format("{:02x}", bits[i]);
  return text;
}

std::optional<uint64_t> ElfModule::address_of(uint64_t offset) {
  if (!open()) return std::nullopt;
  size_t count = 0;
  if (elf_getphdrnum(elf_, &count) != 0) return std::nullopt;
  for (size_t i = 0; i < count; ++i) {
    GElf_Phdr header;
    if (!gelf_getphdr(elf_, static_cast<int>(i), &header) || header.p_type != PT_LOAD) continue;
    const uint64_t inside = offset - header.p_offset;
    if (offset >= header.p_offset && inside < header.p_filesz) return header.p_vaddr + inside;
  }
  return std::nullopt;
}

const UnwindRule* ElfModule::rule_at(uint64_t address) {
  if (!open()) return nullptr;
  if (const auto known = rules_.find(address); known != rules_.end()) {
    return known->second ? &*known->second : nullptr;
  }
  if (rules_.size() >= most_rules) rules_.clear();
  std::optional<UnwindRule>& rule = rules_[address];
  Dwarf_Addr bias = 0;
  if (Dwarf_CFI* cfi = dwfl_module_eh_cfi(module_, &bias)) {
    Dwarf_Frame* frame = nullptr;
    if (dwarf_cfi_addrframe(cfi, address - bias, &frame) == 0) {
      const std::unique_ptr<Dwarf_Frame, FreeFrame> owned(frame);
      rule = UnwindRule::from(frame);
    }
  }
  return rule ? &*rule : nullptr;
}

std::optional<uint64_t> ElfModule::function_start(uint64_t address) {
  // The table has beginnings only; that there is a rule means that the address is in the function.
  return rule_at(address) ? find_function_start(elf_, address) : std::nullopt;
}

StackFrame ElfModule::describe(uint64_t address, bool is_return) {
  StackFrame frame{.module = {}, .address = CodeAddress{address}, .offset = {}, .function = {}};
  if (!open()) return frame;
  const uint64_t inside = address - is_return;
  const std::optional<uint64_t> start = function_start(inside);
  GElf_Off offset = 0;
  GElf_Sym symbol;
  const char* name =
      dwfl_module_addrinfo(module_, inside, &offset, &symbol, nullptr, nullptr, nullptr);
  // The nearest symbol is the name of the function only if the address is inside it.
  const bool holds =
      name && (symbol.st_size ? offset < symbol.st_size : start && inside - offset == *start);
  if (holds) {
    frame.anchor = StackFrame::Anchor::symbol;
    frame.offset = Bytes{offset + is_return};
    const std::string_view versioned = name;  // "ioctl@@GLIBC_2.2.5"
    frame.function = versioned.substr(0, versioned.find('@'));
  } else if (start) {
    frame.anchor = StackFrame::Anchor::function_start;
    frame.offset = Bytes{address - *start};
  }
  return frame;
}

}  // namespace slotscope
