// The model against the running kernel: random calls on real VMs.
#include <fmt/format.h>
#include <getopt.h>
#include <sys/utsname.h>

#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <limits>

#include "replay/linux_kvm.h"
#include "tests/kvm/conformance_case.h"
#include "tests/kvm/conformance_generator.h"
#include "tests/kvm/conformance_shrink.h"
#include "tests/kvm/conformance_text.h"

namespace slotscope::conformance {
namespace {

constexpr int agreed = 0, mismatched = 1, usage_error = 2, skipped = 77;
constexpr uint64_t calls_per_vm = 400, compare_every = 50;

constexpr const char* help =
    R"(usage: conformance [options]

Issues random and adversarial KVM_SET_USER_MEMORY_REGION(2) on VMs of /dev/kvm
and wants every result, and the kernel's slots (as root), to be as the model
says. A mismatch is shrunk to the calls that it takes and written as a golden
case. Exit status: 0 no mismatch, 1 a mismatch, 77 nothing could be tested.

options:
  --calls N       how many (default 20000)
  --seconds S     how long, whatever the number
  --seed N        the same calls again; each VM of a run has the next seed
  --kernel NAME   whose rules to test (default: by the running kernel)
  --cases FOLDER  where a mismatch is written (default: .)

examples:
  conformance --calls 1000000 --seed 7
  conformance --seconds 3600 --cases tests/golden
)";

struct Settings {
  uint64_t calls = 20000, seed = 1;
  double seconds = std::numeric_limits<double>::infinity();
  std::string kernel, cases = ".";
};

bool number(const char* text, uint64_t& value) {
  const char* end = text + std::strlen(text);
  const auto [stop, error] = std::from_chars(text, end, value);
  return error == std::errc() && stop == end;
}

// An exit status when there is nothing to run.
std::optional<int> parse(int argc, char** argv, Settings& settings) {
  const option options[] = {{"calls", required_argument, nullptr, 'c'},
                            {"seconds", required_argument, nullptr, 's'},
                            {"seed", required_argument, nullptr, 'r'},
                            {"kernel", required_argument, nullptr, 'k'},
                            {"cases", required_argument, nullptr, 'o'},
                            {"help", no_argument, nullptr, 'h'},
                            {}};
  bool good = true;
  int which = 0;
  while ((which = getopt_long(argc, argv, "h", options, nullptr)) != -1) {
    uint64_t seconds = 0;
    switch (which) {
      case 'c':
        good &= number(optarg, settings.calls);
        break;
      case 's':
        good &= number(optarg, seconds);
        settings.seconds = static_cast<double>(seconds);
        settings.calls = std::numeric_limits<uint64_t>::max();
        break;
      case 'r':
        good &= number(optarg, settings.seed);
        break;
      case 'k':
        settings.kernel = optarg;
        break;
      case 'o':
        settings.cases = optarg;
        break;
      case 'h':
        std::fputs(help, stdout);
        return agreed;
      default:
        good = false;
    }
  }
  if (good && optind == argc) return std::nullopt;
  std::fputs("conformance: see --help\n", stderr);
  return usage_error;
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

int give_up(const Diagnostic& why) {
  fmt::print(stderr, "skipped: {}{}{}{}{}\n", why.place, why.place.empty() ? "" : ": ", why.message,
             why.advice.empty() ? "" : "; ", why.advice);
  return why.fault == Fault::usage ? usage_error : skipped;
}

// The run shrunk, as the kernel answers it now.
Result<Bench::Run> smallest(Bench& bench, const Bench::Run& found) {
  const Mismatch::Kind kind = found.mismatch->kind;
  const Attempts few = shrink(found.attempts, [&](const Attempts& attempts) {
    const Result<Bench::Run> again = bench.run(attempts);
    return again && (*again).mismatch && (*again).mismatch->kind == kind;
  });
  return bench.run(few);
}

int report(Bench& bench, const Bench::Run& found, const Settings& settings,
           const Outcome& outcome) {
  const Result<Bench::Run> shrunk = smallest(bench, found);
  if (!shrunk) return give_up(shrunk.error());
  const bool again = (*shrunk).mismatch.has_value();
  const Bench::Run& shown = again ? *shrunk : found;
  fmt::print("{}", mismatch_text(shown, bench.host(), outcome));
  if (!again) fmt::print("It did not happen again with the same calls.\n");
  fmt::print("Shrunk from {} calls to {}.\n{}", found.calls.size(), shown.calls.size(),
             host_text(bench.host(), outcome));
  if (!can_be_a_case(*shown.mismatch)) return mismatched;
  const std::string name = fmt::format("conformance-{}-{}", bench.host().kernel.name, outcome.seed);
  const Result<std::string> folder =
      write_case(settings.cases, name, shown, bench.host(), outcome.release);
  if (!folder) {
    fmt::print(stderr, "no case written: {}: {}\n", folder.error().place, folder.error().message);
  } else {
    fmt::print("golden case: {}\n", *folder);
  }
  return mismatched;
}

int explore(Bench& bench, const Settings& settings, Outcome outcome) {
  const auto start = std::chrono::steady_clock::now();
  uint64_t seed = settings.seed;
  while (bench.tally().calls < settings.calls && seconds_since(start) < settings.seconds) {
    Generator generator(seed, bench.host());
    generator.begin_vm();
    uint64_t left =
        std::min(settings.calls - bench.tally().calls, 1 + generator.below(calls_per_vm));
    const Result<Bench::Run> run = bench.run(
        [&](const std::vector<Slot>& live) {
          return left-- > 0 ? std::optional(generator.next(live)) : std::nullopt;
        },
        compare_every);
    if (!run) return give_up(run.error());
    if ((*run).mismatch) {
      outcome.seed = seed;
      return report(bench, *run, settings, outcome);
    }
    ++seed;
  }
  outcome.seconds = seconds_since(start);
  fmt::print("no mismatch: {}", tally_text(bench.tally(), bench.host(), outcome));
  return agreed;
}

Result<KernelProfile> rules_to_test(const Settings& settings, const std::string& release) {
  return settings.kernel.empty() ? profile_of_release(release) : kernel_profile(settings.kernel);
}

int run(int argc, char** argv) {
  Settings settings;
  if (const std::optional<int> status = parse(argc, argv, settings)) return *status;
  utsname names{};
  uname(&names);
  Outcome outcome{.release = names.release, .seed = settings.seed};
  const Result<KernelProfile> rules = rules_to_test(settings, outcome.release);
  if (!rules) return give_up(rules.error());
  const auto kvm = open_linux_kvm("/dev/kvm");
  if (!kvm) return give_up(kvm.error());
  const Result<Host> host = measure_host(**kvm, *rules);
  if (!host) return give_up(host.error());
  const auto slots = open_kernel_slots();
  if (!slots) outcome.blind = slots.error().message;
  const auto bench = Bench::create(**kvm, *host, slots ? (*slots).get() : nullptr);
  if (!bench) return give_up(bench.error());
  return explore(**bench, settings, outcome);
}

}  // namespace
}  // namespace slotscope::conformance

int main(int argc, char** argv) { return slotscope::conformance::run(argc, argv); }
