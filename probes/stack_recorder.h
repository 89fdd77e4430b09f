// Unwinds the stacks of a capture as they come and keeps each different one once.
#pragma once

#include <map>
#include <memory>
#include <utility>

#include "analyzer/event/stack_table.h"
#include "probes/code_space.h"
#include "probes/stack_sample.h"
#include "probes/unwinder.h"

namespace slotscope {

class StackRecorder : public StackResolver {
 public:
  explicit StackRecorder(std::shared_ptr<StackTable> table) : table_(std::move(table)) {}

  // A process whose stacks are to come: what it has mapped now is remembered past its end.
  void look_at(Pid pid);

  StackId resolve(const StackSample& sample) override;

 private:
  ModuleId intern(ElfModule* module);
  FrameId intern(const UnwoundStack::Frame& frame);
  StackId intern(std::vector<FrameId> frames, Stack::End end);

  std::shared_ptr<StackTable> table_;
  ModuleFiles files_;
  std::map<Pid, std::unique_ptr<ProcessCode>> processes_;
  std::map<ElfModule*, ModuleId> modules_;
  // One address can be reached as a return address and as the next instruction.
  struct FrameKey {
    ElfModule* module;
    uint64_t address;
    bool is_return;
    auto operator<=>(const FrameKey&) const = default;
  };
  std::map<FrameKey, FrameId> frames_;
  std::map<std::pair<std::vector<FrameId>, Stack::End>, StackId> stacks_;
};

}  // namespace slotscope
