#!/usr/bin/env python3
"""Holds CONTRIBUTING.md's table of memory bounds: each hostile trace is read under a limit of the
address space, and what the process had in memory at most is compared with its row."""
import os
import resource
import subprocess
import sys

import hostile

MIB = 1 << 20
ADDRESS_SPACE = 512 * MIB  # libraries and threads' stacks reserve a hundred of them

# What grows, its generator with a size that would break the bound, the bound in MiB, the commands.
ALL = ("report", "log", "map")
CASES = [
    ("calls of a commit", hostile.calls_in_a_commit, 3_000_000, 64, ALL),
    ("updates of a commit", hostile.updates_in_a_commit, 600_000, 64, ALL),
    ("commits", hostile.commits, 400_000, 64, ALL),
    ("slots at once", hostile.slots_at_once, 0, 64, ("report", "map")),
    ("slots replaced in a commit", hostile.all_slots_replaced, 0, 64, ("report", "log")),
    ("different slots", hostile.different_slots, 600_000, 64, ALL),
    ("BARs at new addresses", hostile.bars_at_new_addresses, 400_000, 64, ("report",)),
    ("deletes of unseen slots", hostile.deletes_of_unseen_slots, 400_000, 64, ALL),
    ("host regions", hostile.host_regions, 500_000, 64, ALL),
    ("address spaces", hostile.address_spaces, 0, 64, ALL),
    ("accepted address spaces", hostile.accepted_address_spaces, 0, 64, ALL),
    ("failed calls", hostile.failed_calls, 1_000_000, 64, ALL),
    ("disagreements", hostile.disagreements, 1_000_000, 64, ALL),
    ("threads", hostile.threads, 400_000, 64, ALL),
    ("unfinished calls", hostile.unfinished_threads, 400_000, 64, ("report",)),
    ("notes", hostile.notes, 600_000, 64, ALL),
    ("losses", hostile.losses, 600_000, 64, ALL),
    ("stacks", hostile.stacks, 300_000, 64, ("report",)),
    ("symbols", hostile.symbols, 2_000_000, 64, ("report",)),
    ("a long line", hostile.a_long_line, 3_000_000, 64, ALL),
    ("VMs", hostile.vms, 20_000, 64, ("report",)),
]
QUICK = 5  # a fraction of the size is enough for a test; all of it finds slower growth


def limit():
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))


def peak_of(slotscope, command, blocks):
    """Exit status, what was said, and the most memory in MiB."""
    child = subprocess.Popen([slotscope, command, "-"], stdin=subprocess.PIPE,
                             stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, preexec_fn=limit)
    try:
        for block in blocks:
            child.stdin.write(block)
        child.stdin.close()
    except BrokenPipeError:
        pass
    said = child.stderr.read().decode(errors="replace")
    _, status, usage = os.wait4(child.pid, 0)
    return os.waitstatus_to_exitcode(status), said, usage.ru_maxrss / 1024


def main():
    slotscope, full = sys.argv[1], "--full" in sys.argv[2:]
    only = [argument for argument in sys.argv[2:] if not argument.startswith("--")]
    runs = [(case, command) for case in CASES for command in case[4]
            if not only or case[0] in only]
    print(f"1..{len(runs)}")
    failures = 0
    for number, ((what, make, size, most, _), command) in enumerate(runs, 1):
        exit_code, said, peak = peak_of(slotscope, command, make(size if full else size // QUICK))
        good = exit_code in (0, 2) and peak <= most and (exit_code == 0 or "error: " in said)
        failures += not good
        print(f"{'ok' if good else 'not ok'} {number} - {command}, {what}: {peak:.0f} MiB of {most}")
        if not good:
            print(f"# exit {exit_code}: {said[-300:]!r}")
        sys.stdout.flush()
    return 1 if failures else 0


sys.exit(main())
