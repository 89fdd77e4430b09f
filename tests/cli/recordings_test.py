#!/usr/bin/env python3
"""What `record` does to its output file: it needs the right to use BPF, and no VM.

  recordings_test.py SLOTSCOPE
"""
import os
import pathlib
import signal
import stat
import subprocess
import sys
import tempfile
import time

SLOTSCOPE = str(pathlib.Path(sys.argv[1]).resolve())
OLD = b"what stood there before\n"
SECONDS = 60


def check(good, what):
    if not good:
        sys.exit(f"failed: {what}")


def run(*arguments, **more):
    return subprocess.run([SLOTSCOPE, *map(str, arguments)], capture_output=True, text=True, timeout=SECONDS, **more)


def start(*arguments, **more):
    return subprocess.Popen([SLOTSCOPE, "record", *map(str, arguments)], stderr=subprocess.PIPE, text=True, **more)


def wait_until(so, what):
    until = time.monotonic() + SECONDS
    while not so():
        check(time.monotonic() < until, what)
        time.sleep(0.02)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def started(out):
    """A recorder that has begun: its command waits."""
    recorder = start("-o", out, "--", "sleep", "60")
    partial = out.with_name(out.name + ".partial")
    wait_until(lambda: partial.exists() and not list(out.parent.glob("*.tmp")), "it begins")
    wait_until(lambda: subprocess.run(["pgrep", "-P", str(recorder.pid), "sleep"], capture_output=True).returncode == 0,
               "its command runs")
    return recorder, partial


def takes_signals(pid):
    """Whether it has blocked TERM, to look for it itself."""
    [mask] = [line.split()[1] for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines() if "SigBlk" in line]
    return int(mask, 16) >> (signal.SIGTERM - 1) & 1


def end(recorder):
    """TERM ends the command, and that the recording."""
    recorder.send_signal(signal.SIGTERM)
    told = recorder.communicate(timeout=SECONDS)[1]
    return told


def what_does_not_begin(out):
    folder = out.parent
    script = folder / "script"
    script.write_text("#!/nonexistent\n")
    script.chmod(0o755)
    out.write_bytes(OLD)
    for arguments in (["-p", "999999999"], ["--", "/nonexistent"], ["--", script], ["--backend", "none", "--", "true"],
                      ["--buffer", "1", "--", script]):
        done = run("record", "-o", out, *arguments)
        check(done.returncode in (2, 3), f"{arguments}: {done}")
        check(out.read_bytes() == OLD and names(folder) == [out.name, "script"], f"{arguments}: {names(folder)}")
    script.unlink()


def one_recording(out):
    """The old file stays until the end; then the new one is its owner's only."""
    out.write_bytes(OLD)
    out.chmod(0o644)
    recorder, partial = started(out)
    check(out.read_bytes() == OLD and stat.S_IMODE(partial.stat().st_mode) == 0o600, "beside the old file")
    second = run("record", "-o", out, "--", "true")
    check(second.returncode == 3 and "is being written by another recording" in second.stderr, f"two recorders: {second}")
    check(out.read_bytes() == OLD and partial.exists(), "the second one changes nothing")
    told = end(recorder)
    check("until it ends it is " + str(partial) in told and f"{out} is whole" in told, told)
    check(stat.S_IMODE(out.stat().st_mode) == 0o600 and names(out.parent) == [out.name], f"{names(out.parent)}")
    check(run("report", out).returncode == 0, "it can be read")


def killed(out):
    """What a killed recorder had stays, also when the next one begins."""
    out.write_bytes(OLD)
    recorder, partial = started(out)
    child = int(subprocess.run(["pgrep", "-P", str(recorder.pid), "sleep"], capture_output=True, text=True).stdout)
    recorder.kill()
    recorder.wait()
    os.kill(child, signal.SIGKILL)
    check(out.read_bytes() == OLD and names(out.parent) == [out.name, partial.name], f"{names(out.parent)}")
    had = partial.read_bytes()
    check("the writer did not finish" in run("report", partial).stderr, "it reads as far as it goes")
    aside = partial.with_name(partial.name + ".1")
    again = run("record", "-o", out, "--", "true")
    check(again.returncode == 0 and str(aside) in again.stderr, f"{again}")
    check(aside.read_bytes() == had and names(out.parent) == [out.name, aside.name], f"{names(out.parent)}")
    aside.unlink()


def fifo(folder):
    """Neither a reader that does not come nor one that stops or goes is waited for."""
    path = folder / "fifo"
    os.mkfifo(path)
    for number in (signal.SIGTERM, signal.SIGINT):
        recorder = start("-o", path, "--", "true")
        wait_until(lambda: takes_signals(recorder.pid), "it waits for a reader")
        time.sleep(0.5)
        check(recorder.poll() is None, "it goes on waiting")
        recorder.send_signal(number)
        told = recorder.communicate(timeout=10)[1]
        check(recorder.returncode == 3 and "nobody reads it" in told, f"{number}: {told}")
    recorder = start("-o", path, "--", "sleep", "60")
    reader = os.open(path, os.O_RDONLY)
    second = run("record", "-o", path, "--", "true")
    check(second.returncode == 3 and "another recording" in second.stderr, f"two recorders: {second}")
    os.read(reader, 1)
    os.close(reader)
    recorder.send_signal(signal.SIGTERM)
    told = recorder.communicate(timeout=10)[1]
    check(recorder.returncode == 3 and "nobody reads it any more" in told, f"the reader went: {recorder.returncode} {told}")
    path.unlink()


tried = run("record", "-o", "/dev/null", "--", "true")
if tried.returncode == 3:
    print("skipped: " + tried.stderr.strip())
    sys.exit(77)
with tempfile.TemporaryDirectory() as scratch:
    place = pathlib.Path(scratch)
    what_does_not_begin(place / "boot.slots")
    one_recording(place / "boot.slots")
    killed(place / "boot.slots")
    (place / "boot.slots").unlink()
    fifo(place)
