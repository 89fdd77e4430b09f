// Registers and stack of a real process, copied as the BPF programs copy them, and unwound when it
// is dead. It was built without frame pointers; once it has its symbols, once only what it exports.
#include "probes/unwinder.h"

#include <signal.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <string>

#include "probes/stack_recorder.h"
#include "tests/support/catch.h"

namespace slotscope {
namespace {

using Anchor = StackFrame::Anchor;

// A process that stopped itself deep in its functions.
class StoppedProcess {
 public:
  explicit StoppedProcess(const char* program) {
    pid_ = fork();
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
      ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
      execl(program, program, nullptr);
      _exit(127);
    }
    // The execve, the signal that it sends itself, and then the breakpoint in its handler.
    wait_for(SIGTRAP);
    ptrace(PTRACE_CONT, pid_, nullptr, nullptr);
    wait_for(SIGUSR1);
    ptrace(PTRACE_CONT, pid_, nullptr, SIGUSR1);
    wait_for(SIGTRAP);
    REQUIRE(ptrace(PTRACE_GETREGS, pid_, nullptr, &registers_) == 0);
  }
  ~StoppedProcess() { end(); }
  StoppedProcess(const StoppedProcess&) = delete;
  StoppedProcess& operator=(const StoppedProcess&) = delete;

  Pid pid() const { return Pid{static_cast<uint32_t>(pid_)}; }

  // `memory` must outlive the sample.
  StackSample sample(std::vector<std::byte>& memory, size_t size) const {
    memory.resize(size);
    iovec to{memory.data(), memory.size()};
    iovec from{reinterpret_cast<void*>(registers_.rsp), memory.size()};
    const ssize_t copied = process_vm_readv(pid_, &to, 1, &from, 1, 0);
    REQUIRE(copied > 0);
    const user_regs_struct& r = registers_;
    return {.pid = pid(),
            .registers = {{r.rax, r.rdx, r.rcx, r.rbx, r.rsi, r.rdi, r.rbp, r.rsp, r.r8, r.r9,
                           r.r10, r.r11, r.r12, r.r13, r.r14, r.r15, r.rip}},
            .memory = std::span(memory).first(static_cast<size_t>(copied))};
  }

  void end() {
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }

 private:
  void wait_for(int signal) const {
    int status = 0;
    REQUIRE(waitpid(pid_, &status, 0) == pid_);
    REQUIRE(WIFSTOPPED(status));
    REQUIRE(WSTOPSIG(status) == signal);
  }

  pid_t pid_ = 0;
  user_regs_struct registers_{};
};

struct Recorded {
  // The process has ended before its stack is looked at.
  Recorded(const char* program, size_t bytes_of_stack) {
    std::vector<std::byte> memory;
    StoppedProcess process(program);
    const StackSample sample = process.sample(memory, bytes_of_stack);
    recorder.look_at(sample.pid);
    process.end();
    id = recorder.resolve(sample);
  }

  std::shared_ptr<StackTable> table = std::make_shared<StackTable>();
  StackRecorder recorder{table};
  StackId id;

  const Stack& stack() const { return *table->find(id); }
  const StackFrame& frame(size_t i) const { return *table->find(stack().frames.at(i)); }
  std::string module(size_t i) const {
    const StackModule* module = table->find(frame(i).module);
    return module ? module->path : "";
  }
  // Of a function by its name.
  size_t position(std::string_view function) const {
    for (size_t i = 0; i < stack().frames.size(); ++i) {
      if (frame(i).function == function) return i;
    }
    FAIL("no frame of " << function);
    return 0;
  }
};

constexpr size_t enough = 12000;

TEST_CASE("a stack leads through signal frames and frames of varying size to its beginning") {
  const Recorded recorded(UNWIND_CHILD, enough);
  CHECK(recorded.stack().end == Stack::End::outermost);
  const size_t exported = recorded.position("exported_function");
  CHECK(exported + 1 == recorded.position("main"));
  CHECK(recorded.frame(0).function.find("stop_for_debugger") != std::string::npos);
  CHECK(recorded.frame(exported - 1).function.find("with_buffer") != std::string::npos);
  for (size_t i : {size_t{0}, exported - 1, exported}) {
    INFO("frame " << i);
    CHECK(recorded.module(i) == UNWIND_CHILD);
    CHECK(recorded.frame(i).anchor == Anchor::symbol);
    CHECK(recorded.frame(i).offset.value > 0);
    CHECK(recorded.frame(i).offset.value < 0x200);
  }
  CHECK(recorded.frame(0).offset.value < 16);  // right behind the int3
}

TEST_CASE("a function without a name goes by its beginning, never by the nearest name") {
  const Recorded named(UNWIND_CHILD, enough);
  const Recorded stripped(UNWIND_CHILD_STRIPPED, enough);
  REQUIRE(stripped.stack().frames.size() == named.stack().frames.size());
  CHECK(stripped.stack().end == Stack::End::outermost);
  const size_t exported = named.position("exported_function");
  CHECK(stripped.position("exported_function") == exported);
  CHECK(stripped.frame(exported).offset == named.frame(exported).offset);
  for (size_t i : {size_t{0}, exported - 1}) {
    INFO("frame " << i << " is " << named.frame(i).function);
    CHECK(stripped.frame(i).anchor == Anchor::function_start);
    CHECK(stripped.frame(i).function.empty());
    CHECK(stripped.frame(i).offset == named.frame(i).offset);
  }
}

TEST_CASE("a stack that was not copied to its end says so") {
  const Recorded whole(UNWIND_CHILD, enough);
  const Recorded part(UNWIND_CHILD, 1200);  // not past the buffer of with_buffer
  CHECK(part.stack().end == Stack::End::copy_ended);
  REQUIRE(part.stack().frames.size() < whole.stack().frames.size());
  for (size_t i = 0; i < part.stack().frames.size(); ++i) {
    CHECK(part.frame(i).address == whole.frame(i).address);
  }
}

TEST_CASE("equal stacks are one, whatever else lies on them") {
  auto table = std::make_shared<StackTable>();
  StackRecorder recorder(table);
  std::vector<std::byte> memory;
  const StoppedProcess process(UNWIND_CHILD);
  StackSample sample = process.sample(memory, enough);
  const StackId first = recorder.resolve(sample);
  sample.registers[0] ^= 1;  // rax
  CHECK(recorder.resolve(sample) == first);
  // The same functions, of which less was copied.
  sample.memory = sample.memory.first(1200);
  const StackId other = recorder.resolve(sample);
  CHECK(other != first);
  CHECK(table->find(other)->frames[0] == table->find(first)->frames[0]);
}

TEST_CASE("a uretprobe's return address is looked behind") {
  auto table = std::make_shared<StackTable>();
  StackRecorder recorder(table);
  std::vector<std::byte> memory;
  const StoppedProcess process(UNWIND_CHILD);
  StackSample sample = process.sample(memory, enough);
  const StackId original = recorder.resolve(sample);
  // The handler's return address is on top of its stack: nothing was pushed.
  const uint64_t at = sample.registers[Registers::rsp];
  const uint64_t address = *sample.read(at);
  std::fill_n(memory.begin(), sizeof address, std::byte{0xee});
  CHECK(table->find(recorder.resolve(sample))->end == Stack::End::no_unwind_info);
  sample.replaced_at = at;
  sample.replaced = address;
  CHECK(recorder.resolve(sample) == original);
}

TEST_CASE("the stack of a process that is gone ends at once, says so, and is counted") {
  auto table = std::make_shared<StackTable>();
  StackRecorder recorder(table);
  const StackSample nothing{.pid = Pid{0x7fffffff}, .registers = {}, .memory = {}};
  const Stack* stack = table->find(recorder.resolve(nothing));
  REQUIRE(stack);
  CHECK(stack->end == Stack::End::process_gone);
  CHECK(recorder.gone() == 1);
  REQUIRE(stack->frames.size() == 1);
  CHECK(table->find(stack->frames[0])->anchor == Anchor::module_start);
}

}  // namespace
}  // namespace slotscope
