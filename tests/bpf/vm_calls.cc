// A VMM that does nothing but memslot calls, to be watched by tests and measured by the bench.
//   vm_calls hold SLOTS            a VM with so many slots, one page each, until killed
//   vm_calls rate CALLS SECONDS    so many calls a second, evenly; prints how many it made
//   vm_calls compat                creates and deletes a slot by 32-bit system calls
//   vm_calls memfd [compat]        a slot on a guest_memfd, created, made private and deleted
//   vm_calls cost ROUNDS           ns of an ioctl that is no memslot call, and of three that are
#include <fcntl.h>
#include <linux/kvm.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <initializer_list>

namespace {

constexpr uint64_t page = 4096;
constexpr uint64_t host = 0x10000000;  // KVM checks the range only, nothing needs to be there
constexpr uint64_t second = 1'000'000'000;

[[noreturn]] void fail(const char* what) {
  perror(what);
  exit(1);
}

uint64_t now() {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<uint64_t>(time.tv_sec) * second + static_cast<uint64_t>(time.tv_nsec);
}

int create_vm() {
  const int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
  const int vm = kvm < 0 ? -1 : ioctl(kvm, KVM_CREATE_VM, 0);
  if (vm < 0) fail("KVM_CREATE_VM");
  return vm;
}

void set_slot(int vm, uint32_t slot, uint64_t size, uint32_t flags = 0) {
  kvm_userspace_memory_region region = {};
  region.slot = slot;
  region.flags = flags;
  region.guest_phys_addr = slot * page;
  region.memory_size = size;
  region.userspace_addr = host + slot * page;
  if (ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region) != 0) fail("KVM_SET_USER_MEMORY_REGION");
}

void hold(uint32_t slots) {
  const int vm = create_vm();
  for (uint32_t i = 0; i < slots; ++i) set_slot(vm, i, page);
  puts("ready");
  fflush(stdout);
  while (true) pause();
}

// Mostly calls that change nothing: what others cost hangs on SRCU grace periods, microseconds or
// milliseconds, and would decide the rate. Behind the clock, calls follow each other at once until
// it is caught up with.
void rate(uint64_t per_second, uint64_t seconds) {
  constexpr uint64_t changes_every = 100;
  const int vm = create_vm();
  set_slot(vm, 0, page);
  const uint64_t start = now(), end = start + seconds * second;
  uint64_t calls = 1;
  for (uint64_t time = start; time < end; time = now()) {
    for (const uint64_t due = (time - start) * per_second / second; calls < due; ++calls) {
      const bool change = calls % changes_every == 0;
      set_slot(vm, change, change && calls % (2 * changes_every) == 0 ? 0 : page);
    }
    const timespec rest = {0, 20'000};
    nanosleep(&rest, nullptr);
  }
  printf("%llu\n", static_cast<unsigned long long>(calls));
}

// A page whose address fits into 32 bits.
void* low_page() {
  void* memory =
      mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
  if (memory == MAP_FAILED) fail("mmap");
  return memory;
}

// What a 32-bit process does. Answers a negative errno, as the kernel does.
long ioctl_compat(int fd, uint32_t request, void* argument) {
  constexpr int ioctl_i386 = 54;
  long result = ioctl_i386;
  asm volatile("int $0x80"
               : "+a"(result)
               : "b"(fd), "c"(request), "d"(argument)
               : "memory", "r8", "r9", "r10", "r11");
  return static_cast<int32_t>(result);
}

void compat() {
  const int vm = create_vm();
  auto* region = static_cast<kvm_userspace_memory_region*>(low_page());
  for (const uint64_t size : {page, uint64_t{0}}) {
    *region = {.slot = 3,
               .flags = 0,
               .guest_phys_addr = 0x7000,
               .memory_size = size,
               .userspace_addr = host};
    const long result = ioctl_compat(vm, KVM_SET_USER_MEMORY_REGION, region);
    if (result != 0) {
      fprintf(stderr, "int 0x80: %ld\n", result);
      exit(1);
    }
  }
}

// include/uapi/linux/kvm.h of 6.8; the build may see an older one.
constexpr uint32_t set_memory_attributes = 0x4020aed2, create_guest_memfd = 0xc040aed4,
                   set_user_memory_region2 = 0x40a0ae49;

// Prints what each of the ioctls answered, in their order.
void memfd(bool by_compat) {
  const int vm = create_vm();
  auto* argument = static_cast<uint64_t*>(low_page());
  const auto issue = [&](uint32_t request, std::initializer_list<uint64_t> words) {
    memset(argument, 0, page);
    memcpy(argument, words.begin(), words.size() * sizeof(uint64_t));
    long result = by_compat ? ioctl_compat(vm, request, argument) : ioctl(vm, request, argument);
    if (!by_compat && result < 0) result = -errno;
    printf("%ld\n", result);
    return result;
  };
  const auto fd = static_cast<uint64_t>(issue(create_guest_memfd, {16 * page, 0}));
  // slot and flags (KVM_MEM_GUEST_MEMFD), gpa, size, hva, offset, fd
  const uint64_t head = 5 | uint64_t{4} << 32, gpa = 0x40000;
  issue(set_user_memory_region2, {head, gpa, 4 * page, host, 2 * page, fd});
  issue(set_memory_attributes, {gpa, 2 * page, 8, 0});
  issue(set_user_memory_region2, {5, gpa, 0, host});
  issue(KVM_SET_USER_MEMORY_REGION, {6, gpa, page, host});
}

// The best of many windows: other work on the machine only ever adds.
template <class Body>
double ns_each(uint64_t rounds, Body body) {
  constexpr uint64_t windows = 100;
  const uint64_t in_window = rounds / windows + 1;
  uint64_t best = UINT64_MAX;
  for (uint64_t window = 0; window < windows; ++window) {
    const uint64_t start = now();
    for (uint64_t i = 0; i < in_window; ++i) body(window * in_window + i);
    const uint64_t took = now() - start;
    if (took < best) best = took;
  }
  return static_cast<double>(best) / static_cast<double>(in_window);
}

void cost(uint64_t rounds) {
  const int vm = create_vm();
  const double other = ns_each(rounds, [&](uint64_t) { ioctl(vm, KVM_CHECK_EXTENSION, 10); });
  const double plain = ns_each(rounds, [&](uint64_t) { getppid(); });
  set_slot(vm, 1, page);
  const double no_change = ns_each(rounds / 10, [&](uint64_t) { set_slot(vm, 1, page); });
  const double pair =
      ns_each(rounds / 1000, [&](uint64_t i) { set_slot(vm, 0, i % 2 ? 0 : page); });
  printf(
      "{\"other_ioctl_ns\": %.1f, \"other_syscall_ns\": %.1f, \"no_change_ns\": %.1f, "
      "\"create_delete_ns\": %.1f}\n",
      other, plain, no_change, pair);
}

uint64_t number(const char* text) { return strtoull(text, nullptr, 10); }

}  // namespace

int main(int argc, char** argv) {
  if (argc == 3 && !strcmp(argv[1], "hold")) hold(static_cast<uint32_t>(number(argv[2])));
  if (argc == 2 && !strcmp(argv[1], "compat")) {
    compat();
  } else if ((argc == 2 || argc == 3) && !strcmp(argv[1], "memfd")) {
    memfd(argc == 3);
  } else if (argc == 4 && !strcmp(argv[1], "rate")) {
    rate(number(argv[2]), number(argv[3]));
  } else if (argc == 3 && !strcmp(argv[1], "cost")) {
    cost(number(argv[2]));
  } else {
    fputs(
        "usage: vm_calls hold SLOTS | rate CALLS SECONDS | compat | memfd [compat] |\n"
        "       vm_calls cost ROUNDS\n",
        stderr);
    return 2;
  }
}
