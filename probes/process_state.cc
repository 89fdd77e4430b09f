#include "probes/process_state.h"

#include <fmt/format.h>
#include <signal.h>

#include <cerrno>
#include <charconv>
#include <string>

#include "analyzer/base/small_file.h"

namespace slotscope {
namespace {

// proc(5) counts fields from 1; the third is the first one behind the name.
constexpr int state_field = 3, threads_field = 20, began_field = 22;
constexpr int64_t ns_per_tick = 1'000'000'000 / 100;  // USER_HZ

std::optional<int64_t> number(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// When it can't be read, that may be for want of the right to.
bool is_known(Pid pid) { return kill(static_cast<pid_t>(pid.value), 0) == 0 || errno != ESRCH; }

std::optional<ProcessState> read_state(Pid pid) {
  return parse_process_state(read_small_file(fmt::format("/proc/{}/stat", pid.value)));
}

}  // namespace

std::optional<ProcessState> parse_process_state(std::string_view stat) {
  ProcessState found;
  const size_t name_end = stat.rfind(')');  // the name may have any character
  if (name_end == stat.npos) return std::nullopt;
  stat.remove_prefix(name_end + 1);
  for (int field = state_field; field <= began_field; ++field) {
    if (stat.empty() || stat.front() != ' ') return std::nullopt;
    stat.remove_prefix(1);
    const std::string_view text = stat.substr(0, stat.find_first_of(" \n"));
    stat.remove_prefix(text.size());
    if (field == state_field) {
      if (text.size() != 1) return std::nullopt;
      found.state = text.front();
      continue;
    }
    if (field != threads_field && field != began_field) continue;
    const std::optional<int64_t> value = number(text);
    if (!value) return std::nullopt;
    (field == threads_field ? found.threads : found.began_ticks) = *value;
  }
  return found;
}

WatchedProcess identify_process(Pid pid) {
  const std::optional<ProcessState> found = read_state(pid);
  return {pid, found ? Nanos{found->began_ticks * ns_per_tick} : Nanos{}};
}

bool process_lives(const WatchedProcess& process) {
  const std::optional<ProcessState> found = read_state(process.pid);
  if (!found) return is_known(process.pid);
  const bool same =
      process.began.value == 0 || process.began.value / ns_per_tick == found->began_ticks;
  return same && found->runs();
}

}  // namespace slotscope
