#!/usr/bin/env python3
"""Measures slotscope against the budgets and prints ratios.

  bench.py SLOTSCOPE MAKE_TRACE [--calls N] [--runs N] [--growth]

Both sides of a ratio run in turn, A B A B, on the same file in the page cache; what they print goes
to a pipe (grep stops at the first match when it writes to /dev/null). Ratios are of wall time, pair
by pair. --growth adds how time and memory grow from 10^4 to 10^7 calls and from 10 to 32764 slots.
"""
import argparse
import os
import pathlib
import platform
import statistics
import subprocess
import tempfile
import time


def run(command):
    """Wall seconds and peak KiB of one run."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    with process.stdout:
        while process.stdout.read(1 << 16):
            pass
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{command} failed: {process.returncode}")
    return wall, usage.ru_maxrss


def paired(left, right, runs):
    """Samples of both, in turn, after one warm-up of each."""
    run(left), run(right)
    return [(run(left), run(right)) for _ in range(runs)]


def spread(values, unit=1.0):
    values = sorted(values)
    return f"{statistics.median(values) * unit:.2f} ({values[0] * unit:.2f}-{values[-1] * unit:.2f})"


def make(tool, path, calls, live):
    with open(path, "wb") as file:
        subprocess.run([tool, str(calls), str(live)], stdout=file, check=True)
    return path


def cpu():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def text_against_grep(args, path, calls):
    pairs = paired([args.slotscope, "report", path], ["grep", "-c", "Slot", path], args.runs)
    report = [left for left, _ in pairs]
    grep = [right for _, right in pairs]
    print(f"report, QEMU text, {calls} calls, {os.path.getsize(path) >> 20} MiB")
    print(f"  report       {spread([wall for wall, _ in report])} s")
    print(f"  grep -c Slot {spread([wall for wall, _ in grep])} s")
    print(f"  ratio        {spread([a[0] / b[0] for a, b in pairs])}   budget 1")
    print(f"  peak memory  {max(kib for _, kib in report) / 1024:.1f} MiB   budget 32")


def native_rate(args, path, calls):
    one_core = ["taskset", "-c", "0", args.slotscope, "report", path]
    samples = [run(one_core) for _ in range(args.runs + 1)][1:]
    rates = [calls / wall / 1e6 for wall, _ in samples]
    print(f"report, native, {calls} calls, {os.path.getsize(path) >> 20} MiB, one core")
    print(f"  rate         {spread(rates)} million calls/s   budget 30")
    print(f"  peak memory  {max(kib for _, kib in samples) / 1024:.1f} MiB")


def growth(args, folder):
    print("growth, QEMU text: ns per call, peak MiB")
    for calls, live in [(10**4, 10), (10**5, 10), (10**6, 10), (10**7, 10),
                        (10**6, 100), (10**6, 1000), (10**6, 10000), (10**6, 32764)]:
        path = make(args.make_trace, os.path.join(folder, "growth.log"), calls, live)
        samples = [run([args.slotscope, "report", path]) for _ in range(args.runs)]
        wall = statistics.median(wall for wall, _ in samples)
        memory = max(kib for _, kib in samples) / 1024
        print(f"  {calls:>9} calls, {live:>6} slots  {wall / calls * 1e9:>8.0f} ns  {memory:>6.1f} MiB")
        os.unlink(path)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("slotscope")
    parser.add_argument("make_trace")
    parser.add_argument("--calls", type=int, default=5_000_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--growth", action="store_true")
    args = parser.parse_args()
    print(f"{cpu()}, {os.cpu_count()} processors, Linux {platform.release()}; "
          f"median (min-max) of {args.runs} runs")
    with tempfile.TemporaryDirectory() as folder:
        text = make(args.make_trace, os.path.join(folder, "text.log"), args.calls, 10)
        text_against_grep(args, text, args.calls)
        native = os.path.join(folder, "native.slots")
        subprocess.run([args.slotscope, "convert", text, "-o", native], check=True)
        native_rate(args, native, args.calls)
        if args.growth:
            growth(args, folder)


main()
