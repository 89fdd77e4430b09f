#!/usr/bin/env python3
"""A conformance run with the rules of another kernel must find that out, and write a golden case that shows it:

  conformance_fails.py CONFORMANCE SLOTSCOPE
"""
import os
import pathlib
import platform
import shutil
import subprocess
import sys
import tempfile

SKIPPED = 77


def case_passes(slotscope, folder, command):
    """As tests/golden/run.py runs it, with the folder where the case would be."""
    top = folder.parent / "top"
    golden = top / "tests/golden"
    golden.mkdir(parents=True, exist_ok=True)
    shutil.copytree(folder, golden / folder.name, dirs_exist_ok=True)
    tools = folder.parent / "bin"
    tools.mkdir(exist_ok=True)
    if not (tools / "slotscope").exists():
        (tools / "slotscope").symlink_to(slotscope)
    environment = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}"}
    done = subprocess.run(["sh", "-c", command], cwd=top, env=environment, capture_output=True, text=True, check=False)
    return done.returncode == 0 and done.stdout == ""


def main():
    conformance, slotscope = sys.argv[1], pathlib.Path(sys.argv[2]).resolve()
    # 5.10 has 509 slots, all others have 32764.
    right, wrong = ("5.10", "6.1") if platform.release().startswith("5.10.") else ("6.1", "5.10")
    with tempfile.TemporaryDirectory() as scratch:
        done = subprocess.run([conformance, "--kernel", wrong, "--cases", scratch], capture_output=True, text=True,
                              check=False)
        print(done.stdout, done.stderr, sep="")
        if done.returncode == SKIPPED:
            return SKIPPED
        assert done.returncode == 1, f"exit status {done.returncode}"
        assert f"the model's rules of {wrong} say" in done.stdout.replace("\n", " ")
        assert "to 1.\n" in done.stdout, "not shrunk to the one call that it takes"
        [folder] = pathlib.Path(scratch).glob("conformance-*")
        command = (folder / "cmd").read_text()
        assert f"--kernel {wrong}" in command
        assert not case_passes(slotscope, folder, command), "the case passes with the wrong rules"
        assert case_passes(slotscope, folder, command.replace(wrong, right, 1)), "the case fails with the right ones"
    return 0


sys.exit(main())
