#include "replay/scratch.h"

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "analyzer/base/unique_fd.h"

namespace slotscope {
namespace {

constexpr uint64_t gib = uint64_t{1} << 30;
constexpr int madv_populate_write = 23;  // MADV_POPULATE_WRITE, 5.14; glibc has it since 2.35

Diagnostic failed(const char* what, Bytes size, const char* advice) {
  return {
      .fault = Fault::environment,
      .message = fmt::format("can't {} {} MiB: {}", what, size.value >> 20, std::strerror(errno)),
      .advice = advice};
}

}  // namespace

Result<Scratch> Scratch::reserve(Bytes size, Backing backing) {
  const uint64_t length = (size.value + gib - 1) / gib * gib + gib;  // room to align the base
  int flags = MAP_NORESERVE;
  UniqueFd file;
  if (backing == Backing::memfd) {
    file = UniqueFd(memfd_create("slotscope-replay", MFD_CLOEXEC));
    if (!file || ftruncate(file.get(), static_cast<off_t>(length)) != 0) {
      return failed("create a memfd of", Bytes{length}, "");
    }
    flags |= MAP_SHARED;
  } else {
    flags |= MAP_PRIVATE | MAP_ANONYMOUS;
    if (backing == Backing::hugetlb) flags |= MAP_HUGETLB;
  }
  void* mapped = mmap(nullptr, length, PROT_READ | PROT_WRITE, flags, file.get(), 0);
  if (mapped == MAP_FAILED) {
    return failed("reserve", Bytes{length},
                  backing == Backing::hugetlb ? "are there huge pages? (vm.nr_hugepages)"
                                              : "is there a limit? (ulimit -v, vm.overcommit)");
  }
  madvise(mapped, length, MADV_DONTDUMP);
  if (backing == Backing::anon) madvise(mapped, length, MADV_NOHUGEPAGE);
  if (backing == Backing::thp) madvise(mapped, length, MADV_HUGEPAGE);
  char* first = static_cast<char*>(mapped);
  const uint64_t past = reinterpret_cast<uint64_t>(first) % gib;
  return Scratch(first, length, first + (past ? gib - past : 0));
}

Scratch::Scratch(Scratch&& other) noexcept
    : mapped_(std::exchange(other.mapped_, nullptr)), length_(other.length_), base_(other.base_) {}

Scratch::~Scratch() {
  if (mapped_) munmap(mapped_, length_);
}

Status Scratch::populate(const std::vector<ScratchRange>& ranges) {
  for (const ScratchRange& range : ranges) {
    if (madvise(at(range.offset), range.size.value, madv_populate_write) != 0) {
      return failed("populate", range.size, "are there enough pages of this kind?");
    }
  }
  return ok();
}

}  // namespace slotscope
