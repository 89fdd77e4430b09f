#include "analyzer/findings/causes.h"

#include <algorithm>

namespace slotscope {
namespace {

// Where a cause of this kind has a place of its own: the features of such slots.
uint32_t places_of(CauseKind cause) {
  switch (cause) {
    case CauseKind::bar:
      return feature::bar | feature::rom_bar;
    case CauseKind::expansion_rom:
      return feature::rom_bar;
    case CauseKind::flash_mode:
      return feature::flash;
    default:
      return 0;
  }
}

}  // namespace

Cause CauseClassifier::classify(const CommitChanges& commit, const VmState& vm, Tid tid,
                                std::span<const std::string_view> functions) {
  if (!said_.empty() || !functions.empty()) return classify_anew(commit, vm, tid, functions);
  if (const Cause* known = memory_.find(commit, tid, reader_.generation())) return *known;
  const Cause cause = classify_anew(commit, vm, tid, functions);
  memory_.keep(commit, tid, reader_.generation(), cause);
  return cause;
}

Cause CauseClassifier::classify_anew(const CommitChanges& commit, const VmState& vm, Tid tid,
                                     std::span<const std::string_view> functions) {
  if (said_.guest_wrote()) reader_.guest_runs();
  CommitFeatures features = reader_.read(commit, vm, tid);
  Cause cause;
  const std::optional<Note> said = said_.say(features, commit);
  if (!functions.empty()) cause.rule = rule_for(functions, features);
  cause.from_stack = cause.rule != nullptr;
  if (!cause.rule) cause.rule = &rule_for(features);
  if (cause.rule->all_of >= feature::said_pam) cause.said = said;
  const uint32_t places = places_of(cause.rule->cause);
  if (const Slot* subject = places ? reader_.subject(commit, places) : nullptr) {
    cause.at = subject->gpa;
    cause.size = subject->size;
    cause.display = (subject->flags & slot_flag::log_dirty) != 0;
  }
  return cause;
}

CauseTotals& CausesBuilder::totals_of(const Cause& cause) {
  Key key{cause.rule->cause, cause.at};
  if (latest_ && key == latest_key_) return *latest_;
  auto found = totals_.find(key);
  if (found == totals_.end()) {
    Cause kept = cause;
    if (totals_.size() >= most_places) key.second = kept.at = std::nullopt;
    found = totals_.try_emplace(key, CauseTotals{.cause = kept}).first;
  }
  latest_key_ = key;
  return *(latest_ = &found->second);
}

void CausesBuilder::add(const Cause& cause, const Share& share) {
  CauseTotals& totals = totals_of(cause);
  // Of several rules that name this cause the surest speaks, and with it what the VMM said.
  if (cause.rule->confidence > totals.cause.rule->confidence) {
    totals.cause.rule = cause.rule;
    totals.cause.said = cause.said;
    totals.cause.from_stack = cause.from_stack;
  }
  totals.calls += share.calls;
  ++totals.commits;
  totals.torn_down += share.translation.torn_down;
  totals.collateral += share.translation.collateral;
  if (share.time) totals.time = totals.time.value_or(Nanos{0}) + *share.time;
  annotated_ |= cause.said.has_value();
  from_stacks_ |= cause.from_stack;
}

CauseFindings CausesBuilder::finish() const {
  CauseFindings findings{.causes = {}, .annotated = annotated_, .from_stacks = from_stacks_};
  for (const auto& [key, totals] : totals_) findings.causes.push_back(totals);
  std::stable_sort(findings.causes.begin(), findings.causes.end(),
                   [](const CauseTotals& a, const CauseTotals& b) { return a.calls > b.calls; });
  return findings;
}

}  // namespace slotscope
