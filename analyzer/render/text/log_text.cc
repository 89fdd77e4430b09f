#include "analyzer/render/text/log_text.h"

#include <fmt/format.h>

#include <cerrno>
#include <string_view>

#include "analyzer/render/text/cause_text.h"
#include "analyzer/render/text/host_text.h"
#include "analyzer/render/text/note_text.h"
#include "analyzer/render/text/stack_text.h"
#include "analyzer/render/text/units_text.h"
#include "analyzer/render/text/wrapped_text.h"
#include "analyzer/render/words.h"

namespace slotscope {
namespace {

// The cells of a line, which is written millions of times: fmt's formats cost four times as much.
struct Cells {
  std::string_view call, commit, as, slot, update, range, size, mode, host;
};

void append_right(std::string& line, std::string_view text, size_t width) {
  line.append(width > text.size() ? width - text.size() : 0, ' ');
  line += text;
}

void append_left(std::string& line, std::string_view text, size_t width) {
  line += ' ';
  line += text;
  line.append(width > text.size() ? width - text.size() : 0, ' ');
}

void append_cells(std::string& line, const Cells& cells) {
  append_right(line, cells.call, 5);
  append_right(line, cells.commit, 7);
  append_right(line, cells.as, 3);
  append_right(line, cells.slot, 5);
  append_left(line, cells.update, 9);
  append_left(line, cells.range, 23);
  line += ' ';
  append_right(line, cells.size, 9);
  append_left(line, cells.mode, 6);
  append_left(line, cells.host, 11);
}

// Of a call with a bad pointer nothing is known.
bool is_blank(const Call& call) { return call.ret == -EFAULT && call.size.value == 0; }

std::string range_cell(const Slot& subject) {
  if (subject.size.value == 0) return fmt::format("{:#011x}-?", subject.gpa.value);
  return range_text(subject.range());
}

// What the line says about: the slot after the call, or the one that is gone.
Slot subject_of(const Call& call, const Update& update) {
  if (update.kind == UpdateKind::rejected) return Slot::from(call);
  return update.after ? *update.after : update.before.value_or(Slot::from(call));
}

// What a call proved that the trace had not shown.
const char* learnt_text(const Step& step) {
  switch (step.update->kind) {
    case UpdateKind::del:
      return "was created before the trace began";
    case UpdateKind::rejected:
      return step.call->ret == -EEXIST ? "a slot that the trace does not show is in the way"
                                       : "the trace does not show all slots";
    default:
      return "a lost call deleted what was here";
  }
}

std::string result_note(const Step& step) {
  const Update& update = *step.update;
  const int32_t ret = step.call->ret;
  std::string note;
  if (ret != 0) note = errno_text(ret);
  const auto add = [&](const std::string& text) { note += (note.empty() ? "" : "; ") + text; };
  if (update.implicit_delete && update.verdict == Verdict::agrees)
    add("hides the delete before it");
  if (update.verdict == Verdict::learnt) add(learnt_text(step));
  if (update.verdict == Verdict::disagrees) {
    add("KVM's rules say " + (update.predicted ? errno_text(update.predicted) : std::string("0")));
  }
  return note;
}

}  // namespace

LogText::LogText(std::ostream& out, const TraceInfo& trace, const Style& style)
    : out_(out), style_(style), timed_(trace.clock != Clock::none) {
  std::string head;
  append_cells(head, {"call", "commit", "as", "slot", "update", "range", "size", "mode", "host"});
  if (timed_) head += fmt::format("{:>9}", "time");
  if (timed_ && trace.faithful) head += fmt::format("{:>8}", "took");  // QEMU tells no durations
  head.erase(head.find_last_not_of(' ') + 1);
  out_ << style_.bold(head) << '\n';
}

void LogText::change_vm(VmId vm, Pid pid) {
  if (vm == vm_) return;
  vm_ = vm;
  cause_ = CauseKind::unknown;
  out_ << style_.bold(pid.value ? fmt::format("VM {} (pid {})", vm.value, pid.value)
                                : fmt::format("VM {}", vm.value))
       << '\n';
}

void LogText::other(const Event& event) {
  if (const Loss* loss = std::get_if<Loss>(&event)) {
    const std::string what = loss->count ? count_text(loss->count, "event", "events") : "events";
    out_ << style_.warn(fmt::format("      {} lost here: what follows is uncertain", what)) << '\n';
  } else if (const Annotation* seen = std::get_if<Annotation>(&event);
             seen && is_observed(seen->note)) {
    change_vm(seen->vm, {});
    out_ << style_.dim(wrapped_text(note_text(seen->note), 6, style_.width)) << '\n';
  } else if (const Call* call = std::get_if<Call>(&event);
             call && call->origin == Origin::snapshot) {
    change_vm(call->vm, call->pid);
    const Slot slot = Slot::from(*call);
    std::string line;
    append_cells(
        line, {"-", "-", std::to_string(slot.as.value), std::to_string(slot.id.value), "snapshot",
               range_cell(slot), size_text(slot.size), mode_text(slot.flags), ""});
    out_ << line << '\n';
  }
}

void LogText::cut_off() {
  out_ << style_.warn("      the trace is cut off here: what came later is not in it") << '\n';
}

void LogText::change_cause(CommitId commit, const Cause& cause) {
  if (cause.rule->cause == cause_ && cause.at == cause_at_) return;
  cause_ = cause.rule->cause;
  cause_at_ = cause.at;
  // What the VMM said stands in a line of its own.
  std::string text = fmt::format("commit {}: {}{}", commit.value,
                                 hedge_text(cause_, cause.rule->confidence), cause_text(cause));
  if (!cause.said) text += fmt::format("; {}", cause.rule->evidence);
  out_ << style_.dim(wrapped_text(text, 6, style_.width)) << '\n';
}

void LogText::stack(CallNumber call, StackId id) {
  constexpr const char* indent = "        ";
  const auto [shown, first] = shown_.try_emplace(id, call);
  if (!first) {
    out_ << style_.dim(fmt::format("{}the stack of call {}", indent, shown->second.value)) << '\n';
    return;
  }
  for (const std::string& line : stack_lines(*stacks_, id)) {
    out_ << style_.dim(indent + line) << '\n';
  }
}

// "a hole of 3.0 GiB at 0x0 until call 8, for 553 us; the commit changes 256 KiB"
void LogText::holes(const CommitSummary& effect) {
  constexpr const char* idle = "idle: KVM's view stays as it was";
  if (effect.holes.empty()) {
    if (effect.idle) out_ << style_.dim(std::string(6, ' ') + idle) << '\n';
    return;
  }
  Bytes size;
  CallNumber last;
  std::optional<Nanos> longest;
  for (const Hole& hole : effect.holes) {
    size += hole.range.size();
    last = std::max(last, hole.calls.last);
    if (hole.duration) longest = std::max(longest.value_or(Nanos{0}), *hole.duration);
  }
  const size_t count = effect.holes.size();
  std::string text = count == 1 ? fmt::format("a hole of {} at {}", size_text(size),
                                              address_text(effect.holes[0].range.begin.value))
                                : fmt::format("{} holes, {} in all,", count, size_text(size));
  text += fmt::format(" until call {}", last.value);
  if (longest) text += (count == 1 ? ", for " : ", the longest ") + duration_text(*longest);
  const Bytes changed = effect.translation.changed;
  if (effect.idle) {
    text += std::string("; ") + idle;
  } else {
    text += "; the commit changes " + (changed.value ? size_text(changed) : std::string("nothing"));
  }
  out_ << style_.dim(wrapped_text(text, 6, style_.width)) << '\n';
}

void LogText::call(const LogItem& item) {
  const LogEntry& entry = item.entry;
  const Step& step = entry.step;
  const Call& call = *step.call;
  change_vm(call.vm, call.pid);
  if (item.cause) change_cause(step.commit, *item.cause);
  const Note* reason = nullptr;
  for (const Annotation& annotation : entry.notes) {
    if (!std::holds_alternative<MemslotIoctl>(annotation.note)) reason = &annotation.note;
  }
  if (reason) out_ << style_.dim(wrapped_text(note_text(*reason), 6, style_.width)) << '\n';
  if (item.effect) holes(*item.effect);
  const Slot subject = subject_of(call, *step.update);
  std::string& text = line_;
  text.clear();
  const bool nothing = subject.size.value == 0;
  if (is_blank(call)) {
    append_cells(text, {std::to_string(step.number.value), std::to_string(step.commit.value), "?",
                        "?", kind_word(step.update->kind), "?", "?", "", ""});
  } else {
    append_cells(text, {std::to_string(step.number.value), std::to_string(step.commit.value),
                        std::to_string(call.as.value), std::to_string(call.slot.value),
                        kind_word(step.update->kind), range_cell(subject),
                        nothing ? "?" : size_text(subject.size), mode_text(subject.flags),
                        host_text(entry.host)});
  }
  if (timed_) {
    append_right(text, entry.since_first ? seconds_text(*entry.since_first) : "", 9);
    if (call.duration) append_right(text, duration_text(*call.duration), 8);
  }
  text.erase(text.find_last_not_of(' ') + 1);
  out_ << text;
  if (const std::string note = result_note(step); !note.empty()) {
    const auto& paint = step.update->verdict == Verdict::disagrees ? &Style::error : &Style::warn;
    const bool fits = text.size() + 2 + note.size() <= style_.width;
    out_ << (fits ? "  " : "\n")
         << (style_.*paint)(fits ? note : wrapped_text(note, 8, style_.width));
  }
  out_ << '\n';
  if (stacks_ && call.stack.value != 0) stack(step.number, call.stack);
}

}  // namespace slotscope
