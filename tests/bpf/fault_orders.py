"""Faults of who lives how long: `orders`, in which processes come, go and hand VMs on in random orders and record ends with
the last of them, and `ends-early`, in which a process ends while record attaches to it."""
import os
import subprocess
import time

from fault_round import PROGRAMS, SECOND, Failed, check, events, have_kvm, is_call, report
from steps import KNOWN, Program

STEPS = 24  # of a random program
# Seconds for a recording that needs one; the lab, where everything is slow, sets another.
PATIENCE = int(os.environ.get("SLOTSCOPE_PATIENCE", "30"))


def program_of(round):
    known = KNOWN if have_kvm() else ()
    if round.number < len(known):
        return known[round.number]
    program = Program(round.dice, have_kvm(), STEPS)
    return program.text, program.expected


def wait_for_end(round, recorder, what):
    try:
        return recorder.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        raise Failed(f"{what}: goes on after {PATIENCE} s: {round.told()}") from None


def orders(round, seen):
    text, expected = program_of(round)
    began = time.monotonic_ns()
    recorder = round.record("--json", "--", PROGRAMS.vm_steps, text)
    status = wait_for_end(round, recorder, text)
    seen["slowest"] = max(seen["slowest"], time.monotonic_ns() - began)
    told = f"{text}: {round.told()}"
    check(status == expected.status, f"status {status}, not {expected.status}: {told}")
    summary = round.summary()
    check(summary["end_reason"] == "the command ended", f"the end: {told}")
    check(summary["lost"] == 0 and summary["unreadable"] == 0, f"nothing is lost: {told}")
    check((summary["calls"], summary["vms"]) == (expected.calls, expected.vms),
          f"{expected.calls} calls on {expected.vms} VMs: {told}")
    for entry in summary["checks"]:
        agrees = entry["compared"] and entry["differing_slots"] == 0 and (entry["surplus_swaps"] or 0) == 0
        check(agrees, f"the kernel agrees: {entry} {told}")
    stream = events(round.trace)
    refused = sum(is_call(event) and event["ret"] != 0 for event in stream)
    check(refused == expected.refused, f"{refused} refused calls, not {expected.refused}: {told}")
    marks = [(event["vm"], event["edge"]) for event in stream if event["event"] == "vm"]
    ended = {vm for vm, edge in marks if edge == "end"}
    check(len(marks) == len(set(marks)) == 2 * expected.vms and len(ended) == expected.vms,
          f"every VM begins and ends once: {marks} {told}")
    answer, document, diagnostics = report(round.trace)
    check(answer == 0 and document["trace"]["whole"], f"the file is whole: {diagnostics}")
    for key, value in (("calls", expected.calls), ("vms", expected.vms), ("compared", len(summary["checks"]))):
        seen[key] += value


def told_of_orders(seen):
    return (f"{seen['calls']} calls on {seen['vms']} VMs as they were made, {seen['compared']} address spaces compared; the slowest "
            f"took {seen['slowest'] / SECOND:.2f} s")


def ends_early(round, seen):
    began = time.monotonic()
    status = wait_for_end(round, round.record("-p", str(os.getpid()), "--duration", "1ms"), "a millisecond")
    check(status == 0, f"status {status}: {round.told()}")
    lifetime = round.dice.uniform(0.2, 1.1) * (time.monotonic() - began)
    shell = round.start(["sh", "-c", f"sleep {lifetime:.3f} & echo $!; wait"], stdout=subprocess.PIPE, text=True)
    recorder = round.record("-p", shell.stdout.readline().strip())
    status = wait_for_end(round, recorder, f"a process of {lifetime:.2f} s")
    check(status == 0 or status == 2 and "there is no process" in round.told(), f"status {status}: {round.told()}")
    seen["none" if status else "attached"] += 1


def told_of_early_ends(seen):
    return f"{seen['attached']} were attached to and ended the recording, {seen['none']} were gone before"
