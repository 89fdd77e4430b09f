#!/usr/bin/env python3
"""Whether two builds of slotscope say the same about the same traces.

  same_reports.py OLD NEW [TRACE...] [--random N] [--seed S] [--long LINES]

Runs `report --json` of both on each TRACE (default: everything in traces/), on --random traces that
it makes up (calls of a few slots that come, go, move, are refused or contradict each other, by
several threads and VMs, with and without times, with commit marks and losses), and on mixtures of
the QEMU logs among the traces, repeated to --long lines. Prints what differs; exit 1 if anything does.
"""
import argparse
import itertools
import json
import pathlib
import random
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PAGE = 0x1000
RAM, ROM, VRAM = 0x7F0000000000, 0x7E0000000000, 0x7D0000000000


def report(binary, path):
    done = subprocess.run([binary, "report", "--json", path], capture_output=True, text=True)
    if done.returncode != 0:
        return f"exit {done.returncode}: {done.stderr}"
    return json.loads(done.stdout)


def differences(old, new, place=""):
    """Places and values, as (place, old, new)."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(old.keys() | new.keys()):
            yield from differences(old.get(key), new.get(key), f"{place}/{key}")
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, (one, other) in enumerate(zip(old, new)):
            yield from differences(one, other, f"{place}/{index}")
    elif old != new:
        yield place, old, new


def call(rng, kinds):
    """One call's fields, of a small world so that calls meet each other."""
    as_id = rng.choice((0, 0, 1))
    slot = rng.randrange(6)
    gpa, size, hva = rng.choice(kinds)
    flags = rng.choice((0, 0, 0, 1, 2))
    if rng.random() < 0.45:
        return as_id, slot, 0, gpa, 0, hva, 0
    ret = rng.choice((0,) * 12 + (-17, -22, -12))
    return as_id, slot, flags, gpa, size, hva, ret


def world(rng):
    """Places: RAM whole and in pieces around PAM and SMRAM, ROM, a BAR, device memory."""
    kinds = [(0, 1 << 29, RAM), (0, 0xA0000, RAM), (0, 0xC0000, RAM), (0xC0000, 0x10000, RAM + 0xC0000),
             (0xC0000, 0x20000, ROM), (0xE0000, 0x20000, ROM + 0x20000), (0x100000, (1 << 29) - 0x100000, RAM + 0x100000),
             (0xA0000, 0x20000, VRAM), (0xFD000000, 1 << 24, VRAM), (0xFFC00000, 0x84000, ROM),
             (0xFEBE0000, 0x10000, ROM), (1 << 32, 1 << 30, RAM + (1 << 29))]
    return rng.sample(kinds, rng.randrange(3, len(kinds)))


def random_trace(rng):
    """As JSON Lines would hold it, but in QEMU's text or strace's or ours by turns."""
    kinds = world(rng)
    phrases = [[call(rng, kinds) for _ in range(rng.randrange(1, 8))] for _ in range(rng.randrange(1, 12))]
    timed, marked = rng.random() < 0.6, rng.random() < 0.3
    time, lines = 1000 * 10**6, []
    for phrase in itertools.islice(iter(lambda: rng.choice(phrases), None), rng.randrange(20, 200)):
        if marked and rng.random() < 0.9:
            lines.append("flatview_new 0x55d0 (root 0x55d1)")
        tid = rng.choice((7, 7, 7, 8))
        for as_id, slot, flags, gpa, size, hva, ret in phrase:
            time += rng.choice((3, 50, 900, 150_000)) if rng.random() < 0.9 else -20
            prefix = f"{tid}@{time // 10**6}.{time % 10**6:06}:" if timed else ""
            lines.append(f"{prefix}kvm_set_user_memory AddrSpace#{as_id} Slot#{slot} flags=0x{flags:x} "
                         f"gpa=0x{gpa:x} size=0x{size:x} ua=0x{hva:x} guest_memfd=-1 guest_memfd_offset=0x0 ret={ret}")
    return "\n".join(lines) + "\n"


def mixture(rng, logs, lines):
    text = []
    while len(text) < lines:
        text += rng.choice(logs)
    return "\n".join(text) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("old")
    parser.add_argument("new")
    parser.add_argument("traces", nargs="*")
    parser.add_argument("--random", type=int, default=200)
    parser.add_argument("--long", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    traces = [pathlib.Path(name) for name in options.traces] or sorted(
        path for path in (ROOT / "traces").rglob("*") if path.is_file() and path.suffix != ".md")
    compared = differ = 0

    def compare(what, path):
        nonlocal compared, differ
        compared += 1
        found = list(differences(report(options.old, path), report(options.new, path)))
        if found:
            differ += 1
            print(what, f"{len(found)} differences")
            for place, old, new in found[:6]:
                print(f"  {place}: {str(old)[:200]} | {str(new)[:200]}")
            if what.startswith(("random", "mixture")):
                kept = pathlib.Path(tempfile.gettempdir()) / f"differs-{what.replace(' ', '-')}.log"
                kept.write_bytes(pathlib.Path(path).read_bytes())
                print(f"  kept as {kept}")

    for trace in traces:
        compare(str(trace), str(trace))
    logs = [trace.read_text(errors="replace").splitlines() for trace in traces if trace.name.endswith(".log")]
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "trace.log"
        for number in range(options.random):
            path.write_text(random_trace(random.Random(f"{options.seed}-{number}")))
            compare(f"random {options.seed}-{number}", str(path))
        for number in range(4 if logs and options.long else 0):
            path.write_text(mixture(rng, logs, options.long))
            compare(f"mixture {number}", str(path))
    print(f"{compared} compared, {differ} differ")
    return 1 if differ else 0


sys.exit(main())
