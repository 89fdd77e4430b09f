#!/usr/bin/env python3
"""Runs the golden cases: each folder beside this file is one.

  cmd      what to run, by sh from the top of the tree; `slotscope` is in PATH, $TMP is an empty folder
  stdout   what it must print, to the byte
  stderr   likewise; none when the file is missing
  status   its exit status; 0 when the file is missing

  run.py SLOTSCOPE            runs all cases and prints TAP
  run.py SLOTSCOPE --update   writes what the cases print now; read the diff before you commit it
"""
import difflib
import os
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parent.parent
SECONDS = 200  # a sanitized build on a busy machine takes thirty times what a release build does


def run(slotscope, case):
    """What the case prints and returns: {file name: bytes}."""
    with tempfile.TemporaryDirectory() as scratch:
        tools = pathlib.Path(scratch, "bin")
        tools.mkdir()
        (tools / "slotscope").symlink_to(slotscope)
        empty = pathlib.Path(scratch, "tmp")
        empty.mkdir()
        env = {
            "PATH": f"{tools}:{os.environ['PATH']}",
            "TMP": str(empty),
            "LC_ALL": "C",
            "HOME": scratch,
        }
        done = subprocess.run(
            ["sh", "-c", (case / "cmd").read_text()],
            cwd=TOP,
            env=env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
        place = str(empty).encode()
        return {
            "stdout": done.stdout.replace(place, b"$TMP"),
            "stderr": done.stderr.replace(place, b"$TMP"),
            "status": f"{done.returncode}\n".encode(),
        }


def expected(case):
    wanted = {"stdout": b"", "stderr": b"", "status": b"0\n"}
    for name in wanted:
        file = case / name
        if file.exists():
            wanted[name] = file.read_bytes()
    return wanted


def update(case, shown):
    for name, empty in (("stdout", b""), ("stderr", b""), ("status", b"0\n")):
        file = case / name
        if shown[name] != empty:
            file.write_bytes(shown[name])
        elif file.exists():
            file.unlink()


def differences(wanted, shown):
    for name, text in wanted.items():
        if shown[name] != text:
            yield from difflib.unified_diff(
                text.decode(errors="replace").splitlines(),
                shown[name].decode(errors="replace").splitlines(),
                f"expected {name}",
                f"printed {name}",
                lineterm="",
            )


def main():
    slotscope = pathlib.Path(sys.argv[1]).resolve()
    cases = sorted(path.parent for path in HERE.glob("*/cmd"))
    if not cases:
        sys.exit("no golden cases found")
    failed = 0
    print(f"1..{len(cases)}")
    for number, case in enumerate(cases, 1):
        shown = run(slotscope, case)
        if "--update" in sys.argv[2:]:
            update(case, shown)
        problems = list(differences(expected(case), shown))
        failed += bool(problems)
        print(f"{'not ok' if problems else 'ok'} {number} {case.name}")
        for line in problems:
            print(f"# {line}")
    sys.exit(failed > 0)


main()
