#include "analyzer/cli/live_usage.h"

namespace po = boost::program_options;

namespace slotscope {

const Usage record_usage = {
    .synopsis = "record [options] [-p PID | --all | -- COMMAND...]",
    .about =
        "Captures the memslot calls of a command from its first one on, of a VM that already\n"
        "runs (its slots come first), or of every VM there is, until it ends or Ctrl-C.\n"
        "Children are followed; under sudo the command runs as the user who called it.\n"
        "Exit status: the command's where it ran to its end and the trace is whole.",
    .examples =
        "  sudo slotscope record -o boot.slots -- qemu-system-x86_64 -accel kvm disk.img\n"
        "  sudo slotscope record -p $(pidof qemu-system-x86_64) --duration 10 -o -\n",
};

const Usage slots_usage = {
    .synopsis = "slots [options] [-p PID | --all]",
    .about =
        "The memslots that the kernel holds now, read from its memory: of one process, or of\n"
        "every VM. The VMM is not asked, and none of its threads waits.",
    .examples =
        "  sudo slotscope slots -p $(pidof qemu-system-x86_64)\n"
        "  sudo slotscope slots --all --json | jq '.vms[].pid'\n",
};

void add_record_options(Options& command) {
  const auto text = [](const char* name) { return po::value<std::string>()->value_name(name); };
  command.add()("pid,p", po::value<uint32_t>()->value_name("PID"), "a process that already runs")(
      "all", "every VM")("output,o", text("FILE")->default_value("slotscope.slots"),
                         "the trace; - shows the calls as they come")(
      "to", text("FORMAT"), "native, jsonl or log; from FILE's name when not given")(
      "backend", text("NAME")->default_value("auto"), "auto, fentry, kprobe or syscalls")(
      "commits", "mark QEMU's memory commits (uprobes)")("stacks",
                                                         "the functions that led to each call")(
      "phases", "where the time inside a call goes, and what the guest pays after it")(
      "duration", text("TIME"), "stop after that long, the COMMAND too (10, 2.5s, 500ms)")(
      "buffer", text("SIZE"), "room for calls not yet written (4M; with --stacks 64M)")(
      "json", "the summary, or with -o - the calls, as JSON");
}

void add_slots_options(Options& command) {
  command.add()("pid,p", po::value<uint32_t>()->value_name("PID"), "of this process")(
      "all", "of every process (what is done without -p)");
  OutputOptions::add_to(command);
}

}  // namespace slotscope
