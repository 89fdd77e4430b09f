#!/usr/bin/env python3
"""mutate_fails.py SLOTSCOPE: mutate must notice programs that are slotscope but for one thing. Prints TAP."""
import pathlib
import subprocess
import sys
import tempfile

MUTATE = pathlib.Path(__file__).resolve().parent / "mutate"
CASES = "2"
HONEST = '"$S" "$@"'
# A report's JSON through sed, with its exit status.
EDITED = """case "$*" in report*--json*) ;; *) exec "$S" "$@" ;; esac
out=$("$S" "$@")
status=$?
[ -z "$out" ] || printf '%s\\n' "$out" | sed {}
exit $status"""
# What mutate must call it, and a script that breaks it: $S is slotscope.
PROGRAMS = [
    ("signal", "kill -SEGV $$"),
    ("status", f"{HONEST}; exit 7"),
    ("memory", f"ulimit -d 1000; {HONEST}"),
    ("diagnostic", f"{HONEST} 2>/dev/null"),
    ("control", f"printf '\\033[2J' >&2; {HONEST}"),
    ("control", f"printf '\\342\\200\\256' >&2; {HONEST}"),
    ("utf-8", f"printf '\\377' >&2; {HONEST}"),
    ("json", EDITED.format("s,slotscope.report/1,slotscope.report/0,")),
    ("json", EDITED.format("'s/\"calls\": [0-9]*/\"calls\": NaN/'")),
    ("number", EDITED.format("'s/\"calls\": [0-9]*/\"calls\": -1/'")),
    ("not the same twice", f"echo $$ >&2; {HONEST}"),
    ("silently different", EDITED.format("'s/\"whole\": false/\"whole\": true/;s/cut_off/not_marked/;s/\"lost\": [1-9][0-9]*/\"lost\": 0/'")),
    ("cut counts as whole", EDITED.format("'s/\"whole\": false/\"whole\": true/;s/cut_off/not_marked/'")),
    ("read back", f'{HONEST} || exit; for out in "$@"; do case $out in *out.*) sed -i "\\$d" "$out" ;; esac; done'),
]
# Those that show in few cases get more, or a format with more such cases.
MORE = {
    "read back": ["--cases", "4"],
    "silently different": ["--cases", "15", "--format", "native"],
    "cut counts as whole": ["--cases", "25", "--format", "qemu"],
}


def notices(slotscope, name, script):
    """What mutate lacks, or nothing."""
    with tempfile.TemporaryDirectory(prefix="slotscope-mutate-fails-") as folder:
        program = pathlib.Path(folder, "program")
        # What mutate converts to begin with has to be right.
        honest = f"case \"$*\" in *'-o -') exec {HONEST} ;; esac"
        program.write_text(f"#!/bin/sh\nS={slotscope}\n{honest}\n{script}\n")
        program.chmod(0o755)
        arguments = [program, *MORE.get(name, ["--cases", CASES]), "--smaller", "0", "--found", f"{folder}/found"]
        done = subprocess.run([MUTATE, *arguments], capture_output=True, text=True, check=False)
        if done.returncode != 1:
            return f"exit status {done.returncode}: {done.stderr}"
        return "" if f": {name}\n" in done.stdout else done.stdout


def main():
    slotscope = pathlib.Path(sys.argv[1]).resolve()
    print(f"1..{len(PROGRAMS)}")
    failed = 0
    for number, (name, script) in enumerate(PROGRAMS, 1):
        lacks = notices(slotscope, name, script)
        failed += bool(lacks)
        print(f"{'not ok' if lacks else 'ok'} {number} {name}")
        for line in lacks.splitlines():
            print(f"# {line}")
    sys.exit(failed > 0)


main()
