#include "analyzer/diff/diff_trace.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "analyzer/base/mixed.h"

namespace slotscope {
namespace {

// Without the host address: whether memory is the same is settled when both traces are known.
Token token_of(const Slot& slot, UpdateKind kind, int32_t ret) {
  const uint64_t what = static_cast<uint64_t>(kind) << 32 | static_cast<uint32_t>(ret);
  return mixed(mixed(mixed(mixed(what, slot.gpa.value), slot.size.value), slot.flags),
               slot.guest_memfd_offset.value);
}

// Marks the calls of address space 1 that repeat one of address space 0, one to one.
void mark_mirrors(std::vector<DiffCall>& calls, const std::vector<size_t>& commit) {
  const auto identity = [&](size_t i) {
    const DiffCall& call = calls[i];
    return std::tuple(call.kind, call.subject.gpa, call.subject.size, call.subject.hva);
  };
  const auto before = [&](size_t a, size_t b) { return identity(a) < identity(b); };
  std::vector<size_t> normal, smm;
  for (const size_t i : commit) {
    const bool update =
        calls[i].kind != UpdateKind::no_change && calls[i].kind != UpdateKind::rejected;
    if (update && calls[i].subject.as.value == 0) normal.push_back(i);
    if (update && calls[i].subject.as.value == 1) smm.push_back(i);
  }
  std::sort(normal.begin(), normal.end(), before);
  std::sort(smm.begin(), smm.end(), before);
  std::vector<size_t> mirrors;
  std::set_intersection(smm.begin(), smm.end(), normal.begin(), normal.end(),
                        std::back_inserter(mirrors), before);
  for (const size_t i : mirrors) calls[i].mirror = true;
}

}  // namespace

VmFindingsBuilder& DiffTraceBuilder::vm(VmId id) {
  std::unique_ptr<VmFindingsBuilder>& entry = vms_[id];
  if (!entry) {
    entry = std::make_unique<VmFindingsBuilder>(clues_);
    entry->on_commit([this, id](const FinishedCommit& commit) { commit_ended(id, commit); });
  }
  return *entry;
}

void DiffTraceBuilder::commit_ended(VmId vm, const FinishedCommit& commit) {
  std::vector<size_t>& calls = open_[vm];
  for (const size_t i : calls) {
    const CauseRule& rule = *commit.cause_of(trace_.calls[i].call).rule;
    trace_.calls[i].cause = rule.cause;
    trace_.calls[i].confidence = rule.confidence;
  }
  mark_mirrors(trace_.calls, calls);
  calls.clear();
}

void DiffTraceBuilder::add(const Event& event, const Step* step) {
  totals_.add(event, step);
  if (!step) {
    const Annotation* annotation = std::get_if<Annotation>(&event);
    if (annotation) vm(annotation->vm).note(*annotation);
    const Call* call = std::get_if<Call>(&event);
    if (call) hosts_[call->vm].place(call->hva, call->size);
    return;
  }
  const Call& call = *step->call;
  const Update& update = *step->update;
  vm(call.vm).add(*step);
  DiffCall entry{.subject = update.after ? *update.after : update.before.value_or(Slot::from(call)),
                 .call = step->number,
                 .commit = step->commit,
                 .vm = call.vm,
                 .kind = update.kind};
  entry.guest = token_of(entry.subject, update.kind, call.ret);
  // A delete of a slot that the trace never showed may carry any address.
  entry.host_known = update.after || update.before || call.size.value > 0;
  if (entry.host_known) hosts_[call.vm].place(entry.subject.hva, entry.subject.size);
  open_[call.vm].push_back(trace_.calls.size());
  trace_.calls.push_back(entry);
}

// Now that every call is known, and with it which blocks are one.
void DiffTraceBuilder::name_hosts() {
  for (DiffCall& call : trace_.calls) {
    if (call.host_known) call.region = hosts_[call.vm].place(call.subject.hva, {0}).region;
  }
  for (auto& [key, slots] : trace_.final_slots) {
    for (DiffSlot& slot : slots) slot.region = hosts_[key.vm].place(slot.slot.hva, {0}).region;
  }
}

DiffTrace DiffTraceBuilder::finish(const Model& model) {
  trace_.totals = totals_.finish(model);
  for (const auto& [id, tracked] : model.vms()) {
    if (const auto builder = vms_.find(id); builder != vms_.end()) {
      trace_.findings[id] = builder->second->finish(tracked->state);
    }
    for (const auto& space : tracked->state.address_spaces()) {
      std::vector<DiffSlot>& slots = trace_.final_slots[{id, space->id}];
      HostRegions& regions = hosts_[id];
      space->slots.for_each([&](const Slot& slot) {
        regions.place(slot.hva, slot.size);
        slots.push_back({.slot = slot});
      });
    }
  }
  name_hosts();
  return std::move(trace_);
}

void DiffTraceBuilder::call_it(VmId vm, DiffTrace& trace) {
  std::map<SpaceKey, std::vector<DiffSlot>> slots;
  for (auto& [key, of] : trace.final_slots) {
    trace.only = key.vm;
    slots[{vm, key.as}] = std::move(of);
  }
  trace.final_slots = std::move(slots);
  for (DiffCall& call : trace.calls) trace.only = std::exchange(call.vm, vm);
}

}  // namespace slotscope
