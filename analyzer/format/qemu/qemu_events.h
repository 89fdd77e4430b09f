// What a record of QEMU's tracing says in slotscope's words, however it was written down.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "analyzer/event/event.h"
#include "analyzer/format/qemu/commit_marker.h"
#include "analyzer/format/qemu/qemu_signature.h"
#include "analyzer/format/vm_by_pid.h"

namespace slotscope {

struct QemuRecord {
  const QemuSignature* signature = nullptr;
  std::optional<Nanos> time = {};
  Pid pid = {};
  std::string_view device = {};            // where the signature has one
  std::span<const uint64_t> numbers = {};  // as many as the signature has, each fit for its type
};

// Keeps what one record means for later ones: which VM a process runs, which commit has begun.
class QemuEvents {
 public:
  // Appends what `record` says; false if that is nothing about memslots.
  bool append(const QemuRecord& record, EventBatch& batch);

 private:
  CommitMarker& commits_of(VmId vm);

  VmByPid vms_;
  std::vector<CommitMarker> commits_;  // by VM ordinal - 1
};

}  // namespace slotscope
