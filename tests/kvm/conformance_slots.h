// The slots that the kernel holds, read from its memory, against the model's.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "analyzer/base/result.h"
#include "analyzer/model/model.h"

namespace slotscope::conformance {

class KernelSlots {
 public:
  virtual ~KernelSlots() = default;

  // This process has one VM from here on, a new one; in the model it is VM 1.
  virtual void begin_vm() = 0;
  virtual void add(const Step& step) = 0;
  // What differs, slots or the number of swaps; empty when nothing does.
  virtual Result<std::string> difference(const Model& model) = 0;
  // What the last look found, by address space and gpa.
  virtual std::vector<Call> latest() const = 0;
};

// An error says why the kernel's slots can't be read here.
Result<std::unique_ptr<KernelSlots>> open_kernel_slots();

}  // namespace slotscope::conformance
