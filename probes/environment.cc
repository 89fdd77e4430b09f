#include "probes/environment.h"

#include <linux/capability.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>

#include "analyzer/base/small_file.h"
#include "probes/bpf_support.h"

namespace slotscope {
namespace {

constexpr const char* kernel_btf = "/sys/kernel/btf/vmlinux";
constexpr ino_t initial_pid_namespace = 0xEFFFFFFC;  // PROC_PID_INIT_INO, include/linux/proc_ns.h

bool has(uint64_t mask, int capability) { return mask >> capability & 1; }

uint64_t own_capabilities() { return effective_capabilities(read_small_file("/proc/self/status")); }

}  // namespace

uint64_t effective_capabilities(std::string_view status) {
  constexpr std::string_view key = "CapEff:\t";
  const size_t at = status.find(key);
  if (at == status.npos) return 0;
  uint64_t mask = 0;
  std::from_chars(status.data() + at + key.size(), status.data() + status.size(), mask, 16);
  return mask;
}

std::string missing_capabilities(uint64_t effective) {
  if (has(effective, CAP_SYS_ADMIN)) return {};
  std::string missing;
  if (!has(effective, CAP_BPF)) missing = "CAP_BPF";
  if (!has(effective, CAP_PERFMON)) missing += missing.empty() ? "CAP_PERFMON" : " and CAP_PERFMON";
  // They suffice for tracepoints; uprobes want this one too (perf_uprobe_event_init, seen on 6.18).
  return missing.empty() ? "CAP_SYS_ADMIN" : missing;
}

Status check_environment() {
  if (access(kernel_btf, R_OK) != 0) {
    return Diagnostic{
        .fault = Fault::environment,
        .message = std::string("this kernel does not describe its types (no ") + kernel_btf + ")",
        .advice = "use a kernel with CONFIG_DEBUG_INFO_BTF=y"};
  }
  struct stat pids;
  if (stat("/proc/self/ns/pid", &pids) == 0 && pids.st_ino != initial_pid_namespace) {
    return Diagnostic{
        .fault = Fault::environment,
        .message = "process ids of this container mean nothing to the kernel",
        .advice = "run slotscope on the host, or start the container with --pid=host"};
  }
  return ok();
}

Diagnostic explain_refusal(const std::string& what, int error) {
  Diagnostic why{.fault = Fault::environment, .message = refusal_text(what, error)};
  if (error != -EPERM && error != -EACCES) return why;
  const std::string missing = missing_capabilities(own_capabilities());
  if (missing.empty()) {
    why.advice =
        "all capabilities are there: a security module, seccomp or kernel lockdown forbids it";
  } else {
    why.message += " (" + missing + " missing)";
    why.advice = "run it as root (sudo)";
  }
  return why;
}

}  // namespace slotscope
