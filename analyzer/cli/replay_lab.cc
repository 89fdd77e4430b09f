#include "analyzer/cli/replay_lab.h"

#include <fmt/format.h>
#include <sched.h>

#include <cerrno>
#include <cstring>

#include "replay/host_facts.h"
#include "replay/linux_kvm.h"

namespace slotscope {
namespace {

HostFacts made_up_host() {
  HostFacts host;
  host.kernel = "fake";
  host.architecture = "x86_64";
  host.cpu = "none";
  host.mitigations = "none";
  host.thp = "never";
  host.shadow_paging = false;
  return host;
}

constexpr Bytes made_up_memory{uint64_t{4} << 30};

}  // namespace

Status open_lab(const ReplayArguments& arguments, Lab& lab) {
  if (arguments.kvm == "fake") {
    lab.host = made_up_host();
    lab.available = made_up_memory;
    lab.kvm = make_fake_kvm(lab.fake_clock, newest_kernel());
    lab.clock = &lab.fake_clock;
  } else {
    lab.host = read_host_facts("");
    lab.available = available_memory("");
    Result<std::unique_ptr<Kvm>> kvm = open_linux_kvm(arguments.kvm);
    if (!kvm) return std::move(kvm).error();
    lab.kvm = *std::move(kvm);
  }
  const KvmCapabilities& capabilities = lab.kvm->capabilities();
  const bool off = arguments.replay.vm.slot_zap_all == false;
  lab.host.address_spaces = capabilities.address_spaces;
  lab.host.quirk_slot_zap_all = !capabilities.slot_zap_all ? "fixed" : off ? "off" : "on";
  return ok();
}

Status pin_to(std::optional<uint32_t> cpu) {
  if (!cpu) return ok();
  cpu_set_t set;
  CPU_ZERO(&set);
  if (*cpu < CPU_SETSIZE) CPU_SET(*cpu, &set);
  if (*cpu < CPU_SETSIZE && sched_setaffinity(0, sizeof(set), &set) == 0) return ok();
  return Diagnostic{.fault = Fault::environment,
                    .message = fmt::format("can't pin to CPU {}: {}", *cpu, std::strerror(errno)),
                    .advice = "is there such a CPU, and may this process use it?"};
}

}  // namespace slotscope
