// What a capture with stacks needs beside the one without: what unwinds, and what looks at
// processes in time. Of a build without libdw there is none.
#pragma once

#include <memory>

#include "analyzer/base/result.h"
#include "analyzer/event/stack_table.h"
#include "probes/stack_sample.h"

namespace slotscope {

class StackHarvest {
 public:
  virtual ~StackHarvest() = default;
  StackHarvest() = default;
  StackHarvest(const StackHarvest&) = delete;
  StackHarvest& operator=(const StackHarvest&) = delete;

  // `everything`: processes are watched that nobody names.
  static Result<std::unique_ptr<StackHarvest>> create(std::shared_ptr<StackTable> table,
                                                      bool everything);

  virtual StackResolver& resolver() = 0;
  // `ring`: the file descriptor of the map that announces processes.
  virtual Status listen(int ring) = 0;
  virtual int wake_fd() const = 0;
  virtual void look_at_new_processes() = 0;
  // One that is watched from here on.
  virtual void follow(Pid pid) = 0;
  // Stacks so far that could not be unwound because their process was gone.
  virtual uint64_t gone() const = 0;
};

}  // namespace slotscope
