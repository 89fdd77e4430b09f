#include "analyzer/findings/budget.h"

#include <set>

#include "tests/support/calls.h"
#include "tests/support/findings.h"

using namespace slotscope;
using Answer = BudgetLine::Verdict;

namespace {

Report report_of(const std::vector<Event>& events, bool faithful = true) {
  Report report;
  Model model(newest_kernel(), faithful);
  TotalsBuilder totals;
  FindingsBuilder findings;
  for (const Event& event : events) {
    const Step* step = model.apply(event);
    totals.add(event, step);
    findings.add(event, step);
  }
  report.summary.ending = Ending::marked;
  report.totals = totals.finish(model);
  report.findings = findings.finish(model);
  return report;
}

Report notes_smm_on() { return report_of(test::read_shipped("notes/smm-on.log").events, false); }

Call timed(uint16_t vm, int64_t time, std::optional<int64_t> duration) {
  Call call = test::make_call({.slot = 0, .size = 0x1000});
  call.vm = VmId{vm};
  call.time = Nanos{time};
  if (duration) call.duration = Nanos{*duration};
  return call;
}

}  // namespace

TEST_CASE("a limit is kept up to its value and broken past it") {
  const BudgetCheck check = check_budget({{"calls", 112},
                                          {"calls", 111},
                                          {"address_space.1.calls", 54},
                                          {"cause.pam.calls", 48},
                                          {"slots", 9},
                                          {"collateral_bytes", 32208732160}},
                                         notes_smm_on());
  const Answer expected[] = {Answer::kept,   Answer::broken, Answer::kept,
                             Answer::broken, Answer::broken, Answer::kept};
  REQUIRE(check.lines.size() == std::size(expected));
  for (size_t i = 0; i < check.lines.size(); ++i) {
    CAPTURE(check.lines[i].limit.name);
    CHECK(check.lines[i].verdict == expected[i]);
  }
  CHECK(check.broken == 3);
  CHECK(check.uncertain == 0);
  CHECK_FALSE(check.kept());
}

TEST_CASE("what a trace does not show is none of it, and a time it does not tell is no answer") {
  const BudgetCheck check =
      check_budget({{"cause.hotplug.calls", 0}, {"address_space.7.calls", 0}, {"hole_time_ns", 5}},
                   notes_smm_on());
  CHECK(check.lines[0].verdict == Answer::kept);
  CHECK(check.lines[0].value == uint64_t{0});
  CHECK(check.lines[1].verdict == Answer::kept);
  CHECK(check.lines[2].verdict == Answer::not_recorded);
  CHECK_FALSE(check.lines[2].value);
  CHECK(check.broken == 0);
}

TEST_CASE("several VMs add up, and of peaks the largest counts") {
  std::vector<Event> events = {timed(1, 100, 10), timed(2, 200, 30)};
  Call second = timed(2, 300, 5);
  second.slot = SlotId{1};
  second.gpa = Gpa{0x10000};
  events.push_back(second);
  const BudgetCheck check =
      check_budget({{"calls", 9}, {"slots", 9}, {"time_in_calls_ns", 44}}, report_of(events));
  CHECK(check.lines[0].value == uint64_t{3});
  CHECK(check.lines[1].value == uint64_t{2});
  CHECK(check.lines[2].value == uint64_t{45});
  CHECK(check.lines[2].verdict == Answer::broken);
}

TEST_CASE("after a loss or a cut no budget is kept, and a broken one is broken") {
  std::vector<Event> events = {timed(1, 100, 10)};
  const std::vector<Limit> limits = {{"calls", 1}, {"calls", 0}, {"lost", 2}};
  const auto verdicts = [&](const Report& report) {
    std::vector<Answer> answers;
    for (const BudgetLine& line : check_budget(limits, report).lines) {
      answers.push_back(line.verdict);
    }
    return answers;
  };
  CHECK(verdicts(report_of(events)) ==
        std::vector<Answer>{Answer::kept, Answer::broken, Answer::kept});
  Report cut = report_of(events);
  cut.summary.ending = Ending::cut_off;
  CHECK(verdicts(cut) == std::vector<Answer>{Answer::uncertain, Answer::broken, Answer::uncertain});
  CHECK_FALSE(check_budget({{"calls", 1}}, cut).kept());
  Loss loss;
  loss.count = 2;
  loss.vm = VmId{1};
  events.push_back(loss);
  CHECK(verdicts(report_of(events)) ==
        std::vector<Answer>{Answer::uncertain, Answer::broken, Answer::kept});
}

TEST_CASE("of a trace that begins in mid-life no budget is kept") {
  const Report report = report_of({test::make_call({.slot = 3, .gpa = 0x1000, .size = 0})});
  const BudgetCheck check = check_budget({{"calls", 5}}, report);
  CHECK(check.gaps.begins_midlife);
  CHECK(check.lines[0].verdict == Answer::uncertain);
}

TEST_CASE("rejected calls can be limited") {
  Call failed = timed(1, 100, 10);
  failed.ret = -12;
  const BudgetCheck check = check_budget({{"rejected", 0}}, report_of({timed(1, 50, 10), failed}));
  CHECK(check.lines[0].value == uint64_t{1});
  CHECK(check.lines[0].verdict == Answer::broken);
}

TEST_CASE("what hangs on inferred commits and on causes is marked") {
  std::vector<Event> events = {timed(1, 100, 10)};
  const auto inferred = [](const Report& report) {
    std::set<std::string> names;
    for (const Measure& measure : measures_of(report)) {
      if (measure.inferred) names.insert(measure.name.substr(0, measure.name.find('.')));
    }
    return names;
  };
  CHECK(inferred(report_of(events)) ==
        std::set<std::string>{"cause", "collateral_bytes", "commits", "hole_time_ns", "holes",
                              "idle_bytes", "idle_calls", "idle_commits", "longest_hole_ns",
                              "mirrors", "slots_needed"});
  std::get<Call>(events[0]).commit = CommitId{1};
  CHECK(inferred(report_of(events)) == std::set<std::string>{"cause"});
}

TEST_CASE("every measure of a trace can be limited, and a misspelt one can't") {
  for (const Measure& measure : measures_of(notes_smm_on())) {
    CAPTURE(measure.name);
    CHECK(is_measure(measure.name));
  }
  for (const char* name :
       {"", "call", "calls.", ".calls", "address_space.calls", "address_space.1x.calls",
        "address_space.70000.calls", "address_space.1.commits", "cause.pam", "cause.parn.calls",
        "cause..calls", "address_space.-1.calls"}) {
    CAPTURE(name);
    CHECK_FALSE(is_measure(name));
  }
}
