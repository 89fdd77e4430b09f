#include <fmt/format.h>

#include <atomic>
#include <csignal>
#include <utility>

#include "analyzer/cli/command.h"
#include "analyzer/cli/options.h"
#include "analyzer/cli/replay_arguments.h"
#include "analyzer/cli/replay_lab.h"
#include "analyzer/cli/saved_replay.h"
#include "analyzer/cli/trace_run.h"
#include "analyzer/format/bytes/byte_sink.h"
#include "analyzer/render/json/replay_json.h"
#include "analyzer/render/text/replay_text.h"
#include "replay/comparison.h"
#include "replay/host_facts.h"
#include "replay/plan.h"
#include "replay/requirements.h"
#include "replay/session.h"
#include "replay/statistics.h"
#include "replay/variants.h"

namespace slotscope {
namespace {

constexpr Usage replay_usage = {
    .synopsis = "replay [options] TRACE",
    .about =
        "Issues the trace's calls again, in the same order, on a scratch VM, and measures each:\n"
        "what it costs on this kernel, and whether this kernel agrees (exit 1 if not).",
    .examples =
        "  slotscope replay traces/notes/smm-off.log --compare no-redundant\n"
        "  slotscope replay boot.slots --vcpus 1 --guest touch --repeat 50 --json\n",
};

constexpr size_t shown_slowest = 5;

std::atomic<bool> interrupted = false;

// Ctrl-C ends the measuring, not the program; the second one ends that too.
class Interruptible {
 public:
  Interruptible() {
    struct sigaction action {};
    action.sa_handler = [](int) { interrupted = true; };
    action.sa_flags = static_cast<int>(SA_RESETHAND);
    sigaction(SIGINT, &action, &old_int_);
    sigaction(SIGTERM, &action, &old_term_);
  }
  ~Interruptible() {
    sigaction(SIGINT, &old_int_, nullptr);
    sigaction(SIGTERM, &old_term_, nullptr);
  }

 private:
  struct sigaction old_int_ {
  }, old_term_{};
};

// Why there is nothing to issue.
Diagnostic nothing_to_replay(const Plan& plan, const std::string& path) {
  Diagnostic error{.place = path, .message = "has no call to replay"};
  if (plan.left_out.empty()) return error;
  const LeftOut& first = plan.left_out.front();
  error.message += fmt::format(": all {} are left out", plan.left_out.size());
  error.advice = fmt::format("call {}: {}; --dry-run has the reasons of all", first.call.value,
                             left_out_text(first.reason));
  return error;
}

Result<Plan> read_plan(const std::string& path, const ReadingOptions& reading,
                       const PlanOptions& options, Streams& streams) {
  Result<TraceRun> run = TraceRun::open(path, reading);
  if (!run) return std::move(run).error();
  PlanBuilder builder(options);
  Status read = run->each([&](const Event& event, const Step* step) {
    builder.add(event, step);
    return true;
  });
  if (!read) return std::move(read).error();
  run->print_warnings(streams);
  if (Status found = run->check_vm_found(); !found) return std::move(found).error();
  Result<Plan> plan = builder.finish();
  if (!plan) return run->placed(std::move(plan).error());
  plan->cut_off = run->summary().cut_off();
  return plan;
}

Result<std::optional<Plan>> variant_of(const Plan& plan, const ReplayArguments& arguments,
                                       const ReadingOptions& reading, const PlanOptions& options,
                                       Streams& streams) {
  if (!arguments.compare) return std::optional<Plan>();
  if (*arguments.compare == "original") return std::optional(plan);
  if (*arguments.compare == "minimal") return std::optional(minimal_per_commit(plan, options.host));
  if (*arguments.compare == "no-redundant") {
    return std::optional(without_redundant_pairs(plan, options.host));
  }
  Result<Plan> other = read_plan(*arguments.compare, reading, options, streams);
  if (!other) return std::move(other).error();
  if (other->operations.empty()) return nothing_to_replay(*other, *arguments.compare);
  return std::optional(*std::move(other));
}

Status check(const Plan& plan, const Lab& lab, const ReplayArguments& arguments) {
  if (arguments.replay.speed && !plan.has_times) {
    return Diagnostic{.fault = Fault::usage,
                      .message = "the trace has no times to keep pace with",
                      .advice = "leave out --pace and --speed"};
  }
  if (Status able = check_capabilities(plan, lab.kvm->capabilities(), arguments.replay); !able) {
    return able;
  }
  return check_memory(plan, lab.available, arguments.replay);
}

std::string setup_text(const ReplayOptions& options) {
  constexpr const char* backing_words[] = {"anon", "thp", "hugetlb", "memfd"};
  constexpr const char* guest_words[] = {"idle", "touch", "walk"};
  std::string text =
      options.vcpus == 0
          ? std::string("no vCPU")
          : fmt::format("{} vCPU{} ({})", options.vcpus, options.vcpus == 1 ? "" : "s",
                        guest_words[static_cast<size_t>(options.guest)]);
  if (options.backing != Backing::anon) {
    text += fmt::format(", {} memory", backing_words[static_cast<size_t>(options.backing)]);
  }
  if (options.populate) text += ", populated";
  if (options.pre_fault) text += ", pre-faulted";
  if (options.vm.slot_zap_all) {
    text += fmt::format(", slot-zap-all {}", *options.vm.slot_zap_all ? "on" : "off");
  }
  if (options.vm.manual_protect) text += ", manual dirty log protection";
  return text;
}

Result<ReplayResult> measure(const ReplayArguments& arguments, Lab& lab, Plan plan,
                             const std::optional<Plan>& variant, Streams& streams) {
  const Interruptible interruptible;
  Executor executor(*lab.kvm, *lab.clock, arguments.replay, interrupted);
  SessionOptions session{.repeat = arguments.repeat, .warmup = arguments.warmup};
  if (streams.err_is_terminal) {
    session.progress = [&](uint32_t done, uint32_t of) {
      streams.err << fmt::format("\r  run {} of {}\x1b[K", done + 1, of) << std::flush;
    };
  }
  const Nanos clock = clock_cost(*lab.clock);
  Result<SessionRuns> runs =
      run_session(executor, plan, variant ? &*variant : nullptr, session, interrupted);
  if (streams.err_is_terminal) streams.err << "\r\x1b[K" << std::flush;
  if (!runs) return std::move(runs).error();
  ReplayResult result;
  result.host = lab.host;
  result.setup = setup_text(arguments.replay);
  result.clock_cost = clock;
  result.kinds = kind_rows(plan, runs->original);
  result.slowest = slowest_calls(plan, runs->original, shown_slowest);
  result.disagreements = disagreements(plan, runs->original);
  result.holes = sum_holes(runs->original);
  result.fidelity = fidelity(plan, runs->original);
  result.run_outliers = count_run_outliers(runs->original);
  result.interrupted = runs->interrupted;
  if (variant) {
    result.comparison = compare_runs(runs->original, runs->variant);
    result.comparison->variant = *arguments.compare;
    result.comparison->calls_saved = static_cast<int64_t>(plan.operations.size()) -
                                     static_cast<int64_t>(variant->operations.size());
  }
  result.runs = std::move(runs->original);
  result.variant_runs = std::move(runs->variant);
  result.plan = std::move(plan);
  return result;
}

Result<Exit> replay(const ReplayArguments& arguments, const ReadingOptions& reading,
                    Streams& streams) {
  // Both files before the work: a wrong path should not cost a measurement.
  std::optional<SavedReplay> saved;
  if (arguments.against) {
    Result<SavedReplay> read = read_saved_replay(*arguments.against);
    if (!read) return std::move(read).error();
    saved = *std::move(read);
  }
  if (arguments.save) {
    if (Status writable = can_be_created(*arguments.save); !writable) {
      return std::move(writable).error();
    }
  }
  Lab lab;
  if (Status opened = open_lab(arguments, lab); !opened) return std::move(opened).error();
  const PlanOptions options{.host = host_profile(lab.kvm->capabilities(), lab.host),
                            .split_address_spaces = arguments.split_address_spaces};
  Result<Plan> plan = read_plan(reading.traces.front(), reading, options, streams);
  if (!plan) return std::move(plan).error();
  if (plan->operations.empty()) return nothing_to_replay(*plan, reading.traces.front());
  if (Status able = check(*plan, lab, arguments); !able) return std::move(able).error();
  auto variant = variant_of(*plan, arguments, reading, options, streams);
  if (!variant) return std::move(variant).error();
  if (*variant) {
    if (Status able = check(**variant, lab, arguments); !able) return std::move(able).error();
  }
  if (Status pinned = pin_to(arguments.pin); !pinned) return std::move(pinned).error();
  Result<ReplayResult> result = measure(arguments, lab, *std::move(plan), *variant, streams);
  if (!result) return std::move(result).error();
  result->trace = reading.traces.front();
  if (saved && !result->runs.empty()) result->against = compare_with_saved(*saved, *result);
  if (arguments.save) {
    Status written = write_file(*arguments.save, json_text(replay_json(*result)) + "\n");
    if (!written) return std::move(written).error();
  }
  if (reading.json) {
    streams.out << json_text(replay_json(*result)) << '\n';
  } else {
    print_replay(streams.out, *result, reading.style);
  }
  // Interrupted before the first run, nothing agreed with anything.
  return result->disagreements.empty() && !result->runs.empty() ? Exit::done : Exit::no;
}

// Needs no KVM: where there is none, the rules are the newest kernel's.
Result<Exit> dry_run(const ReplayArguments& arguments, const ReadingOptions& reading,
                     Streams& streams) {
  Lab lab;
  const bool has_kvm = static_cast<bool>(open_lab(arguments, lab));
  PlanCircumstances around;
  around.variant = arguments.compare;
  if (!has_kvm) around.rules = newest_kernel().name;
  PlanOptions options{.host = newest_kernel(),
                      .split_address_spaces = arguments.split_address_spaces};
  if (has_kvm) options.host = host_profile(lab.kvm->capabilities(), lab.host);
  Result<Plan> plan = read_plan(reading.traces.front(), reading, options, streams);
  if (!plan) return std::move(plan).error();
  // What it leaves out, and why, is an answer too.
  if (plan->operations.empty() && plan->left_out.empty()) {
    return nothing_to_replay(*plan, reading.traces.front());
  }
  auto variant = variant_of(*plan, arguments, reading, options, streams);
  if (!variant) return std::move(variant).error();
  const Plan& shown = *variant ? **variant : *plan;
  for (const Plan* one : {&std::as_const(*plan), &shown}) {
    if (!has_kvm || around.refusal) continue;
    if (Status able = check(*one, lab, arguments); !able) around.refusal = std::move(able).error();
  }
  if (reading.json) {
    streams.out << json_text(replay_plan_json(shown, around, reading.traces.front()), 2) << '\n';
  } else {
    print_plan(streams.out, shown, around, reading.style);
  }
  return Exit::done;
}

}  // namespace

Result<Exit> run_replay(const std::vector<std::string>& arguments, Streams& streams) {
  Options command(replay_usage);
  ReplayArguments::add_to(command);
  ReadingOptions::add_to(command);
  auto values = command.parse(arguments, streams);
  if (!values) return std::move(values).error();
  if (!*values) return Exit::done;
  Result<ReadingOptions> reading = ReadingOptions::from(**values, 1, streams);
  if (!reading) return std::move(reading).error();
  Result<ReplayArguments> replaying = ReplayArguments::from(**values);
  if (!replaying) return std::move(replaying).error();
  return replaying->dry_run ? dry_run(*replaying, *reading, streams)
                            : replay(*replaying, *reading, streams);
}

}  // namespace slotscope
