#include "replay/host_facts.h"

#include <sys/utsname.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string_view>

namespace slotscope {
namespace {

namespace fs = std::filesystem;

std::string first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

// The value after "name   : " in a file such as /proc/cpuinfo.
std::string field(const std::string& path, std::string_view name) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    const size_t colon = line.find(':');
    if (!line.starts_with(name) || colon == std::string::npos) continue;
    const size_t value = line.find_first_not_of(" \t", colon + 1);
    return value == std::string::npos ? "" : line.substr(value);
  }
  return "";
}

std::string kvm_backend(const std::string& root) {
  for (const char* module : {"kvm_intel", "kvm_amd", "kvm_pvm"}) {
    std::error_code error;
    if (fs::exists(root + "/sys/module/" + module, error)) return module;
  }
  return "";
}

bool is_on(const std::string& line) { return line == "Y" || line == "1"; }

// rmap arrays are allocated with every slot unless the TDP MMU is on (kvm_memslots_have_rmaps).
// What can't be read is taken for the more expensive case.
bool shadow_paging(const std::string& root) {
  return !is_on(first_line(root + "/sys/module/kvm/parameters/tdp_mmu"));
}

std::string mitigations(const std::string& root) {
  std::error_code error;
  std::vector<std::string> active;
  for (const auto& entry :
       fs::directory_iterator(root + "/sys/devices/system/cpu/vulnerabilities", error)) {
    const std::string state = first_line(entry.path().string());
    if (state.starts_with("Mitigation")) active.push_back(entry.path().filename().string());
  }
  std::sort(active.begin(), active.end());
  std::string text;
  for (const std::string& one : active) text += (text.empty() ? "" : ", ") + one;
  return text.empty() ? "none" : text;
}

// "always [madvise] never": the word in brackets.
std::string chosen(const std::string& line) {
  const size_t open = line.find('['), close = line.find(']');
  return open < close && close != std::string::npos ? line.substr(open + 1, close - open - 1)
                                                    : line;
}

}  // namespace

HostFacts read_host_facts(const std::string& root) {
  HostFacts facts;
  utsname name{};
  if (uname(&name) == 0) {
    facts.kernel = name.release;
    facts.architecture = name.machine;
  }
  const std::string cpuinfo = root + "/proc/cpuinfo";
  facts.cpu = field(cpuinfo, "model name");
  facts.virtual_machine = field(cpuinfo, "flags").find(" hypervisor") != std::string::npos;
  facts.backend = kvm_backend(root);
  facts.shadow_paging = shadow_paging(root);
  facts.mitigations = mitigations(root);
  facts.thp = chosen(first_line(root + "/sys/kernel/mm/transparent_hugepage/enabled"));
  return facts;
}

Bytes available_memory(const std::string& root) {
  return {std::strtoull(field(root + "/proc/meminfo", "MemAvailable").c_str(), nullptr, 10) * 1024};
}

KernelProfile host_profile(const KvmCapabilities& capabilities, const HostFacts& host) {
  KernelProfile profile = newest_kernel();
  profile.user_slots = capabilities.user_slots;
  profile.address_spaces = capabilities.address_spaces;
  profile.guest_memfd = capabilities.guest_memfd ? GuestMemfdRule::any_vm : GuestMemfdRule::none;
  profile.metadata = host.shadow_paging ? SlotMetadata::shadow : SlotMetadata::tdp;
  return profile;
}

}  // namespace slotscope
