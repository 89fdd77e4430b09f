// Which file's code stands where in a process. The files are opened when the process is looked at,
// so that stacks of a process which has died since can still be unwound.
#pragma once

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
  std::map<std::pair<std::string, uint64_t>, std::shared_ptr<ElfModule>> by_inode_;
};

// An address as its module's ELF file counts.
struct CodePlace {
  ElfModule* module = nullptr;  // nullptr: code of no file
  uint64_t address = 0;
};

class CodeSpace {
 public:
  virtual ~CodeSpace() = default;
  virtual CodePlace find(uint64_t address) = 0;
};

class ProcessCode : public CodeSpace {
 public:
  ProcessCode(Pid pid, ModuleFiles& files);

  // Looks at the process again when the address is in nothing that was known: it may have loaded a
  // library since.
  CodePlace find(uint64_t address) override;

 private:
  struct Mapped {
    CodeMapping at;
    std::shared_ptr<ElfModule> module;
  };

  void look();
  const Mapped* mapped_at(uint64_t address) const;

  Pid pid_;
  ModuleFiles& files_;
  std::vector<Mapped> mapped_;
  std::set<uint64_t> nowhere_;  // addresses that a second look did not find either
};

}  // namespace slotscope
