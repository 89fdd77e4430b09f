#include "probes/host_facts.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/kvm.h>
#include <sys/ioctl.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "analyzer/base/small_file.h"
#include "analyzer/base/unique_fd.h"

namespace slotscope {
namespace {

struct Capability {
  const char* name;
  int number;
};

// Those that decide what a memslot call may do. Numbers: include/uapi/linux/kvm.h, some newer than
// the headers that this may be built with.
constexpr Capability capabilities[] = {
    {"kvm_cap_nr_memslots", 10},          {"kvm_cap_readonly_mem", 81},
    {"kvm_cap_multi_address_space", 118}, {"kvm_cap_disable_quirks2", 213},
    {"kvm_cap_user_memory2", 231},        {"kvm_cap_memory_attributes", 233},
    {"kvm_cap_guest_memfd", 234},
};

constexpr const char* parameters[][2] = {
    {"kvm.tdp_mmu", "/sys/module/kvm/parameters/tdp_mmu"},
    {"kvm.eager_page_split", "/sys/module/kvm/parameters/eager_page_split"},
    {"kvm_intel.ept", "/sys/module/kvm_intel/parameters/ept"},
    {"kvm_amd.npt", "/sys/module/kvm_amd/parameters/npt"},
};

std::string first_line(const char* path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

std::string cpu_model() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    const size_t colon = line.find(": ");
    if (line.starts_with("model name") && colon != line.npos) return line.substr(colon + 2);
  }
  return {};
}

// Each ends with a NUL.
std::string arguments_of(Pid pid) {
  return read_small_file(fmt::format("/proc/{}/cmdline", pid.value));
}

}  // namespace

HostLimits host_limits() {
  HostLimits limits;
  limits.page_size = static_cast<uint32_t>(sysconf(_SC_PAGESIZE));
  const UniqueFd kvm(open("/dev/kvm", O_RDWR | O_CLOEXEC));
  if (!kvm) return limits;
  const int slots = ioctl(kvm.get(), KVM_CHECK_EXTENSION, KVM_CAP_NR_MEMSLOTS);
  if (slots > 0) limits.user_slots = static_cast<uint32_t>(slots);
  return limits;
}

std::map<std::string, std::string> host_metadata() {
  std::map<std::string, std::string> facts;
  utsname names;
  if (uname(&names) == 0) {
    facts["host"] = names.nodename;
    facts["kernel"] = fmt::format("{} {} {}", names.sysname, names.release, names.machine);
  }
  if (std::string cpu = cpu_model(); !cpu.empty()) facts["cpu"] = std::move(cpu);
  for (const auto& [name, path] : parameters) {
    if (std::string value = first_line(path); !value.empty()) facts[name] = std::move(value);
  }
  const UniqueFd kvm(open("/dev/kvm", O_RDWR | O_CLOEXEC));
  for (const Capability& capability : capabilities) {
    if (!kvm) break;
    const int value = ioctl(kvm.get(), KVM_CHECK_EXTENSION, capability.number);
    if (value >= 0) facts[capability.name] = fmt::format("{}", value);
  }
  return facts;
}

std::string program_name(Pid pid) {
  std::string text = arguments_of(pid);
  text.resize(std::min(text.find('\0'), text.size()));
  return text.substr(text.find_last_of('/') + 1);
}

std::string command_line(Pid pid) {
  std::string text = arguments_of(pid);
  if (!text.empty() && text.back() == '\0') text.pop_back();
  std::replace(text.begin(), text.end(), '\0', ' ');
  return text;
}

}  // namespace slotscope
