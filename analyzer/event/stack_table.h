// The user stacks of a trace, in three tables: a trace has thousands of calls, tens of different
// stacks, and the same few hundred frames in all of them.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "analyzer/base/units.h"

namespace slotscope {

// A file whose code ran: the VMM's executable or a library.
struct StackModule {
  std::string path;      // as the process had it mapped
  std::string build_id;  // hexadecimal; empty when the file has none
  bool operator==(const StackModule&) const = default;
};

struct StackFrame {
  // What `offset` is counted from, best first.
  enum class Anchor : uint8_t {
    symbol,          // the function that holds the address, by its name
    function_start,  // the function has no name, but unwind information tells where it begins
    module_start,    // neither is known
  };
  ModuleId module;      // 0: code of no file
  CodeAddress address;  // as the module's ELF file counts; without a module, the process
  Bytes offset;         // in the function; 0 for module_start
  Anchor anchor = Anchor::module_start;
  std::string function;  // empty but for Anchor::symbol
  bool operator==(const StackFrame&) const = default;
};

struct Stack {
  // Why there is no caller beyond the last frame.
  enum class End : uint8_t {
    outermost,        // it has none: the thread began there
    copy_ended,       // the stack was deeper than what was copied
    no_unwind_info,   // nothing says where that function returns to
    too_many_frames,  // more than anybody wants to read
    process_gone,     // it was gone before anybody could look at what it had mapped
  };
  std::vector<FrameId> frames;  // innermost first; all but the first are return addresses
  End end = End::outermost;
  bool operator==(const Stack&) const = default;
};

// Entries never change and are never taken out, so what find() answers stays valid. One thread may
// fill it while others look.
class StackTable {
 public:
  // False when the id is 0 or taken: the first definition stays.
  bool define(ModuleId id, StackModule module);
  bool define(FrameId id, StackFrame frame);
  bool define(StackId id, Stack stack);

  const StackModule* find(ModuleId id) const;
  const StackFrame* find(FrameId id) const;
  const Stack* find(StackId id) const;

  // Names of a stack's functions, innermost first, as far as they are known.
  std::vector<std::string_view> functions(StackId id) const;

 private:
  template <class Id, class Entry>
  using Table = std::map<Id, Entry>;  // hostile ids must not make it slow

  template <class Id, class Entry>
  bool add(Table<Id, Entry>& table, Id id, Entry entry);
  template <class Id, class Entry>
  const Entry* look(const Table<Id, Entry>& table, Id id) const;

  mutable std::mutex mutex_;
  Table<ModuleId, StackModule> modules_;
  Table<FrameId, StackFrame> frames_;
  Table<StackId, Stack> stacks_;
};

}  // namespace slotscope
