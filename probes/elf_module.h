// One ELF file that is mapped somewhere: how its functions are left, and what they are called.
#pragma once

#include <elfutils/libdwfl.h>

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "analyzer/base/unique_fd.h"
#include "analyzer/event/stack_table.h"
#include "probes/unwind_rule.h"

namespace slotscope {

class ElfModule {
 public:
  // `path` is for people; the file is read through `file`, which may have no name any more.
  ElfModule(std::string path, UniqueFd file) : path_(std::move(path)), file_(std::move(file)) {}

  const std::string& path() const { return path_; }
  bool has_file() const { return static_cast<bool>(file_); }
  // Hexadecimal; empty when the file has none or can't be read.
  std::string build_id();

  // Where the file's byte `offset` goes in memory, as the file counts; nothing when it does not.
  std::optional<uint64_t> address_of(uint64_t offset);

  // nullptr where no unwind information is. Valid until the next call.
  const UnwindRule* rule_at(uint64_t address);

  // What is at `address`; of a return address the instruction before it decides.
  StackFrame describe(uint64_t address, bool is_return);

 private:
  struct End {
    void operator()(Dwfl* dwfl) const { dwfl_end(dwfl); }
  };

  bool open();
  // The beginning of the function that holds `address`.
  std::optional<uint64_t> function_start(uint64_t address);

  std::string path_;
  UniqueFd file_;
  bool tried_ = false;
  std::unique_ptr<Dwfl, End> dwfl_;
  Dwfl_Module* module_ = nullptr;
  Elf* elf_ = nullptr;
  std::unordered_map<uint64_t, std::optional<UnwindRule>> rules_;
};

}  // namespace slotscope
