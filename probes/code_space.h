// Which file's code stands where in a process. The files are opened while they are there, so that
// stacks of a process which has died since can still be unwound.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "probes/elf_module.h"
#include "probes/process_maps.h"

namespace slotscope {

// The files of all processes, each opened once.
class ModuleFiles {
 public:
  // Never nullptr: a file that can't be opened is a module without unwind information.
  std::shared_ptr<ElfModule> open(Pid pid, const CodeMapping& mapping);

 private:
  using Inode = std::pair<std::string, uint64_t>;
  std::map<Inode, std::shared_ptr<ElfModule>> opened_, unreadable_;
};

// An address as its module's ELF file counts.
struct CodePlace {
  ElfModule* module = nullptr;  // nullptr: code of no file
  uint64_t address = 0;
  bool unread = false;  // what is there could not be looked at
};

class CodeSpace {
 public:
  virtual ~CodeSpace() = default;
  virtual CodePlace find(uint64_t address) = 0;
};

class ProcessCode : public CodeSpace {
 public:
  // What the process has mapped; nothing where that can't be told.
  using Look = std::function<std::vector<CodeMapping>()>;

  ProcessCode(Pid pid, ModuleFiles& files, Look look);
  // With what `parent` has mapped.
  ProcessCode(Pid pid, Look look, const ProcessCode& parent);

  // Looks at the process again when the address is in nothing that was known: it may have loaded a
  // library since.
  CodePlace find(uint64_t address) override;

  void map(CodeMapping mapping);
  void open_files();
  void look();

 private:
  struct Mapped {
    CodeMapping at;
    std::shared_ptr<ElfModule> module;  // nullptr: not opened yet
  };

  void unmap(uint64_t begin, uint64_t end);
  Mapped* mapped_at(uint64_t address);

  Pid pid_;
  ModuleFiles* files_;
  Look look_;
  std::map<uint64_t, Mapped> mapped_;  // by their begin; none overlap
  std::set<uint64_t> nowhere_;         // addresses that a second look did not find either
  bool all_open_ = true;
};

}  // namespace slotscope
