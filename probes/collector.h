// A live capture: which processes are watched, which programs are attached, what they have seen.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "analyzer/base/result.h"
#include "analyzer/base/units.h"
#include "analyzer/event/stack_table.h"
#include "probes/backend.h"
#include "probes/decode.h"
#include "probes/watched_kernel.h"

namespace slotscope {

struct CollectorOptions {
  bool everything = false;  // every process; else those that are followed, and their children
  Bytes buffer{4 << 20};    // a power of two, at least a page
  // Where the stacks of calls go; nullptr: none are taken.
  std::shared_ptr<StackTable> stacks = nullptr;
};

class Collector {
 public:
  // Loads what every use needs; nothing is attached yet.
  static Result<std::unique_ptr<Collector>> open(const CollectorOptions& options);
  ~Collector();

  Status follow(Pid pid);

  // From here on calls are seen. Returns the reasons why better backends were refused.
  Result<std::vector<std::string>> attach(std::optional<Backend> only);
  Status attach_commits(const std::string& binary);
  // Before attach(). Returns what can't be measured here, and why.
  Result<std::vector<std::string>> attach_phases();
  Backend backend() const;

  // Becomes readable when drain() should be called soon: somebody whose stacks are taken may be
  // gone in a moment. -1 without stacks.
  int wake_fd() const;
  // How often the kernel left out the programs that see calls: usually, but not always, for ioctls
  // that are not recorded. Known after finish().
  uint64_t skipped_runs() const;
  // Calls whose stack found no room, so far.
  uint64_t lost_stacks() const;
  // Stacks that could not be unwound because their process was gone, so far.
  uint64_t gone_stacks() const;

  // Why the kernel's slots can't be read; empty when they can.
  const std::optional<Diagnostic>& blind() const;
  // Whether VMs are looked at once more when their process ends.
  bool sees_the_end() const;
  // Reads the slots of the watched VMs; they come out of drain().
  Status read_slots();

  // The watched processes and their VMs, to be asked about.
  WatchedKernel& watched();

  // Appends what has been seen since the last time.
  Status drain(std::vector<Observation>& out);
  // Of VMs that are thought to run, those whose process is gone have ended. The programs tell that
  // too, but a kernel that preempts tracepoints (7.x) may skip a program that is busy.
  void look_for_ends(const std::map<VmId, Pid>& live, std::vector<Observation>& out);
  // The same, when nothing more will be seen: losses after the last record too.
  Status finish(std::vector<Observation>& out);

 private:
  struct Parts;
  explicit Collector(std::unique_ptr<Parts> parts);

  std::unique_ptr<Parts> parts_;
};

}  // namespace slotscope
