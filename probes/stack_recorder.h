// Unwinds the stacks of a capture as they come and keeps each different one once.
#pragma once

#include <map>
#include <memory>
#include <utility>

#include "analyzer/event/stack_table.h"
#include "probes/process_codes.h"
#include "probes/stack_sample.h"
#include "probes/unwinder.h"

namespace slotscope {

class StackRecorder : public StackResolver {
 public:
  // As ProcessCodes has them.
  explicit StackRecorder(std::shared_ptr<StackTable> table,
                         std::unique_ptr<MappingSource> source = nullptr, bool everything = false)
      : table_(std::move(table)), processes_(std::move(source), everything) {}

  // As ProcessCodes does.
  void follow(Pid pid) { processes_.follow(pid); }
  // A process whose stacks are to come: what it has mapped now is remembered past its end.
  void look_at(Pid pid) { processes_.look_at(pid); }
  // No sample from before `time` comes any more.
  void settle(Nanos time) { processes_.settle(time); }

  StackId resolve(const StackSample& sample) override;
  // Stacks so far that ended where nobody could look any more.
  uint64_t gone() const { return gone_; }

 private:
  ModuleId intern(ElfModule* module);
  FrameId intern(const UnwoundStack::Frame& frame);
  StackId intern(std::vector<FrameId> frames, Stack::End end);

  std::shared_ptr<StackTable> table_;
  ProcessCodes processes_;
  uint64_t gone_ = 0;
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
