// Makes the kernel tell the slots that it holds: now, and when a VM's process ends.
#pragma once

#include <memory>
#include <optional>

#include "analyzer/base/units.h"
#include "probes/bpf_support.h"

namespace slotscope {

class SlotReader {
 public:
  // Both layouts of struct kvm_memslots are tried.
  static Result<std::unique_ptr<SlotReader>> open(const bpf_object* shared, bool everything);
  ~SlotReader();

  // Sends the slots of every VM of the watched processes to the ring.
  Status read();

  // A process that holds a VM which a watched one created.
  std::optional<Pid> holder() const;

  // Whether VMs are looked at once more when their process ends; not before 5.17.
  bool sees_the_end() const { return at_exit_ != nullptr; }

 private:
  struct Programs;
  SlotReader();

  std::unique_ptr<Programs> programs_;
  LinkPtr iterator_;
  LinkPtr holders_;
  LinkPtr at_exit_;
  LinkPtr at_close_;  // none where the kernel has no kprobes
};

}  // namespace slotscope
