#!/usr/bin/env python3
"""Every command under ever larger limits of the address space: it does its work or says in a sentence
that memory is missing (exit 3). It never dies of it, and leaves no half of an output."""
import os
import resource
import subprocess
import sys
import tempfile

import hostile

MIB = 1 << 20


def run(command, limit):
    def confine():
        resource.setrlimit(resource.RLIMIT_AS, (limit * MIB, limit * MIB))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, preexec_fn=confine, timeout=120)
    return done.returncode, done.stderr.decode(errors="replace")


def least_to_load(slotscope):
    """Below it the dynamic linker ends the process, before any of our code."""
    for limit in range(10, 400, 5):
        if run([slotscope, "--version"], limit)[0] == 0:
            return limit
    raise SystemExit("slotscope --version needs more than 400 MiB")


def main():
    slotscope, step = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 30
    with tempfile.TemporaryDirectory() as folder:
        trace = os.path.join(folder, "trace.csv")
        with open(trace, "wb") as file:
            file.writelines(hostile.slots_at_once(0))
            file.writelines(list(hostile.vms(20_000))[1:])
        small = os.path.join(folder, "one_vm.csv")
        with open(small, "wb") as file:
            file.writelines(hostile.different_slots(200_000))
        packed = trace + ".zst"
        has_zstd = subprocess.run(["zstd", "-q", trace, "-o", packed], check=False).returncode == 0
        out = os.path.join(folder, "out.slots")
        commands = [
            ["report", trace], ["report", "--json", trace], ["log", trace], ["log", "--json", trace],
            ["map", trace], ["map", "--json", trace], ["diff", small, small],
            ["diff", "--json", small, small], ["convert", trace, "-o", out],
            ["convert", trace, "-o", out, "--to", "jsonl"], ["optimize", small, "-o", out],
            ["optimize", "--level", "lazy", small, "-o", out], ["replay", "--dry-run", small],
            ["check", "--suggest", trace],
        ] + ([["report", packed]] if has_zstd else [])
        least = least_to_load(slotscope)
        failures = 0
        print(f"1..{len(commands)}")
        for number, command in enumerate(commands, 1):
            wrong, seen = [], {}
            for limit in range(least, 401, step):
                code, said = run([slotscope, *command], limit)
                seen[code] = seen.get(code, 0) + 1
                if code not in (0, 1, 2, 3) or (code in (2, 3) and "error: " not in said):
                    wrong.append(f"{limit} MiB: exit {code}: {said[-200:]!r}")
                if code == 0:
                    break
            failures += bool(wrong)
            name = " ".join(os.path.basename(word) for word in command)
            print(f"{'not ok' if wrong else 'ok'} {number} - {name}: exits {seen}")
            for line in wrong[:5]:
                print(f"# {line}")
            sys.stdout.flush()
    return 1 if failures else 0


sys.exit(main())
