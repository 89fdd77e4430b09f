#!/usr/bin/env python3
"""Faults, many times over: faults.py SLOTSCOPE VM_CALLS [--rounds N] [--seed N] [FAULT...]

  orders         processes come, go and hand VMs on in random orders: record ends with the last, and counts right
  ends-early     a process ends while record attaches to it: that ends the recording too
  kill-recorder  record is killed: what it had a second before is there, and its VMM goes on
  kill-vmm       the VMM is killed: record ends by itself, with everything, and agrees with the kernel
  stop-recorder  record is stopped for longer than its ring lasts: what is lost is counted, in its place
  one-page-ring  the smallest ring: the same
  full-disk      record writes until nothing fits any more, and says so; what fitted can be read
  in-is-out      a trace is converted onto itself: the same as elsewhere, or refused
  two-recorders  two of them get one output: what is there at the end is one whole trace
  fifo           nobody reads, or the reader has stopped: a signal ends record
  truncate       a trace is cut at every byte: report says what is missing, and never too much
  bit-flips      every bit of a trace is flipped: report says the same, or that something is damaged

Moments and sizes are random, by --seed. A round of the last two is a trace, of the others one fault; from its fifth round on
bit-flips takes a tenth of the bits, by chance. vm_steps is looked for beside VM_CALLS. Without KVM the faults that need it
are left out, and the others do with less. Prints a line for each fault, before it a line for each round that failed, and
last `N rounds, M failures`. Exit status: 0 none failed, 1 one did, 77, with the reason, where one can't run here.
"""
import argparse
import collections
import os
import pathlib
import random
import signal
import subprocess
import sys
import time

from fault_files import bit_flips, told_of_cuts, told_of_flips, truncate
from fault_orders import ends_early, orders, told_of_early_ends, told_of_orders
from fault_outputs import fifo, in_is_out, told_of_fifos, told_of_in_is_out, told_of_two_recorders, two_recorders
from fault_round import (PROGRAMS, SECOND, CannotRun, Failed, Round, check, child_that_runs, children, events, is_call,
                         needs_kvm, number, report, time_kept_waiting, wait_for)


def follows_vm_calls(stream, number=0):
    """Whether the calls are those of `vm_calls rate` from its call `number` on, without what losses stand for."""
    for event in stream:
        if event["event"] == "loss":
            number += event["count"]
        elif is_call(event):
            changes = number > 0 and number % 100 == 0
            expected = (1, 0 if number % 200 == 0 else 4096) if changes else (0, 4096)
            if (event["slot"], event["size"]) != expected or event["ret"] != 0:
                return False
            number += 1
    return True


def calls_of_boot(stream):
    """QEMU sends a delete with the new flags before a READONLY flip, and does not trace it."""
    keys = ("as", "slot", "flags", "gpa", "size", "hva", "ret")
    shown = [event for event in stream if is_call(event) and not (event["size"] == 0 and event["flags"])]
    return [[event[key] for key in keys] for event in shown]


def missing_of_boot(round, killed):
    """How long before `killed` the first call was that is not there; all calls before it are."""
    seen, boot = events(round.trace), events(round.folder / "boot.log")
    kept, made = calls_of_boot(seen), calls_of_boot(boot)
    check(kept == made[:len(kept)], f"calls of QEMU: {kept} and {made}")
    return max(0, killed - boot[len(kept)]["time_ns"]) if len(kept) < len(made) else 0


def kill_recorder(round, seen):
    needs_kvm()
    boots, attached, early = (round.number % 4 == n for n in (1, 2, 3))
    rate, seconds, vmm = round.dice.choice((50, 1000, 20000)), 1 if early else 3, None
    if attached:
        vmm = round.start(round.calls(rate, seconds))
        time.sleep(round.dice.uniform(0, 0.2))
        recorder = round.record("-p", str(vmm.pid))
    else:
        recorder = round.record("--", *(round.boot() if boots else round.calls(rate, seconds)))
    if early:
        time.sleep(round.dice.uniform(0, 0.15))
    else:
        round.wait_for_recording(recorder)
        began = time.monotonic_ns()
        time.sleep(round.dice.uniform(0, 2.2))
    if recorder.poll() is not None:
        seen["too late"] += 1
        return
    watched = [round.watch(pid) for pid in ([vmm.pid] if attached else children(recorder.pid))]
    waited, killed, killed_on_clock = time_kept_waiting(recorder.pid), time.monotonic_ns(), time.time_ns()
    recorder.kill()
    check(recorder.wait() == -signal.SIGKILL, f"status {recorder.returncode}")

    if boots:
        time.sleep(0.2)
        check(not watched[0].has_ended(), "QEMU goes on")
        watched[0].send(signal.SIGTERM)
    for process in watched:
        check(process.has_ended(seconds + 60), "the VMM comes to its end")
    counts = round.counts()
    # A VMM that record still held has not begun, and has made no file.
    check(boots or len(counts) == 1 or (early and not round.made.exists()), f"the VMM made its calls: {counts}")

    # What the recorder had stays where it was until the end that it did not see.
    check(not round.trace.exists(), "no unfinished file takes the place of the trace")
    if not round.partial.exists():
        check(early, "a recording that has begun has a file")
        seen["nothing"] += 1
        return
    os.rename(round.partial, round.trace)
    status, document, told = report(round.trace)
    if status == 2:
        check(early and told, f"a file that was begun is readable: {told}")
        seen["nothing"] += 1
        return
    trace = document["trace"]
    check(trace["whole"] is False and "the writer did not finish" in told, f"{trace} {told}")
    check(boots or trace["calls"] <= sum(counts), f"{trace['calls']} of {counts} calls")
    seen["readable"] += 1
    seen["calls"] += trace["calls"]
    if boots:
        missing = missing_of_boot(round, killed_on_clock)
    else:
        stream = events(round.trace)
        # Where a call of a VMM that ran before stands in its own order is known up to the next change.
        check(any(follows_vm_calls(stream, first) for first in (range(201) if attached else (0,))),
              "the calls are in order, and none is missing between them")
        missing = 0 if early else max(0, killed - max(began, trace["last_ns"] or 0))
    seen["missing"] = max(seen["missing"], missing)
    # record looks 50 times a second, and what it then sees takes its time; it writes once a second.
    check(missing < 1.25 * SECOND + waited, f"{missing / SECOND:.2f} s are missing, of which others ran {waited / SECOND:.2f} s")


def told_of_killed_recorders(seen):
    late = f", {seen['too late']} had ended" if seen["too late"] else ""
    return (f"{seen['readable']} files readable, {seen['nothing']} had nothing yet{late}; {number(seen['calls'])} calls kept, "
            f"at most {seen['missing'] / SECOND:.2f} s missing")


def kill_vmm(round, seen):
    needs_kvm()
    boots = round.number % 4 == 1
    command = round.boot() if boots else [PROGRAMS.vm_calls, "rate", str(round.dice.choice((100, 2000, 8000))), "60"]
    recorder = round.record("--json", "--", *command)
    vmm = round.watch(wait_for(lambda: child_that_runs(recorder, command[0]), f"{command[0]} runs"))
    time.sleep(round.dice.uniform(0, 1))
    killed = time.monotonic_ns()
    vmm.send(signal.SIGKILL)
    check(recorder.wait(60) == 128 + signal.SIGKILL, f"status {recorder.returncode}: {round.told()}")
    seen["slowest"] = max(seen["slowest"], time.monotonic_ns() - killed)

    summary = round.summary()
    check(summary["end_reason"] == "the command ended" and "lives on" not in round.told(), f"the end: {round.told()}")
    check(summary["lost"] == 0 and summary["unreadable"] == 0, f"nothing is lost: {summary}")
    status, document, told = report(round.trace)
    check(status == 0 and not told and document["trace"]["whole"], f"the file is whole: {told}")
    check(document["trace"]["calls"] == summary["calls"], f"the summary's calls are in the file: {summary}")
    check(boots or follows_vm_calls(events(round.trace)), "the calls are in order, and none is missing between them")
    seen["calls"] += summary["calls"]
    if summary["vms"] == 0:
        seen["no VM"] += 1
    elif summary["unchecked"]:
        seen["unchecked"] += 1
    else:
        check({entry["vm"] for entry in summary["checks"]} == {1}, f"the VM is compared: {summary}")
        for entry in summary["checks"]:
            agrees = entry["compared"] and entry["differing_slots"] == 0 and entry["surplus_swaps"] == 0
            check(agrees, f"the kernel's last look agrees: {entry}")
        seen["agree"] += 1


def told_of_killed_vmms(seen):
    unchecked = f", {seen['unchecked']} not comparable on this kernel" if seen["unchecked"] else ""
    return (f"{number(seen['calls'])} calls, none lost; {seen['agree']} agree with the kernel, {seen['no VM']} had no VM yet"
            f"{unchecked}; record ended within {seen['slowest'] / SECOND:.2f} s")


def starve(round, seen, rate, buffer, stop=None):
    """A ring that is too small, for one VMM or three."""
    needs_kvm()
    vmms = 3 if round.number % 2 else 1
    recorder = round.record("--json", "--buffer", str(buffer), "--", *round.calls(rate, 1, vmms))
    if stop:
        round.wait_for_recording(recorder)
        time.sleep(round.dice.uniform(0.05, 0.4))
        recorder.send_signal(signal.SIGSTOP)
        time.sleep(stop)
        recorder.send_signal(signal.SIGCONT)
    check(recorder.wait(60) in (0, 1), f"status {recorder.returncode}: {round.told()}")
    check("lives on" not in round.told(), f"the end: {round.told()}")
    made, summary, (status, document, told) = round.counts(), round.summary(), report(round.trace)
    check(len(made) == vmms, f"every VMM made its calls: {made}")
    check(status == 0 and document["trace"]["end"] == "marked", f"the file is complete: {told}")
    stream = events(round.trace)
    calls, lost = sum(map(is_call, stream)), sum(event["count"] for event in stream if event["event"] == "loss")
    check(calls == summary["calls"] == document["trace"]["calls"], f"{calls} calls: {summary}")
    check(lost == summary["lost"] == document["trace"]["lost"], f"{lost} losses stand in the stream: {summary}")
    check(stop is None or lost > 0, "a recorder that does not run loses calls")
    whole = (lost == 0, recorder.returncode == 0, f"{round.trace} is whole" in round.told())
    whole += (document["trace"]["whole"], summary["whole"])
    check(len(set(whole)) == 1, f"the status, what is said, and both documents agree: {whole} {round.told()}")
    check((lost > 0) == ("give them more room with --buffer" in round.told()), f"what to do: {round.told()}")
    # The creation of a VM and the end of its process are records like calls. That a process is gone is also found
    # otherwise: then its end is both lost and told.
    marks = collections.Counter(event["edge"] for event in stream if event["event"] == "vm")
    others = calls + lost - sum(made)
    check(2 * vmms - marks["start"] - marks["end"] <= others <= 2 * vmms - marks["start"],
          f"{calls} calls and {lost} losses of {made}, marks {marks}")
    check(vmms > 1 or marks["start"] == 0 or follows_vm_calls(stream), "each loss stands where its calls are missing")
    for key, value in (("made", sum(made)), ("lost", lost), ("ends", others), ("none", lost == 0)):
        seen[key] += value


def stop_recorder(round, seen):
    buffer = round.dice.choice((4096, 16384, 65536, 262144))  # lasts at most 102 ms: a call takes 128 bytes
    starve(round, seen, 20000, buffer, round.dice.uniform(0.2, 1.2))


def one_page_ring(round, seen):
    starve(round, seen, round.dice.choice((1000, 5000, 20000, 100000)), 4096)


def told_of_losses(seen):
    ends = f" and {seen['ends']} creations and ends of VMs" if seen["ends"] else ""
    none = f"; nothing lost in {seen['none']}" if seen["none"] else ""
    return (f"{number(seen['made'])} calls made, {number(seen['lost'] - seen['ends'])} of them{ends} lost and counted where "
            f"they are missing{none}")


def full_disk(round, seen):
    needs_kvm()
    full, lines = round.number % 4 == 2, round.number % 2 == 1
    disk = round.small_disk(1 if full else round.dice.randint(1, 64))
    if full:
        (disk / "filler").write_bytes(bytes(4096))
    trace = disk / ("trace.jsonl" if lines else "trace.slots")
    recorder = round.record("--", *round.calls(20000, 1), trace=trace)
    check(recorder.wait(60) == 3, f"status {recorder.returncode}: {round.told()}")
    check("No space left on device" in round.told() and str(trace) in round.told(), f"the reason: {round.told()}")
    if full:
        check([path.name for path in disk.iterdir()] == ["filler"], "there was no room for anything, and nothing is left")
        seen["full"] += 1
        return
    status, document, told = report(trace)
    counts = round.counts()
    check(len(counts) == 1, f"the VMM made its calls: {counts}")
    check(status == 0 and document["trace"]["whole"] is False, f"the file is readable and not whole: {document} {told}")
    check("could not be written: can't write: No space left on device\n" in told or "the writer did not finish" in told,
          f"what is missing: {told}")
    stream = events(trace)
    calls = sum(map(is_call, stream))
    check(calls == document["trace"]["calls"] < counts[0], f"{calls} calls of {counts}")
    check(follows_vm_calls(stream), "the calls are the first ones, all up to the last")
    seen["readable"] += 1
    seen["calls"] += calls
    seen["says why"] += "could not be written" in told


def told_of_full_disks(seen):
    return (f"{seen['readable']} files readable ({seen['says why']} say why they end), {seen['full']} disks were full from "
            f"the start; {number(seen['calls'])} calls kept")


FAULTS = {
    "orders": (orders, told_of_orders),
    "ends-early": (ends_early, told_of_early_ends),
    "kill-recorder": (kill_recorder, told_of_killed_recorders),
    "kill-vmm": (kill_vmm, told_of_killed_vmms),
    "stop-recorder": (stop_recorder, told_of_losses),
    "one-page-ring": (one_page_ring, told_of_losses),
    "full-disk": (full_disk, told_of_full_disks),
    "in-is-out": (in_is_out, told_of_in_is_out),
    "two-recorders": (two_recorders, told_of_two_recorders),
    "fifo": (fifo, told_of_fifos),
    "truncate": (truncate, told_of_cuts),
    "bit-flips": (bit_flips, told_of_flips),
}


def reason_not_to_run():
    if os.geteuid() != 0:
        return "not root"
    tried = subprocess.run([PROGRAMS.slotscope, "slots", "-p", str(os.getpid())], capture_output=True, text=True)
    return tried.stderr.strip() if tried.returncode == 3 else None


def run(fault, rounds, seed):
    """The number of rounds that failed."""
    inject, tell = FAULTS[fault]
    seen, failures = collections.Counter(), 0
    for n in range(rounds):
        try:
            with Round(fault, n, seed) as round:
                inject(round, seen)
        except (Failed, subprocess.TimeoutExpired) as why:
            failures += 1
            print(f"failed: {fault}, round {n} of seed {seed}: {why}", flush=True)
    failed = f", {failures} failed" if failures else ""
    print(f"{fault}: {rounds} rounds{failed}; {tell(seen)}", flush=True)
    return failures


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that nothing stays behind
    reason = reason_not_to_run()
    if reason:
        print(f"skipped: {reason}")
        return 77
    ran, failures, cannot = 0, 0, False
    for fault in ARGUMENTS.faults or FAULTS:
        try:
            failures += run(fault, ARGUMENTS.rounds, ARGUMENTS.seed)
            ran += ARGUMENTS.rounds
        except CannotRun as why:
            cannot = True
            print(f"{fault}: skipped: {why}", flush=True)
    print(f"{ran} rounds, {failures} failures")
    return 1 if failures else 77 if cannot else 0


parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("slotscope")
parser.add_argument("vm_calls")
parser.add_argument("faults", nargs="*", metavar="FAULT", help="which; all without any")
parser.add_argument("--rounds", type=int, default=3)
parser.add_argument("--seed", type=int, default=random.randrange(1 << 32), help="of the random choices; another each time")
ARGUMENTS = parser.parse_intermixed_args()
if unknown := set(ARGUMENTS.faults) - set(FAULTS):
    parser.error(f"no fault {', '.join(sorted(unknown))}; there are {', '.join(FAULTS)}")
PROGRAMS.slotscope, PROGRAMS.vm_calls = ARGUMENTS.slotscope, ARGUMENTS.vm_calls
PROGRAMS.vm_steps = str(pathlib.Path(ARGUMENTS.vm_calls).with_name("vm_steps"))
sys.exit(main())
