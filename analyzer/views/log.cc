#include "analyzer/views/log.h"

#include <utility>

namespace slotscope {

void LogBuilder::add_note(const Annotation& annotation) {
  Pending& pending = pending_[annotation.vm];
  // The newest say most about the call to come.
  if (pending.notes.size() == 2 * LogEntry::most_notes) {
    pending.notes.erase(pending.notes.begin(), pending.notes.begin() + LogEntry::most_notes);
    pending.left_out += LogEntry::most_notes;
  }
  pending.notes.push_back(annotation);
}

const LogEntry* LogBuilder::add(const Event& event, const Step* step) {
  const Annotation* annotation = std::get_if<Annotation>(&event);
  if (annotation && !is_observed(annotation->note)) add_note(*annotation);
  if (const Call* call = std::get_if<Call>(&event); call && !step)
    regions_.place(call->hva, call->size);
  if (!step) return nullptr;
  const Call& call = *step->call;
  const Update& update = *step->update;
  if (!first_) first_ = call.time;
  entry_.step = *step;
  const Slot subject = update.after ? *update.after : update.before.value_or(Slot::from(call));
  entry_.host = regions_.place(subject.hva, subject.size);
  entry_.since_first =
      call.time && first_ ? std::optional<Nanos>(*call.time - *first_) : std::nullopt;
  entry_.notes.clear();
  entry_.notes_left_out = 0;
  if (const auto found = pending_.find(call.vm); found != pending_.end()) {
    std::swap(entry_.notes, found->second.notes);
    entry_.notes_left_out = std::exchange(found->second.left_out, 0);
    found->second.notes.clear();
  }
  if (entry_.notes.size() > LogEntry::most_notes) {
    const size_t surplus = entry_.notes.size() - LogEntry::most_notes;
    entry_.notes.erase(entry_.notes.begin(),
                       entry_.notes.begin() + static_cast<ptrdiff_t>(surplus));
    entry_.notes_left_out += surplus;
  }
  return &entry_;
}

}  // namespace slotscope
