// Writes what QEMU's simple trace backend would, in either byte order.
#pragma once

#include <bit>
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace slotscope::test {

class SimpleTrace {
 public:
  explicit SimpleTrace(std::endian order = std::endian::little, uint64_t version = 4)
      : order_(order) {
    u64(UINT64_MAX).u64(0xf2b177cb0aa429b4).u64(version);
  }

  SimpleTrace& name(uint64_t id, std::string_view text) { return u64(0).u64(id).string(text); }

  SimpleTrace& event(uint64_t id, uint64_t time, const std::vector<uint64_t>& numbers,
                     uint32_t pid = 4242) {
    return event_of(id, time, pid, packed(numbers));
  }
  SimpleTrace& event(uint64_t id, uint64_t time, std::string_view text,
                     const std::vector<uint64_t>& numbers, uint32_t pid = 4242) {
    SimpleTrace payload(order_);
    payload.bytes_.clear();
    payload.string(text);
    return event_of(id, time, pid, payload.bytes_ + packed(numbers));
  }

  SimpleTrace& u64(uint64_t value) { return integer(value); }
  SimpleTrace& u32(uint32_t value) { return integer(value); }
  const std::string& bytes() const { return bytes_; }

 private:
  template <std::unsigned_integral T>
  SimpleTrace& integer(T value) {
    for (size_t i = 0; i < sizeof(T); ++i) {
      const size_t byte = order_ == std::endian::little ? i : sizeof(T) - 1 - i;
      bytes_ += static_cast<char>(value >> (8 * byte));
    }
    return *this;
  }
  SimpleTrace& string(std::string_view text) {
    u32(static_cast<uint32_t>(text.size()));
    bytes_ += text;
    return *this;
  }
  SimpleTrace& event_of(uint64_t id, uint64_t time, uint32_t pid, const std::string& payload) {
    u64(1).u64(id).u64(time).u32(static_cast<uint32_t>(24 + payload.size())).u32(pid);
    bytes_ += payload;
    return *this;
  }
  std::string packed(const std::vector<uint64_t>& numbers) const {
    SimpleTrace payload(order_);
    payload.bytes_.clear();
    for (const uint64_t number : numbers) payload.u64(number);
    return payload.bytes_;
  }

  std::endian order_;
  std::string bytes_;
};

// Ids of events in the tests' traces.
enum SimpleId : uint64_t {
  memory = 7,
  ioctl = 8,
  view = 9,
  cfg_write = 10,
  add = 11,
  del = 12,
  dirty = 13,
  exit_reason = 14,
  unnamed = 99,
  dropped = 0xfffffffffffffffe,
};

inline constexpr uint64_t ret_eexist = 0xffffffffffffffef;

// A trace that begins with the names of all ids above.
inline SimpleTrace named(std::endian order = std::endian::little) {
  SimpleTrace trace(order);
  trace.name(memory, "kvm_set_user_memory")
      .name(ioctl, "kvm_vm_ioctl")
      .name(view, "flatview_new")
      .name(cfg_write, "pci_cfg_write")
      .name(add, "pci_update_mappings_add")
      .name(del, "pci_update_mappings_del")
      .name(dirty, "global_dirty_changed")
      .name(exit_reason, "kvm_run_exit");
  return trace;
}

}  // namespace slotscope::test
