// A build without libdw: calls are captured, their stacks are not.
#include "probes/stack_harvest.h"

namespace slotscope {

Result<std::unique_ptr<StackHarvest>> StackHarvest::create(std::shared_ptr<StackTable>, bool) {
  return Diagnostic{
      .fault = Fault::environment,
      .message = "--stacks is not in this build: it was made without libdw",
      .advice = "install libdw-dev (elfutils) and build again, or leave --stacks out"};
}

}  // namespace slotscope
