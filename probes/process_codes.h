// What code every watched process had mapped at the time of a sample. Samples are looked at later
// than they were taken, when the process may have become another program or nothing at all, so this
// follows the kernel's own account of mappings up to each sample's time.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "probes/code_space.h"
#include "probes/mapping_events.h"

namespace slotscope {

class ProcessCodes {
 public:
  // Without a source there is only /proc, which knows the present. `everything`: programs that
  // start are of interest whoever starts them; else those that were looked at, and their children.
  ProcessCodes(std::unique_ptr<MappingSource> source, bool everything)
      : source_(std::move(source)), everything_(everything) {}

  // One that is watched from now on, with its children.
  void follow(Pid pid);

  // A process whose stacks are to come: its files are opened while they are there.
  void look_at(Pid pid);

  // As of `time`, which must not go back by more than a moment. Valid until the next call.
  ProcessCode& at(Pid pid, Nanos time);

  // Nothing tells any more what the process had mapped then.
  bool is_gone(Pid pid) const { return slotscope::is_gone(pid) || becomes_another(pid); }

  // No sample from before `time` comes any more.
  void settle(Nanos time) { apply_until(time); }

 private:
  struct Known {
    ProcessCode code;
    bool ended = false;
  };

  void read();
  void apply_until(Nanos time);
  void apply(MappingEvent event);
  void forget_ended();
  bool becomes_another(Pid pid) const;
  ProcessCode::Look look_of(Pid pid);
  Known& make(Pid pid);

  std::unique_ptr<MappingSource> source_;
  bool everything_;
  ModuleFiles files_;
  std::map<Pid, Known> processes_;
  size_t ended_ = 0;
  std::vector<MappingEvent> pending_;  // by time; younger than what `processes_` shows
  Nanos read_until_;                   // what happened before this has been read
};

}  // namespace slotscope
