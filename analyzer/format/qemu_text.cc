// QEMU trace text: kvm_set_user_memory and the events that explain it, with any prefix.
#include <string>
#include <vector>

#include "analyzer/format/commit_marker.h"
#include "analyzer/format/formats.h"
#include "analyzer/format/qemu_event_text.h"
#include "analyzer/format/qemu_prefix.h"
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

class QemuTextSource : public TextSource {
 public:
  using TextSource::TextSource;

 private:
  Line parse(Cursor& cursor, std::string_view line, EventBatch& batch) override;
  Line parse_call(Cursor& cursor, const Located& at, const QemuPrefix& prefix, EventBatch& batch);

  VmId vm_of(const QemuPrefix& prefix);
  CommitMarker& marker(VmId vm);

  VmByPid vms_;
  std::vector<CommitMarker> markers_;  // by VM ordinal
};

// Threads are all that most prefixes tell: a log without process ids is of one QEMU.
VmId QemuTextSource::vm_of(const QemuPrefix& prefix) {
  return prefix.pid.value == 0 ? VmId{1} : vms_.of(prefix.pid);
}

CommitMarker& QemuTextSource::marker(VmId vm) {
  if (markers_.size() < vm.value) markers_.resize(vm.value);
  return markers_[vm.value - 1];
}

TextSource::Line QemuTextSource::parse_call(Cursor& cursor, const Located& at,
                                            const QemuPrefix& prefix, EventBatch& batch) {
  Call call;
  cursor.skip(at.body.data() - cursor.rest().data());
  if (!parse_set_user_memory(cursor, call)) return Line::bad;
  call.time = prefix.time;
  call.pid = prefix.pid;
  call.tid = prefix.tid;
  call.vm = vm_of(prefix);
  CommitMarker& commits = marker(call.vm);
  if (const auto mark = commits.before_call(call.vm, call.tid)) batch.emplace_back(*mark);
  call.commit = commits.current();
  batch.emplace_back(call);
  return Line::used;
}

TextSource::Line QemuTextSource::parse(Cursor& cursor, std::string_view line, EventBatch& batch) {
  const Located at = locate(line);
  if (at.event == QemuTextEvent::none) return Line::skipped;
  const QemuPrefix prefix =
      at.prefix == 0 ? QemuPrefix{} : parse_qemu_prefix(line.substr(0, at.prefix));
  if (at.event == QemuTextEvent::kvm_set_user_memory) return parse_call(cursor, at, prefix, batch);
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
