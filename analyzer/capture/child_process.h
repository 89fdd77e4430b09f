// A command that is started but held just before it runs, so that nothing of it is missed.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "analyzer/base/result.h"
#include "analyzer/base/unique_fd.h"
#include "analyzer/base/units.h"

namespace slotscope {

// The file that a shell would run; empty when there is none.
std::string find_program(const std::string& name);

// What a shell would say of a command that it can't run, before anything is done for it.
Status check_program(const std::string& name);

class ChildProcess {
 public:
  // Forks. Under sudo the command gets back the user who called sudo.
  static Result<ChildProcess> hold(const std::vector<std::string>& command);

  ChildProcess(ChildProcess&&) = default;
  ChildProcess& operator=(ChildProcess&&) = default;

  Pid pid() const { return pid_; }
  // Lets it go; an error when it can't be executed.
  Status release();

  // As a shell gives it (128 + signal); empty while it runs.
  std::optional<int> exit_status();
  void send(int signal) const;

 private:
  explicit ChildProcess(Pid pid) : pid_(pid) {}

  Pid pid_;
  std::string name_;
  UniqueFd gate_;    // a byte lets the child go; closed without, it ends
  UniqueFd failed_;  // gives the errno of execvp, or ends when there is none
  std::optional<int> status_;
};

}  // namespace slotscope
