// QEMU trace text: kvm_set_user_memory and the events that explain it, with any prefix.
#include <string>
#include <vector>

#include "analyzer/format/formats.h"
#include "analyzer/format/qemu/commit_marker.h"
#include "analyzer/format/qemu/known_calls.h"
#include "analyzer/format/qemu/qemu_event_text.h"
#include "analyzer/format/qemu/qemu_prefix.h"
#include "analyzer/format/text_source.h"
#include "analyzer/format/vm_by_pid.h"

namespace slotscope {
namespace {

struct Located {
  QemuTextEvent event = QemuTextEvent::none;
  std::string_view body;
  size_t prefix = 0;  // length of what stands before the event name
};

bool is_call(std::string_view body) {
  return body.starts_with("Slot#") || body.starts_with("AddrSpace#");
}

// Whether an event name may begin at `at`: at the start or behind what ends a prefix. What goes on
// as QEMU's own text does may begin anywhere: a guest's serial output may stand before it.
bool may_begin(std::string_view line, size_t at, std::string_view body) {
  return at == 0 || line[at - 1] == ' ' || line[at - 1] == ':' || line[at - 1] == '=' ||
         is_call(body);
}

// Finds the event of a line. Most lines are bare or have a prefix without blanks or one ending in
// ": "; only the kvm_set_user_memory of a line that no known prefix explains is searched for.
Located locate(std::string_view line) {
  constexpr std::string_view call = "kvm_set_user_memory ";
  if (line.starts_with(call)) {
    return {QemuTextEvent::kvm_set_user_memory, line.substr(call.size()), 0};
  }
  Located found;
  const auto try_at = [&](size_t at) {
    found.event = qemu_event_at(line.substr(at), found.body);
    found.prefix = at;
    return found.event != QemuTextEvent::none;
  };
  if (try_at(0)) return found;
  for (size_t colon = line.find(':'); colon != std::string_view::npos;
       colon = line.find(':', colon + 1)) {
    if (try_at(colon + 1)) return found;
    if (colon + 1 < line.size() && line[colon + 1] == ' ' && try_at(colon + 2)) return found;
  }
  constexpr std::string_view digits = "0123456789";
  if (digits.find(line.empty() ? 'x' : line[0]) != std::string_view::npos) {
    const size_t blank = line.find(' ');  // ISO 8601 and SystemTap prefixes end in one
    if (blank != std::string_view::npos && try_at(blank + 1)) return found;
  }
  for (size_t at = line.find(call); at != std::string_view::npos; at = line.find(call, at + 1)) {
    if (may_begin(line, at, line.substr(at + call.size())) && try_at(at)) return found;
  }
  found.event = QemuTextEvent::none;
  return found;
}

// The prefix of the log backend's time stamps, "TID@SEC.USEC:". Lines of one thread in one second
// differ in six digits.
class LatestPrefix {
 public:
  // Learns from a prefix that has been parsed.
  void learn(std::string_view text, const QemuPrefix& prefix);
  // The length of the prefix that `line` begins with, when it is known but for its digits; 0 when
  // it is not.
  size_t match(std::string_view line, QemuPrefix& prefix) const;

 private:
  static constexpr size_t digits = 6;
  static std::optional<uint32_t> micros(const char* text);

  std::string start_;  // "TID@SEC."
  QemuPrefix parsed_;
  Nanos second_;
};

std::optional<uint32_t> LatestPrefix::micros(const char* text) {
  uint32_t value = 0;
  for (size_t i = 0; i < digits; ++i) {
    const uint32_t digit = static_cast<unsigned char>(text[i]) - uint32_t{'0'};
    if (digit > 9) return std::nullopt;
    value = value * 10 + digit;
  }
  return value;
}

void LatestPrefix::learn(std::string_view text, const QemuPrefix& prefix) {
  const size_t dot = text.find('.');
  const bool fits = prefix.time && prefix.tid.value != 0 && text.find('@') < dot &&
                    dot != std::string_view::npos && text.size() == dot + 1 + digits + 1 &&
                    text.find(':') == text.size() - 1;
  const std::optional<uint32_t> fraction = fits ? micros(text.data() + dot + 1) : std::nullopt;
  if (!fraction) return;
  start_ = text.substr(0, dot + 1);
  parsed_ = prefix;
  second_ = *prefix.time - Nanos{int64_t{*fraction} * 1000};
}

size_t LatestPrefix::match(std::string_view line, QemuPrefix& prefix) const {
  const size_t size = start_.size() + digits + 1;
  if (start_.empty() || line.size() <= size || line[size - 1] != ':' || !line.starts_with(start_)) {
    return 0;
  }
  const std::optional<uint32_t> fraction = micros(line.data() + start_.size());
  if (!fraction) return 0;
  prefix = parsed_;
  prefix.time = second_ + Nanos{int64_t{*fraction} * 1000};
  return size;
}

class QemuTextSource : public TextSource {
 public:
  using TextSource::TextSource;

 private:
  Line parse(Cursor& cursor, std::string_view line, EventBatch& batch) override;
  bool repeats(std::string_view line, EventBatch& batch);
  Line parse_call(Cursor& cursor, std::string_view line, const Located& at,
                  const QemuPrefix& prefix, EventBatch& batch);
  void emit(Call& call, const QemuPrefix& prefix, EventBatch& batch);

  VmId vm_of(const QemuPrefix& prefix);
  CommitMarker& marker(VmId vm);

  VmByPid vms_;
  std::vector<CommitMarker> markers_;  // by VM ordinal
  LatestPrefix latest_prefix_;
  KnownCalls known_;
};

// Threads are all that most prefixes tell: a log without process ids is of one QEMU.
VmId QemuTextSource::vm_of(const QemuPrefix& prefix) {
  return prefix.pid.value == 0 ? VmId{1} : vms_.of(prefix.pid);
}

CommitMarker& QemuTextSource::marker(VmId vm) {
  if (markers_.size() < vm.value) markers_.resize(vm.value);
  return markers_[vm.value - 1];
}

void QemuTextSource::emit(Call& call, const QemuPrefix& prefix, EventBatch& batch) {
  call.time = prefix.time;
  call.pid = prefix.pid;
  call.tid = prefix.tid;
  call.vm = vm_of(prefix);
  CommitMarker& commits = marker(call.vm);
  if (const auto mark = commits.before_call(call.vm, call.tid)) batch.emplace_back(*mark);
  call.commit = commits.current();
  batch.emplace_back(call);
}

TextSource::Line QemuTextSource::parse_call(Cursor& cursor, std::string_view line,
                                            const Located& at, const QemuPrefix& prefix,
                                            EventBatch& batch) {
  Call call;
  cursor.skip(at.body.data() - cursor.rest().data());
  const std::string_view text = line.substr(at.prefix);
  if (const Call* known = known_.find(text)) {
    call = *known;
  } else {
    if (!parse_set_user_memory(cursor, call)) return Line::bad;
    known_.learn(text, call);
  }
  latest_prefix_.learn(line.substr(0, at.prefix), prefix);
  emit(call, prefix, batch);
  return Line::used;
}

// Nearly every line of a long log: a call whose text has come before, bare or behind a prefix that
// has come before but for the time.
bool QemuTextSource::repeats(std::string_view line, EventBatch& batch) {
  QemuPrefix prefix;
  const size_t at = latest_prefix_.match(line, prefix);
  const Call* known = known_.find(line.substr(at));
  if (!known) return false;
  Call call = *known;
  emit(call, prefix, batch);
  return true;
}

TextSource::Line QemuTextSource::parse(Cursor& cursor, std::string_view line, EventBatch& batch) {
  if (repeats(line, batch)) return Line::used;
  const Located at = locate(line);
  if (at.event == QemuTextEvent::none) return Line::skipped;
  const QemuPrefix prefix =
      at.prefix == 0 ? QemuPrefix{} : parse_qemu_prefix(line.substr(0, at.prefix));
  if (at.event == QemuTextEvent::kvm_set_user_memory)
    return parse_call(cursor, line, at, prefix, batch);
  const VmId vm = vm_of(prefix);
  if (at.event == QemuTextEvent::flatview_new) {
    marker(vm).boundary(prefix.time);
    return Line::used;
  }
  const std::optional<Note> note = parse_note(at.event, at.body);
  if (!note) return Line::skipped;
  if (std::holds_alternative<MemslotIoctl>(*note)) {
    // Of the call that comes next, so in its commit.
    if (const auto mark = marker(vm).before_call(vm, prefix.tid)) batch.emplace_back(*mark);
  }
  batch.emplace_back(Annotation{.time = prefix.time, .vm = vm, .tid = prefix.tid, .note = *note});
  return Line::used;
}

// The first call in `head`; its prefix tells the clock of the whole trace.
std::optional<QemuPrefix> first_call(std::string_view head) {
  for (size_t begin = 0; begin < head.size();) {
    const size_t end = std::min(head.find('\n', begin), head.size());
    const std::string_view line = head.substr(begin, end - begin);
    const Located at = locate(line);
    if (at.event == QemuTextEvent::kvm_set_user_memory && is_call(at.body)) {
      return parse_qemu_prefix(line.substr(0, at.prefix));
    }
    begin = end + 1;
  }
  return std::nullopt;
}

// A log with only the events around the calls is recognised too: it says that there were none.
bool recognise(std::string_view head) {
  if (first_call(head)) return true;
  for (size_t begin = 0; begin < head.size();) {
    const size_t end = std::min(head.find('\n', begin), head.size());
    if (locate(head.substr(begin, end - begin)).event != QemuTextEvent::none) return true;
    begin = end + 1;
  }
  return false;
}

Result<std::unique_ptr<Source>> open(std::unique_ptr<PeekedSource> bytes, TraceInfo info,
                                     const ReadOptions& options) {
  info.faithful = false;
  if (const auto prefix = first_call(bytes->head())) info.clock = prefix->clock;
  std::unique_ptr<Source> source =
      std::make_unique<QemuTextSource>(std::move(bytes), std::move(info), options);
  return source;
}

}  // namespace

const Format qemu_text_format = {
    .name = "qemu", .title = "QEMU trace text", .recognise = recognise, .open = open};

}  // namespace slotscope
