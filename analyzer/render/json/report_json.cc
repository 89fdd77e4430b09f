#include "analyzer/render/json/report_json.h"

#include "analyzer/event/words.h"
#include "analyzer/render/json/finding_json.h"

namespace slotscope {
namespace {

Json updates_json(const UpdateCounts& counts) {
  return {{"create", counts.create},
          {"delete", counts.del},
          {"move", counts.move},
          {"flags", counts.flags},
          {"no_change", counts.no_change},
          {"rejected", counts.rejected},
          {"implicit_delete", counts.implicit_delete}};
}

Json space_json(const SpaceTotals& space) {
  return {{"as", space.as.value},
          {"calls", space.calls},
          {"updates", updates_json(space.updates)},
          {"slots_peak", space.slots_peak},
          {"slots_final", space.slots_final},
          {"bytes_mapped_final", space.mapped_final.value},
          {"metadata_bytes_peak", space.metadata_peak.value},
          {"time_in_calls_ns", time_json(space.time_in_calls)}};
}

Json vm_json(const VmTotals& vm, const VmFindings& findings, const KernelProfile& kernel) {
  Json spaces = Json::array();
  for (const SpaceTotals& space : vm.spaces) spaces.push_back(space_json(space));
  return {{"vm", vm.vm.value},
          {"pid", vm.pid.value ? Json(vm.pid.value) : Json(nullptr)},
          {"calls", vm.calls},
          {"commits", vm.commits_recorded ? "recorded" : "inferred"},
          {"commit_count", vm.commits},
          {"learnt_slots", vm.learnt_slots},
          {"address_spaces", std::move(spaces)},
          {"causes", causes_json(findings.causes)},
          {"phases", phases_json(findings.phases)},
          {"findings", finding_totals_json(vm, findings, kernel)},
          {"finding_list", finding_list_json(vm, findings)},
          {"finding_list_most", most_listed}};
}

}  // namespace

Json report_json(const Report& report) {
  const Totals& totals = report.totals;
  Json vms = Json::array();
  for (const VmTotals& vm : totals.vms) {
    vms.push_back(vm_json(vm, report.findings.at(vm.vm), report.kernel));
  }
  return {{"schema", "slotscope.report/1"},
          {"trace",
           {{"path", report.trace.path},
            {"format", report.trace.format},
            {"calls", totals.calls},
            {"skipped_lines", report.summary.skipped_lines},
            {"bad_lines", report.summary.bad_lines},
            {"lost", totals.lost.events},
            {"whole", report.completeness().whole()},
            {"end", word_of(report.summary.ending)},
            {"first_ns", time_json(totals.first)},
            {"last_ns", time_json(totals.last)}}},
          {"kernel", report.kernel.name},
          {"kernel_assumed", report.kernel_assumed},
          {"vms", std::move(vms)}};
}

}  // namespace slotscope
