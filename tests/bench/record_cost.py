#!/usr/bin/env python3
"""Measures what being recorded costs a VMM: record_cost.py SLOTSCOPE VM_CALLS [--runs N] [--rounds N] [--record OPTION]

`vm_calls cost` times an ioctl that is no memslot call, another system call, and two memslot calls; bare and under each
kind of recording, in turn in one run. A sample is the best of a hundred windows, so that neighbours don't count; shown
are the median and spread of the samples, and what they have more than the bare ones of the same run. The last kind is
shown for completeness: SRCU grace periods, which a create or a delete waits for, end sooner or later by tens of
microseconds with whatever else runs. Needs what `record` needs: root, or CAP_BPF and CAP_PERFMON.
"""
import argparse
import json
import os
import platform
import statistics
import subprocess
import sys

WHAT = {"other_ioctl_ns": "an ioctl that is no memslot call", "other_syscall_ns": "another system call",
        "no_change_ns": "a memslot call that changes nothing", "create_delete_ns": "a create or a delete"}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("slotscope")
    parser.add_argument("vm_calls")
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--rounds", type=int, default=100_000, help="calls of the cheapest kind in a run")
    parser.add_argument("--record", action="append", metavar="OPTION", default=[],
                        help="of record, for every recording (--record=--backend=fentry)")
    return parser.parse_args()


def sample(command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: {done.stderr.strip()}")
    return json.loads(done.stdout), done.stderr


def spread(values):
    return f"{statistics.median(values):9.0f} ({min(values):.0f}-{max(values):.0f})"


def main():
    options = arguments()
    work = [options.vm_calls, "cost", str(options.rounds)]
    record = [options.slotscope, "record", "-o", "/dev/null", "--to", "native", *options.record]
    kinds = {"bare": work, "record": [*record, "--", *work], "record --stacks": [*record, "--stacks", "--", *work],
             "record --phases": [*record, "--phases", "--", *work]}
    samples = {kind: [] for kind in kinds}
    said = ""
    for _ in range(options.runs):
        for kind, command in kinds.items():
            values, errors = sample(command)
            samples[kind].append(values)
            said = errors.splitlines()[0] if kind == "record" else said
    print(f"Linux {platform.release()}, {os.cpu_count()} processors; ns, median (min-max) of {options.runs} runs in turn")
    print(said.partition(": ")[2])
    for key, what in WHAT.items():
        print(what)
        for kind in kinds:
            values = [values[key] for values in samples[kind]]
            more = [value - bare[key] for value, bare in zip(values, samples["bare"])]
            print(f"  {kind:<16}{spread(values):<26}" + ("" if kind == "bare" else f" {statistics.median(more):+.0f}"))


main()
