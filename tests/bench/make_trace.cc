// Writes a synthetic trace as QEMU trace text (V1): LIVE slots are created, then CALLS calls
// delete and create them again, in commits as QEMU makes them.
//   make_trace CALLS [LIVE]
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>

namespace {

constexpr uint64_t slot_size = 0x10000;
constexpr uint64_t host_base = 0x7f3b17a00000;

void print_call(uint32_t slot, uint64_t size) {
  const uint64_t gpa = uint64_t{slot} * 2 * slot_size;
  std::printf("kvm_set_user_memory Slot#%u flags=0x0 gpa=0x%llx size=0x%llx ua=0x%llx ret=0\n",
              slot, static_cast<unsigned long long>(gpa), static_cast<unsigned long long>(size),
              static_cast<unsigned long long>(host_base + gpa));
}

}  // namespace

int main(int argc, char** argv) {
  const uint64_t calls = argc > 1 ? std::strtoull(argv[1], nullptr, 0) : 0;
  const uint64_t live = argc > 2 ? std::strtoull(argv[2], nullptr, 0) : 10;
  if (calls == 0 || live == 0 || live > 32764) {
    std::fputs("usage: make_trace CALLS [LIVE], LIVE at most 32764\n", stderr);
    return 2;
  }
  uint64_t done = 0;
  for (uint32_t slot = 0; slot < live && done < calls; ++slot, ++done) print_call(slot, slot_size);
  std::minstd_rand random(1);
  while (done < calls) {
    const auto slot = static_cast<uint32_t>(random() % live);
    print_call(slot, 0);
    if (++done == calls) break;
    // Half of the time it comes back with another size, as a commit does, else in a later commit.
    print_call(slot, random() % 2 ? slot_size : slot_size / 2);
    ++done;
  }
  return std::fflush(stdout) == 0 ? 0 : 1;
}
