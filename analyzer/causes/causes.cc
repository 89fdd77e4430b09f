#include "analyzer/causes/causes.h"

#include <algorithm>

namespace slotscope {
namespace {

// Where a cause of this kind has a place of its own: the features of such slots.
Features places_of(CauseKind cause) {
  switch (cause) {
    case CauseKind::bar:
      return feature::bar | feature::rom_bar | feature::device_memory;
    case CauseKind::expansion_rom:
      return feature::rom_bar;
    case CauseKind::flash_mode:
      return feature::flash;
    default:
      return {};
  }
}

}  // namespace

void CauseClassifier::note(const Annotation& annotation) {
  const bool by_qemu =
      !is_observed(annotation.note) && !std::holds_alternative<MemslotIoctl>(annotation.note);
  if (by_qemu) reader_.is_qemu();
  notes_.add(annotation);
}

std::vector<std::string_view> CauseClassifier::functions_of(StackId stack) const {
  if (!stacks_ || stack.value == 0) return {};
  return stacks_->functions(stack);
}

// Reading a commit's features is the most expensive part, and a guest that toggles a BAR or a flash
// chip makes the same commit thousands of times.
std::shared_ptr<const CommitCauses> CauseClassifier::classify(const CommitEffect& effect,
                                                              const OpenCommit& commit,
                                                              const VmState& vm,
                                                              KnownCauses& memory) {
  const bool has_stack = stacks_ && commit.stack().value != 0;
  if (!said_.empty() || has_stack) {
    return std::make_shared<const CommitCauses>(classify_anew(effect, commit, vm));
  }
  const uint32_t before = reader_.generation();
  for (const KnownCauses::Answer& answer : memory.answers) {
    if (answer.generation == before && answer.tid == commit.tid()) return answer.causes;
  }
  auto causes = std::make_shared<const CommitCauses>(classify_anew(effect, commit, vm));
  // What turns dirty logging on has to be read each time.
  const bool flips = causes->of(0).rule->cause == CauseKind::dirty_logging;
  if (reader_.generation() == 0 || reader_.generation() != before || flips) return causes;
  if (memory.answers.size() < KnownCauses::most) memory.answers.emplace_back();
  memory.answers[memory.next] = {commit.tid(), reader_.generation(), causes};
  memory.next = (memory.next + 1) % KnownCauses::most;
  return causes;
}

CommitCauses CauseClassifier::classify_anew(const CommitEffect& effect, const OpenCommit& commit,
                                            const VmState& vm) {
  if (said_.guest_wrote()) reader_.guest_runs();
  const std::vector<std::string_view> functions = functions_of(commit.stack());
  if (names_qemu(functions)) reader_.is_qemu();
  const Features features = reader_.read(effect, commit, vm);
  std::vector<CommitPart> parts = parts_of(effect, reader_, features);
  if (parts.empty()) return CommitCauses(name(effect, features, functions));
  std::vector<std::pair<CommitPart, Cause>> named;
  for (CommitPart& part : parts) {
    const StackId stack = commit.entries()[part.calls.front()].stack;
    const Cause cause = name(part.effect, reader_.read_part(part.effect), functions_of(stack));
    named.emplace_back(std::move(part), cause);
  }
  return CommitCauses(std::move(named));
}

Cause CauseClassifier::name(const CommitEffect& part, Features features,
                            std::span<const std::string_view> functions) const {
  Cause cause;
  const std::optional<Note> said = said_.say(features, part);
  if (!functions.empty()) cause.rule = rule_for(functions, features);
  cause.from_stack = cause.rule != nullptr;
  if (!cause.rule) cause.rule = &rule_for(features);
  if (cause.rule->all_of.any(feature::said)) cause.said = said;
  cause.any_vmm = features.has(feature::not_qemu);
  const Features places = places_of(cause.rule->cause);
  if (const Slot* subject = !places.empty() ? reader_.subject(part, places) : nullptr) {
    cause.at = subject->gpa;
    cause.size = subject->size;
    cause.display = reader_.is_display(*subject);
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
  known_vmm_ |= !cause.any_vmm;
  Confidence& least = cause.any_vmm ? totals.in_doubt : totals.confidence;
  least = std::min(least, cause.rule->confidence);
  totals.calls += share.calls;
  ++totals.commits;
  totals.collateral_commits += share.translation.collateral.value > 0;
  totals.torn_down += share.translation.torn_down;
  totals.collateral += share.translation.collateral;
  if (share.time) totals.time = totals.time.value_or(Nanos{0}) + *share.time;
  annotated_ |= cause.said.has_value();
  from_stacks_ |= cause.from_stack;
}

CauseFindings CausesBuilder::finish() const {
  CauseFindings findings{.causes = {}, .annotated = annotated_, .from_stacks = from_stacks_};
  for (const auto& [key, totals] : totals_) {
    findings.causes.push_back(totals);
    // A VMM that proves to be QEMU in the end was QEMU when it began.
    const bool resolved = known_vmm_ && totals.in_doubt == Confidence::low;
    Confidence& least = findings.causes.back().confidence;
    least = std::min(
        least, resolved && key.first != CauseKind::unknown ? Confidence::medium : totals.in_doubt);
  }
  std::stable_sort(findings.causes.begin(), findings.causes.end(),
                   [](const CauseTotals& a, const CauseTotals& b) { return a.calls > b.calls; });
  return findings;
}

}  // namespace slotscope
