// Records as the probes write them, for the decoder.
#pragma once

#include <cstring>
#include <vector>

#include "probes/decode.h"
#include "probes/wire.h"
#include "tests/support/catch.h"

namespace slotscope::test {

inline constexpr uint64_t kvm_a = 0xffff888100001000, kvm_b = 0xffff888100002000;

// A recorded KVM_SET_USER_MEMORY_REGION2 as the kernel sent it: slot 0x10003 (address space 1),
// READONLY | GUEST_MEMFD, 128 KiB at 0xe0000, fd 21 at offset 0x40000.
inline constexpr uint8_t region2_argument[WIRE_ARGUMENT] = {
    0x03, 0x00, 0x01, 0x00, 0x06, 0x00, 0x00, 0x00,  // slot, flags
    0x00, 0x00, 0x0e, 0x00, 0x00, 0x00, 0x00, 0x00,  // guest_phys_addr
    0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00,  // memory_size
    0x00, 0x00, 0xa0, 0xe7, 0x12, 0x7f, 0x00, 0x00,  // userspace_addr
    0x00, 0x00, 0x04, 0x00, 0x00, 0x00, 0x00, 0x00,  // guest_memfd_offset
    0x15, 0x00, 0x00, 0x00, 0xee, 0xee, 0xee, 0xee,  // guest_memfd, padding
};

template <class Record>
Record record_of(uint16_t tag, uint64_t lost = 0) {
  Record record;
  std::memset(&record, 0, sizeof record);
  record.head = {tag, WIRE_VERSION, sizeof record, lost};
  return record;
}

inline wire_ioctl ioctl_of(uint32_t request, uint64_t kvm, uint64_t lost = 0) {
  auto record = record_of<wire_ioctl>(WIRE_IOCTL, lost);
  record.request = request;
  record.kvm = kvm;
  record.entry_ns = 1000;
  record.exit_ns = 3500;
  record.tgid = 42;
  record.tid = 43;
  record.copied = 32;
  std::memcpy(record.argument, region2_argument, WIRE_ARGUMENT);
  return record;
}

class Feed {
 public:
  template <class Record>
  void operator()(const Record& record) {
    bytes(&record, sizeof record);
  }
  void bytes(const void* data, size_t size) {
    REQUIRE(decoder.decode({static_cast<const std::byte*>(data), size}, seen));
  }

  template <class T>
  T only() {
    REQUIRE(seen.size() == 1);
    return event<T>(0);
  }
  template <class T>
  T event(size_t i) {
    REQUIRE(i < seen.size());
    const Event* found = std::get_if<Event>(&seen[i]);
    REQUIRE(found);
    REQUIRE(std::holds_alternative<T>(*found));
    return std::get<T>(*found);
  }

  Decoder decoder{HostLimits{}};
  std::vector<Observation> seen;
};

}  // namespace slotscope::test
