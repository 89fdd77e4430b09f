#!/usr/bin/env python3
"""Output files: at every moment each holds its old content or its new one. One case a run:

  same_file   a trace is converted onto itself, in every format, by every kind of name
  places      what is no regular file, modes, owners, folders that may not be written
  killed      SIGKILL at every write, fsync and rename
  failed      each of these fails: the status tells
  signals     what ends a command leaves nothing behind
  stdout      every command whose output can't be written says so

  outputs_test.py SLOTSCOPE CASE
"""
import os
import pathlib
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
SOURCE = TOP / "traces/notes/smm-on.log"
SLOTSCOPE = str(pathlib.Path(sys.argv[1]).resolve())
ENDINGS = ["slots", "jsonl", "csv", "log"]
OLD = b"what stood there before\n"
NOBODY = 65534


def skip(why):
    print("skipped: " + why)
    sys.exit(77)


def check(good, what):
    if not good:
        sys.exit(f"failed: {what}")


def run(*arguments, **more):
    return subprocess.run([SLOTSCOPE, *map(str, arguments)], capture_output=True, timeout=120, **more)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def converted(trace, ending, folder):
    """What `trace` is in the format that `ending` stands for."""
    out = folder / f"expected.{ending}"
    check(run("convert", trace, "-o", out).returncode == 0, f"convert to {ending}")
    content = out.read_bytes()
    out.unlink()
    return content


def same_file(folder):
    for given in ENDINGS:
        for wanted in ENDINGS:
            trace = folder / f"trace.{given}"
            trace.write_bytes(converted(SOURCE, given, folder))
            expected = converted(trace, wanted, folder)
            to = "qemu" if wanted == "log" else "native" if wanted == "slots" else wanted
            done = run("convert", trace, "-o", trace, "--to", to)
            check(done.returncode == 0 and trace.read_bytes() == expected, f"{given} becomes {wanted}: {done.stderr}")
            trace.unlink()
    trace, link, far, hard = (folder / name for name in ("trace.log", "link.log", "far.log", "hard.log"))
    before = SOURCE.read_bytes()
    new = converted(SOURCE, "jsonl", folder)
    trace.write_bytes(before)
    link.symlink_to("trace.log")
    far.symlink_to(link)
    os.link(trace, hard)
    check(run("convert", trace, "-o", far, "--to", "jsonl").returncode == 0, "by a symbolic link to a link")
    check(far.is_symlink() and link.is_symlink() and trace.read_bytes() == new, "links stay, the file is new")
    check(hard.read_bytes() == before, "another hard link keeps the old content")
    trace.write_bytes(before)
    hard.unlink()
    os.link(trace, hard)
    check(run("convert", trace, "-o", hard, "--to", "jsonl").returncode == 0, "by a hard link")
    check(trace.read_bytes() == before and hard.read_bytes() == new, "the name that was given is new")
    for path in ("/proc/self/fd/{}", "/dev/fd/{}"):
        with open(trace, "r+b") as file:
            done = run("convert", trace, "-o", path.format(file.fileno()), "--to", "csv", pass_fds=[file.fileno()])
        check(done.returncode == 2 and b"is the trace that is being read" in done.stderr, f"{path}: {done}")
        check(trace.read_bytes() == before, f"{path}: untouched")
    with open(trace, "r+b") as file:
        done = subprocess.run([SLOTSCOPE, "convert", "-", "-o", "-", "--to", "csv"], stdin=file, stdout=file,
                              stderr=subprocess.DEVNULL)
    check(done.returncode == 2 and trace.read_bytes() == before, "standard input that is standard output too")
    check(run("optimize", trace, "-o", trace).returncode == 0, "optimize a trace onto itself")
    check(run("report", trace).returncode == 0 and trace.read_bytes() != before, "it is the shorter one")
    check(names(folder) == ["far.log", "hard.log", "link.log", "trace.log"], f"nothing is left: {names(folder)}")


def places(folder):
    csv = converted(SOURCE, "csv", folder)
    for path, status, told in (("/dev/null", 0, b""), ("/dev/full", 3, b"No space left"), (folder, 3, b"Is a directory"),
                               (folder / "none/x", 3, b"create the directory first"), ("", 3, b"can't create")):
        done = run("convert", SOURCE, "--to", "csv", "-o", path)
        check(done.returncode == status and told in done.stderr, f"{path}: {done}")
    out = folder / "appended"
    with open(out, "ab") as file:
        for name in ("-", "/dev/stdout", "/proc/self/fd/1"):
            done = subprocess.run([SLOTSCOPE, "convert", SOURCE, "--to", "csv", "-o", name], stdout=file)
            check(done.returncode == 0, name)
    check(out.read_bytes() == 3 * csv, "what a descriptor leads to is appended to")
    fifo = folder / "fifo"
    os.mkfifo(fifo)
    with subprocess.Popen(["cat", fifo], stdout=subprocess.PIPE) as reader:
        check(run("convert", SOURCE, "--to", "csv", "-o", fifo).returncode == 0, "a FIFO")
        check(reader.stdout.read() == csv and stat.S_ISFIFO(fifo.stat().st_mode), "a FIFO stays one")
    out = folder / "new.csv"
    check(run("convert", SOURCE, "-o", out, umask=0o027).returncode == 0, "a new file")
    check(stat.S_IMODE(out.stat().st_mode) == 0o640, "a new file has what the umask leaves")
    out.chmod(0o604)
    if os.geteuid() == 0:
        os.chown(out, NOBODY, NOBODY)
    owner = out.stat().st_uid
    check(run("convert", SOURCE, "-o", out, umask=0o027).returncode == 0, "an existing file")
    check(stat.S_IMODE(out.stat().st_mode) == 0o604 and out.stat().st_uid == owner, "it keeps mode and owner")
    dangling = folder / "dangling"
    dangling.symlink_to("made.csv")
    check(run("convert", SOURCE, "--to", "csv", "-o", dangling).returncode == 0, "a link to nothing")
    check(dangling.is_symlink() and (folder / "made.csv").read_bytes() == csv, "makes what it leads to")
    longest = folder / ("n" * 251 + ".csv")
    check(run("convert", SOURCE, "-o", longest).returncode == 0 and longest.read_bytes() == csv, "the longest name")
    loop = folder / "loop"
    loop.symlink_to("loop")
    check(run("convert", SOURCE, "--to", "csv", "-o", loop).returncode == 3, "a link to itself")
    not_permitted(folder)


def not_permitted(folder):
    """A folder that may not be written, and a file that may not."""
    be_nobody = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
    closed = folder / "closed"
    closed.mkdir()
    theirs, locked = closed / "theirs.csv", folder / "locked.csv"
    for file, mode in ((theirs, 0o666), (locked, 0o444)):
        file.write_bytes(OLD)
        file.chmod(mode)
    trace, tool = folder / "source.log", folder / "slotscope"
    shutil.copyfile(SOURCE, trace)
    shutil.copy(SLOTSCOPE, tool)
    for path, mode in ((closed, 0o555), (folder, 0o777), (tool, 0o755), (trace, 0o644)):
        path.chmod(mode)
    for out, told in ((theirs, b"can't create a file beside it: Permission denied"), (locked, b"can't write: Permission denied")):
        done = subprocess.run([tool, "convert", trace, "-o", out], capture_output=True, **be_nobody)
        check(done.returncode == 3 and told in done.stderr, f"{out.name}: {done}")
        check(out.read_bytes() == OLD, f"{out.name} stays")
    closed.chmod(0o755)


def commands_that_write(folder):
    """[what to run without its output, the output's name]; long enough for many writes."""
    long = folder / "long.log"
    long.write_bytes(SOURCE.read_bytes() * 12)
    yield ["convert", long], "out.jsonl"
    yield ["convert", long], "out.slots"
    yield ["convert", SOURCE], "out.csv"
    yield ["optimize", SOURCE], "out.log"
    if os.access("/dev/kvm", os.R_OK | os.W_OK):
        yield ["replay", SOURCE, "--repeat", "1", "--save"], "out.json"


def injected(folder, faults, judge):
    """Runs each command with the fault at the first, second, ... of each system call, until one is too many."""
    strace = shutil.which("strace")
    if not strace:
        skip("strace is not installed")
    tried = subprocess.run([strace, "-o", "/dev/null", "true"], capture_output=True, text=True)
    if tried.returncode != 0:
        skip(f"strace can't trace here: {tried.stderr.strip()}")
    runs = 0
    for command, name in commands_that_write(folder):
        out = folder / "there" / name
        option = [] if "--save" in command else ["-o"]
        shutil.rmtree(out.parent, ignore_errors=True)
        out.parent.mkdir()
        check(run(*command, *option, out).returncode == 0, f"{command}")
        new = out.read_bytes()
        for call in ("openat", "write", "fsync", "rename"):
            for fault in faults:
                for count in range(1, 1000):
                    for left in out.parent.iterdir():
                        left.unlink()
                    out.write_bytes(OLD)
                    done = subprocess.run(
                        [strace, "-o", "/dev/null", "-e", f"trace={call}", "-e", f"inject={call}:{fault}:when={count}",
                         SLOTSCOPE, *map(str, command), *option, str(out)], capture_output=True, timeout=120)
                    content = out.read_bytes()
                    where = f"{command[0]} to {name}, {call} {count}, {fault}: {done}"
                    # Samples of a replay are never the same twice.
                    complete = content == new or "--save" in command and content.endswith(b"}\n") and content != OLD
                    check(content == OLD or complete, f"neither old nor new: {where}")
                    judge(done, complete, out, where)
                    runs += 1
                    if done.returncode == 0 and complete:
                        break
    print(f"{runs} runs")
    check(runs > 50, "there were faults to inject")


def killed(folder):
    def judge(done, complete, out, where):
        check(done.returncode in (0, -signal.SIGKILL), where)
        check(complete or done.returncode != 0, f"success without the new file: {where}")
        left = [path.name for path in out.parent.iterdir() if path != out]
        check(all(f"{out.name}.slotscope-" in name and name.endswith(".tmp") for name in left), f"{left}: {where}")
    injected(folder, ["signal=KILL"], judge)


def failed(folder):
    def judge(done, complete, out, where):
        if done.returncode != 0:
            # The dynamic loader's own openat calls fail before there is a main.
            told = done.stderr.strip()
            check(done.returncode in (2, 3, 127) and told and told.count(b"\n") <= 2, f"one sentence: {where}")
        else:
            check(complete, f"success without the new file: {where}")
        check([path for path in out.parent.iterdir()] == [out], f"a file is left: {where}")
    injected(folder, ["error=ENOSPC", "error=EIO"], judge)


def signals(folder):
    out = folder / "out.csv"
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT):
        out.write_bytes(OLD)
        with subprocess.Popen([SLOTSCOPE, "convert", "-", "-o", out], stdin=subprocess.PIPE, stderr=subprocess.PIPE) as command:
            command.stdin.write(12 * SOURCE.read_bytes())  # more than is looked at before there is an output
            command.stdin.flush()
            until = time.monotonic() + 20
            while len(names(folder)) == 1 and time.monotonic() < until:
                time.sleep(0.01)
            check(len(names(folder)) == 2, "it writes beside the file")
            command.send_signal(number)
            check(command.wait(20) == -number, f"signal {number} ends it as it ends others")
        check(names(folder) == ["out.csv"] and out.read_bytes() == OLD, f"signal {number}: {names(folder)}")


def stdout(folder):
    """On a full device, and on a pipe that nobody reads where SIGPIPE is ignored."""
    slots, budget = folder / "trace.slots", folder / "budget.json"
    check(run("convert", SOURCE, "-o", slots).returncode == 0, "convert")
    budget.write_bytes(run("check", SOURCE, "--suggest").stdout)
    for command in (["report", SOURCE], ["log", SOURCE], ["map", SOURCE], ["diff", SOURCE, SOURCE],
                    ["convert", SOURCE, "--to", "native", "-o", "-"], ["convert", SOURCE, "--to", "csv", "-o", "-"],
                    ["convert", SOURCE, "--to", "jsonl", "-o", "-"], ["convert", SOURCE, "--to", "qemu", "-o", "-"],
                    ["convert", SOURCE, "--json", "-o", folder / "x.slots"], ["optimize", SOURCE, "-o", folder / "x.slots"],
                    ["optimize", SOURCE, "--to", "native", "-o", "-"], ["check", SOURCE, "--suggest"],
                    ["check", SOURCE, "--budget", budget], ["replay", "--dry-run", SOURCE], ["report", "--json", SOURCE],
                    ["log", "--json", SOURCE], ["map", "--json", SOURCE], ["diff", "--json", SOURCE, SOURCE],
                    ["--help"], ["--version"], ["report", "--help"]):
        words = [SLOTSCOPE, *map(str, command)]
        with open("/dev/full", "wb") as full:
            done = subprocess.run(words, stdout=full, stderr=subprocess.PIPE, timeout=60)
        check(done.returncode == 3 and b"can't write" in done.stderr, f"/dev/full: {command}: {done}")
        for restore, status in ((True, -signal.SIGPIPE), (False, 3)):
            reads, writes = os.pipe()
            os.close(reads)
            done = subprocess.run(words, stdout=writes, stderr=subprocess.PIPE, timeout=60, restore_signals=restore)
            os.close(writes)
            check(done.returncode == status, f"closed pipe: {command}: {done}")
            check(restore or b"can't write" in done.stderr and b"disk" not in done.stderr, f"{command}: {done}")


CASES = {case.__name__: case for case in (same_file, places, killed, failed, signals, stdout)}
with tempfile.TemporaryDirectory() as scratch:
    CASES[sys.argv[2]](pathlib.Path(scratch))
