#include "analyzer/findings/diff_trace.h"

#include <algorithm>
#include <tuple>

namespace slotscope {
namespace {

Token mixed(Token hash, uint64_t value) {
  hash = (hash ^ value) * 0x9e3779b97f4a7c15;
  return hash ^ hash >> 29;
}

Token token_of(const Slot& slot, Token host) {
  return mixed(mixed(mixed(mixed(host, slot.gpa.value), slot.size.value), slot.flags),
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

Token DiffTraceBuilder::HostNames::named(const HostPlace& place) const {
  const Token name = place.region < names_.size() ? names_[place.region] : 0;
  return mixed(name + place.below, place.offset.value);
}

Token DiffTraceBuilder::HostNames::place(const Slot& slot) {
  const HostPlace place = regions_.place(slot.hva, slot.size);
  if (place.region != UINT32_MAX && place.region >= names_.size()) {
    names_.resize(place.region + 1, mixed(slot.gpa.value, slot.size.value));
  }
  return named(place);
}

VmFindingsBuilder& DiffTraceBuilder::vm(VmId id) {
  std::unique_ptr<VmFindingsBuilder>& entry = vms_[id];
  if (!entry) {
    entry = std::make_unique<VmFindingsBuilder>();
    entry->on_commit([this, id](const FinishedCommit& commit) { commit_ended(id, commit); });
  }
  return *entry;
}

void DiffTraceBuilder::commit_ended(VmId vm, const FinishedCommit& commit) {
  std::vector<size_t>& calls = open_[vm];
  for (const size_t i : calls) trace_.calls[i].cause = commit.cause.rule->cause;
  mark_mirrors(trace_.calls, calls);
  calls.clear();
}

void DiffTraceBuilder::add(const Event& event, const Step* step) {
  totals_.add(event, step);
  if (!step) {
    const Annotation* annotation = std::get_if<Annotation>(&event);
    if (annotation) vm(annotation->vm).note(*annotation);
    const Call* call = std::get_if<Call>(&event);
    if (call) hosts_[call->vm].place(Slot::from(*call));
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
  const Token host = hosts_[call.vm].place(entry.subject);
  const uint64_t what = static_cast<uint64_t>(update.kind) << 32 | static_cast<uint32_t>(call.ret);
  entry.token = mixed(token_of(entry.subject, host), what);
  open_[call.vm].push_back(trace_.calls.size());
  trace_.calls.push_back(entry);
}

DiffTrace DiffTraceBuilder::finish(const Model& model) {
  trace_.totals = totals_.finish(model);
  for (const auto& [id, tracked] : model.vms()) {
    if (const auto builder = vms_.find(id); builder != vms_.end()) {
      trace_.findings[id] = builder->second->finish(tracked->state);
    }
    for (const auto& space : tracked->state.address_spaces()) {
      std::vector<DiffSlot>& slots = trace_.final_slots[{id, space->id}];
      HostNames& hosts = hosts_[id];
      space->slots.for_each([&](const Slot& slot) {
        slots.push_back({slot, hosts.region_of(slot)});
      });
    }
  }
  return std::move(trace_);
}

}  // namespace slotscope
