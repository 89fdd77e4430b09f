// Where the time inside a VM's calls went, and what the guest paid after them, by kind of update.
#pragma once

#include <optional>
#include <vector>

#include "analyzer/event/annotation.h"
#include "analyzer/model/model.h"

namespace slotscope {

struct KindPhases {
  UpdateKind kind = UpdateKind::create;
  uint64_t calls = 0;  // whose phases are known
  Nanos inside;        // entry to exit of these
  CallPhases phases;   // their sums; a count that would not fit stays at its largest
  GuestCost then;
};

struct PhaseFindings {
  std::vector<KindPhases> kinds;  // in the order of UpdateKind; empty without record --phases
};

class PhasesBuilder {
 public:
  void add(const Step& step);
  void note(const Annotation& annotation);
  PhaseFindings finish() const;

 private:
  KindPhases& of(UpdateKind kind);
  void add_phases(const CallPhases& phases);

  struct Latest {
    UpdateKind kind = UpdateKind::create;
    Tid tid;
    std::optional<Nanos> duration;
  };
  std::optional<Latest> latest_;
  std::vector<KindPhases> kinds_;  // one for each UpdateKind, as soon as anything is known
  bool any_ = false;
};

}  // namespace slotscope
