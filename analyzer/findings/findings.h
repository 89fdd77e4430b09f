// The findings of a trace, VM by VM.
#pragma once

#include <map>
#include <memory>

#include "analyzer/event/event.h"
#include "analyzer/findings/vm_findings.h"
#include "analyzer/model/model.h"

namespace slotscope {

class FindingsBuilder {
 public:
  explicit FindingsBuilder(const TraceClues& clues = {}) : clues_(clues) {}

  // `step` is what the model made of the event.
  void add(const Event& event, const Step* step);
  std::map<VmId, VmFindings> finish(const Model& model);

 private:
  VmFindingsBuilder& vm(VmId id);

  TraceClues clues_;
  std::map<VmId, std::unique_ptr<VmFindingsBuilder>> vms_;
  VmId latest_id_{0};
  VmFindingsBuilder* latest_ = nullptr;  // most calls follow one of the same VM
};

}  // namespace slotscope
