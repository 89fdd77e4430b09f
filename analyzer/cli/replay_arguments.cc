#include "analyzer/cli/replay_arguments.h"

#include <fmt/format.h>

#include <cmath>
#include <iterator>

#include "analyzer/base/escape.h"

namespace po = boost::program_options;

namespace slotscope {
namespace {

template <class T>
struct Choice {
  const char* word;
  T value;
};

constexpr Choice<Backing> backings[] = {{"anon", Backing::anon},
                                        {"thp", Backing::thp},
                                        {"hugetlb", Backing::hugetlb},
                                        {"memfd", Backing::memfd}};
constexpr Choice<GuestWork> guests[] = {
    {"idle", GuestWork::idle}, {"touch", GuestWork::touch}, {"walk", GuestWork::walk}};
constexpr Choice<bool> quirks[] = {{"slot-zap-all=on", true}, {"slot-zap-all=off", false}};
constexpr Choice<bool> dirty_logs[] = {{"default", false}, {"manual-protect", true}};
constexpr Choice<bool> paces[] = {{"fast", false}, {"recorded", true}};

template <class T, size_t n>
Result<T> choose(const char* option, const std::string& word, const Choice<T> (&choices)[n]) {
  std::string known;
  for (const Choice<T>& choice : choices) {
    if (word == choice.word) return choice.value;
    known += fmt::format("{}{}", known.empty() ? "" : ", ", choice.word);
  }
  return Diagnostic{.fault = Fault::usage,
                    .message = fmt::format("--{} can't be '{}'", option, escape_for_terminal(word)),
                    .advice = "known: " + known};
}

Diagnostic out_of_range(const char* option, const char* range) {
  return {.fault = Fault::usage, .message = fmt::format("--{} takes {}", option, range)};
}

std::string text(const po::variables_map& values, const char* name) {
  return values[name].as<std::string>();
}

std::optional<std::string> optional_text(const po::variables_map& values, const char* name) {
  return values.count(name) ? std::optional(text(values, name)) : std::nullopt;
}

Status read_machine(const po::variables_map& values, ReplayOptions& replay) {
  auto backing = choose("backing", text(values, "backing"), backings);
  if (!backing) return std::move(backing).error();
  auto guest = choose("guest", text(values, "guest"), guests);
  if (!guest) return std::move(guest).error();
  auto dirty_log = choose("dirty-log", text(values, "dirty-log"), dirty_logs);
  if (!dirty_log) return std::move(dirty_log).error();
  replay.backing = *backing;
  replay.guest = *guest;
  replay.vm.manual_protect = *dirty_log;
  if (const auto word = optional_text(values, "quirk")) {
    auto quirk = choose("quirk", *word, quirks);
    if (!quirk) return std::move(quirk).error();
    replay.vm.slot_zap_all = *quirk;
  }
  replay.populate = values.count("populate") > 0;
  replay.pre_fault = values.count("pre-fault") > 0;
  replay.vcpus = values["vcpus"].as<uint32_t>();
  if (replay.vcpus > 64) return out_of_range("vcpus", "0 to 64");
  replay.memory_percent = values["memory-percent"].as<uint32_t>();
  if (replay.memory_percent < 1 || replay.memory_percent > 90) {
    return out_of_range("memory-percent", "1 to 90");
  }
  return ok();
}

Status read_pace(const po::variables_map& values, ReplayOptions& replay) {
  auto recorded = choose("pace", text(values, "pace"), paces);
  if (!recorded) return std::move(recorded).error();
  if (*recorded) replay.speed = 1;
  if (values.count("speed")) replay.speed = values["speed"].as<double>();
  const bool sane = !replay.speed || (std::isfinite(*replay.speed) && *replay.speed >= 1e-3);
  return sane ? ok() : Status(out_of_range("speed", "a factor of 0.001 or more"));
}

}  // namespace

void ReplayArguments::add_to(Options& options) {
  const auto number = [](uint32_t preset) {
    return po::value<uint32_t>()->value_name("N")->default_value(preset);
  };
  const auto word = [](const char* preset, const char* name = "WORD") {
    return po::value<std::string>()->value_name(name)->default_value(preset);
  };
  const auto file = [] { return po::value<std::string>()->value_name("FILE"); };
  options.add()("dry-run", "print the plan; touch nothing")(
      "repeat", number(10), "measured runs, each on a fresh VM")("warmup", number(1),
                                                                 "runs before them")(
      "compare", po::value<std::string>()->value_name("WHAT"),
      "in turn with: original, minimal, no-redundant or a TRACE")(
      "save", file(), "write the JSON there")("against", file(), "compare with a saved one")(
      "vcpus", number(0), "vCPUs that run meanwhile")("guest", word("idle"),
                                                      "what they do: idle, touch, walk")(
      "backing", word("anon"), "memory: anon, thp, hugetlb, memfd")(
      "populate", "fill it before the first")("pre-fault",
                                              "KVM_PRE_FAULT_MEMORY after each create")(
      "quirk", po::value<std::string>()->value_name("WORD"), "slot-zap-all=on or =off")(
      "dirty-log", word("default"), "default or manual-protect")(
      "pace", word("fast"), "fast or recorded")("speed", po::value<double>()->value_name("X"),
                                                "the recorded pace times X")(
      "pin", po::value<uint32_t>()->value_name("CPU"), "run on this CPU, the vCPUs too")(
      "split-address-spaces", "each in a VM of its own")("memory-percent", number(25),
                                                         "of free memory that slots may cost")(
      "kvm", word("/dev/kvm", "PATH"), "the device, or fake: made-up costs");
}

Result<ReplayArguments> ReplayArguments::from(const po::variables_map& values) {
  ReplayArguments arguments;
  if (Status read = read_machine(values, arguments.replay); !read) return std::move(read).error();
  if (Status read = read_pace(values, arguments.replay); !read) return std::move(read).error();
  arguments.repeat = values["repeat"].as<uint32_t>();
  arguments.warmup = values["warmup"].as<uint32_t>();
  if (arguments.repeat < 1 || arguments.repeat > 1'000'000) {
    return out_of_range("repeat", "1 to 1000000");
  }
  if (arguments.warmup > 1000) return out_of_range("warmup", "0 to 1000");
  if (values.count("pin")) arguments.pin = values["pin"].as<uint32_t>();
  arguments.dry_run = values.count("dry-run") > 0;
  arguments.split_address_spaces = values.count("split-address-spaces") > 0;
  arguments.kvm = text(values, "kvm");
  arguments.compare = optional_text(values, "compare");
  arguments.save = optional_text(values, "save");
  arguments.against = optional_text(values, "against");
  return arguments;
}

}  // namespace slotscope
