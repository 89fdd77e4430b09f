// What unwinder_test.cc unwinds: main calls an exported function, that one a static one whose frame
// has no fixed size, and a signal interrupts it there. The handler stops for the debugger.
#include <alloca.h>
#include <signal.h>
#include <unistd.h>

#include <cstring>

namespace {

void stop_for_debugger(int) { asm volatile("int3"); }

// `size` is not known to the compiler, so what is where depends on a register that is saved.
__attribute__((noinline)) long with_buffer(long size) {
  char* buffer = static_cast<char*>(alloca(static_cast<size_t>(size)));
  std::memset(buffer, 7, static_cast<size_t>(size));
  kill(getpid(), SIGUSR1);
  asm volatile("" : : "r"(buffer) : "memory");
  return buffer[size - 1];
}

}  // namespace

// Exported, so that its name survives stripping.
extern "C" __attribute__((noinline, visibility("default"))) long exported_function(long size) {
  const long result = with_buffer(size + 1);
  asm volatile("");  // what follows a call keeps it from becoming a jump
  return result + 1;
}

int main(int arguments, char**) {
  signal(SIGUSR1, stop_for_debugger);
  return exported_function(arguments * 1000) == 8 ? 0 : 1;
}
