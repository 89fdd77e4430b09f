// Which hooks see the calls.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace slotscope {

enum class Backend : uint8_t {
  fentry,    // on kvm_vm_ioctl: nothing but ioctls on VM files pays
  kprobe,    // the same place, for kernels without BTF of the kvm module
  syscalls,  // raw system call tracepoints: everywhere
};

struct BackendName {
  Backend backend;
  std::string_view name;   // of --backend
  std::string_view title;  // for people
};

// In the order in which they are tried.
inline constexpr std::array<BackendName, 3> backend_names = {{
    {Backend::fentry, "fentry", "fentry on kvm_vm_ioctl"},
    {Backend::kprobe, "kprobe", "kprobes on kvm_vm_ioctl"},
    {Backend::syscalls, "syscalls", "system call tracepoints"},
}};

constexpr const BackendName& name_of(Backend backend) {
  return backend_names[static_cast<size_t>(backend)];
}

}  // namespace slotscope
