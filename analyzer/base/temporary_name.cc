#include "analyzer/base/temporary_name.h"

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <iterator>
#include <utility>

namespace slotscope {
namespace {

// What ends a process that does not say otherwise, and that users and their tools send.
constexpr int ends[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGALRM, SIGXCPU};

// A handler can reach nothing but globals. A process has one output at a time; more than these
// would merely not be removed by a signal.
std::atomic<char*> names[4];
std::atomic<int> used = 0;

// While a file has been made and its name is not known here yet, a signal waits.
std::atomic<bool> making = false;
std::atomic<int> waiting = 0;

void remove_all_and_end(int signal) {
  waiting = signal;
  if (making) return;
  signal = waiting.exchange(0);
  if (signal == 0) return;  // the thread that made the file ends the process
  remove_temporary_files();
  ::signal(signal, SIG_DFL);
  raise(signal);  // comes when this handler returns, so the exit status tells of it
}

// Only where the default is to end: an ignored signal stays ignored, a command's own handler stays.
void replace_handlers(void (*from)(int), void (*to)(int)) {
  for (const int signal : ends) {
    struct sigaction now {};
    if (sigaction(signal, nullptr, &now) != 0 || now.sa_handler != from) continue;
    ::signal(signal, to);
  }
}

void use_handlers() {
  if (used++ == 0) replace_handlers(SIG_DFL, remove_all_and_end);
}

void leave_handlers() {
  if (--used == 0) replace_handlers(remove_all_and_end, SIG_DFL);
}

void add(const std::string& path) {
  use_handlers();
  for (auto& name : names) {
    char* none = nullptr;
    char* copy = strdup(path.c_str());
    if (name.compare_exchange_strong(none, copy)) return;
    free(copy);
  }
}

void drop(const std::string& path) {
  for (auto& name : names) {
    char* known = name.load();
    if (!known || path != known) continue;
    name = nullptr;
    free(known);
    break;
  }
  leave_handlers();
}

}  // namespace

MakingOfFile::MakingOfFile() {
  use_handlers();
  making = true;
}

MakingOfFile::~MakingOfFile() {
  making = false;
  if (const int signal = waiting.exchange(0)) raise(signal);
  leave_handlers();
}

void remove_temporary_files() {
  for (const auto& name : names) {
    if (const char* path = name.load()) unlink(path);
  }
}

TemporaryName::TemporaryName(std::string path) : path_(std::move(path)) { add(path_); }

TemporaryName::TemporaryName(TemporaryName&& other) noexcept
    : path_(std::exchange(other.path_, {})) {}

TemporaryName& TemporaryName::operator=(TemporaryName&& other) noexcept {
  std::swap(path_, other.path_);
  return *this;
}

TemporaryName::~TemporaryName() {
  if (path_.empty()) return;
  unlink(path_.c_str());
  drop(path_);
}

std::string TemporaryName::release() {
  if (!path_.empty()) drop(path_);
  return std::exchange(path_, {});
}

}  // namespace slotscope
