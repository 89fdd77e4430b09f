#include "analyzer/capture/child_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <sstream>

namespace slotscope {
namespace {

constexpr int signal_base = 128;  // of a shell's exit status
constexpr int exec_failed = 127;

std::optional<uint32_t> number_from_environment(const char* name) {
  const char* text = std::getenv(name);
  uint32_t number = 0;
  if (!text) return std::nullopt;
  const char* end = text + std::strlen(text);
  const auto [stop, error] = std::from_chars(text, end, number);
  return error == std::errc() && stop == end ? std::optional(number) : std::nullopt;
}

// Negative errno when the user can't be changed: the command must then not run as root.
int become_calling_user() {
  const auto uid = number_from_environment("SUDO_UID");
  const auto gid = number_from_environment("SUDO_GID");
  if (geteuid() != 0 || !uid || !gid || *uid == 0) return 0;
  const passwd* user = getpwuid(*uid);
  if (user ? initgroups(user->pw_name, *gid) : setgroups(0, nullptr)) return -errno;
  if (setgid(*gid) || setuid(*uid)) return -errno;
  if (user) {
    setenv("HOME", user->pw_dir, 1);
    setenv("USER", user->pw_name, 1);
    setenv("LOGNAME", user->pw_name, 1);
  }
  return 0;
}

[[noreturn]] void run_child(const std::vector<std::string>& command, int gate, int failed) {
  char go;
  ssize_t n;
  while ((n = read(gate, &go, 1)) < 0 && errno == EINTR) {
  }
  if (n != 1) _exit(exec_failed);  // the capture failed to start
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  signal(SIGPIPE, SIG_DFL);
  signal(SIGXFSZ, SIG_DFL);
  int error = -become_calling_user();
  if (error == 0) {
    std::vector<char*> arguments;
    for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    execvp(arguments[0], arguments.data());
    error = errno;
  }
  // If this fails too there is nobody left to tell.
  [[maybe_unused]] const ssize_t told = write(failed, &error, sizeof error);
  _exit(exec_failed);
}

Diagnostic cannot(const std::string& name, int error) {
  return {.fault = Fault::environment,
          .place = name,
          .message = fmt::format("can't be run: {}", strerrordesc_np(error))};
}

Diagnostic not_runnable(const std::string& name, const std::string& why) {
  return {.fault = Fault::usage,
          .place = name,
          .message = "can't be run: " + why,
          .advice = "slotscope record [options] -- COMMAND..."};
}

}  // namespace

std::string find_program(const std::string& name) {
  if (name.find('/') != name.npos) return access(name.c_str(), X_OK) == 0 ? name : std::string();
  const char* path = std::getenv("PATH");
  std::istringstream folders(path ? path : "");
  for (std::string folder; std::getline(folders, folder, ':');) {
    const std::string candidate = (folder.empty() ? "." : folder) + "/" + name;
    if (access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return {};
}

Status check_program(const std::string& name) {
  if (name.find('/') == name.npos) {
    return find_program(name).empty() ? Status(not_runnable(name, "no such program in PATH"))
                                      : ok();
  }
  struct stat file;
  const bool there = stat(name.c_str(), &file) == 0;
  if (there && S_ISDIR(file.st_mode)) return not_runnable(name, strerrordesc_np(EISDIR));
  if (access(name.c_str(), X_OK) == 0) return ok();
  return not_runnable(name, strerrordesc_np(errno));
}

Result<ChildProcess> ChildProcess::hold(const std::vector<std::string>& command) {
  int gate[2], failed[2];
  if (pipe2(gate, O_CLOEXEC) != 0) return cannot(command[0], errno);
  UniqueFd gate_read(gate[0]), gate_write(gate[1]);
  if (pipe2(failed, O_CLOEXEC) != 0) return cannot(command[0], errno);
  UniqueFd failed_read(failed[0]), failed_write(failed[1]);
  const pid_t pid = fork();
  if (pid < 0) return cannot(command[0], errno);
  if (pid == 0) {
    gate_write.reset();
    run_child(command, gate_read.get(), failed_write.get());
  }
  ChildProcess child(Pid{static_cast<uint32_t>(pid)});
  child.name_ = command[0];
  child.gate_ = std::move(gate_write);
  child.failed_ = std::move(failed_read);
  return child;
}

Status ChildProcess::release() {
  ssize_t n = write(gate_.get(), "g", 1);
  gate_.reset();
  if (n != 1) return cannot(name_, errno);
  int error = 0;
  while ((n = read(failed_.get(), &error, sizeof error)) < 0 && errno == EINTR) {
  }
  failed_.reset();
  return n == sizeof error ? Status(not_runnable(name_, strerrordesc_np(error))) : ok();
}

std::optional<int> ChildProcess::exit_status() {
  int status = 0;
  if (!status_ && waitpid(static_cast<pid_t>(pid_.value), &status, WNOHANG) > 0) {
    status_ = WIFEXITED(status) ? WEXITSTATUS(status) : signal_base + WTERMSIG(status);
  }
  return status_;
}

void ChildProcess::send(int signal) const {
  if (!status_) kill(static_cast<pid_t>(pid_.value), signal);
}

}  // namespace slotscope
