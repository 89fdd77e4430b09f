// Uprobes on QEMU's memory_region_transaction_commit.
#pragma once

#include <memory>
#include <string>

#include "probes/bpf_support.h"

namespace slotscope {

class CommitHooks {
 public:
  // `binary`: the VMM's executable, or /proc/PID/exe.
  static Result<std::unique_ptr<CommitHooks>> attach(const bpf_object* shared, bool everything,
                                                     const std::string& binary);
  ~CommitHooks();

 private:
  struct Programs;
  CommitHooks();

  std::unique_ptr<Programs> programs_;
  LinkPtr entry_, exit_;
};

}  // namespace slotscope
