"""What a round of faults.py stands on: its folder, its dice, its recorder, and what report and convert say of a file."""
import collections
import itertools
import json
import os
import pathlib
import random
import select
import shlex
import shutil
import signal
import subprocess
import tempfile
import time
import types

QEMU = "qemu-system-x86_64"
MACHINE = os.environ.get("SLOTSCOPE_MACHINE", "pc,smm=off")  # the lab, where SMM exists, sets another
BATCH = 500  # traces that one report reads
SECOND = 1_000_000_000
PROGRAMS = types.SimpleNamespace()  # the paths of slotscope, vm_calls and vm_steps


def have_kvm():
    return os.access("/dev/kvm", os.R_OK | os.W_OK)


class Failed(Exception):
    pass


class CannotRun(Exception):
    pass


def check(truth, what):
    if not truth:
        raise Failed(what)


def needs_kvm():
    if not have_kvm():
        raise CannotRun("no /dev/kvm")


def wait_for(look, what, seconds=60):
    until = time.monotonic() + seconds
    while not (found := look()):
        check(time.monotonic() < until, f"{what}: not within {seconds} s")
        time.sleep(0.002)
    return found


class Watched:
    """A process by a descriptor: once it has ended, its number may be another's."""

    def __init__(self, pid):
        self.descriptor = os.pidfd_open(pid)

    def has_ended(self, seconds=0):
        return bool(select.select([self.descriptor], [], [], seconds)[0])

    def send(self, number):
        signal.pidfd_send_signal(self.descriptor, number)


class Round:
    """One fault, once: its folder, its dice, and what must not outlive it."""

    def __init__(self, fault, number, seed):
        self.number = number
        self.dice = random.Random(f"{seed} {fault} {number}")
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="slotscope-faults-"))
        self.trace = self.folder / "trace.slots"
        self.partial = self.folder / "trace.slots.partial"
        self.made = self.folder / "made"
        self.started, self.watched, self.disk = [], [], None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for watched in self.watched:
            if not watched.has_ended():
                watched.send(signal.SIGKILL)
            os.close(watched.descriptor)
        for process in self.started:
            process.kill()
            process.wait()
        if self.disk:
            subprocess.run(["umount", str(self.disk)], check=True)
        shutil.rmtree(self.folder)

    def start(self, command, **how):
        process = subprocess.Popen(command, **how)
        self.started.append(process)
        return process

    def watch(self, pid):
        self.watched.append(Watched(pid))
        return self.watched[-1]

    def record(self, *arguments, trace=None):
        with open(self.folder / "summary", "w") as out, open(self.folder / "told", "w") as err:
            return self.start([PROGRAMS.slotscope, "record", "-o", str(trace or self.trace), *arguments], stdout=out, stderr=err)

    def told(self):
        return (self.folder / "told").read_text()

    def summary(self):
        return json.loads((self.folder / "summary").read_text())

    def wait_for_recording(self, recorder):
        """Until record says that it has begun."""
        wait_for(lambda: "\n" in self.told() or recorder.poll() is not None, "the recording begins")
        check(recorder.poll() is None, f"record goes on: {self.told()}")

    def calls(self, rate, seconds, vmms=1):
        """A command that makes calls, and notes how many."""
        one = f"{shlex.join([PROGRAMS.vm_calls, 'rate', str(rate), str(seconds)])} >> {shlex.quote(str(self.made))}"
        return ["sh", "-c", f"exec {one}" if vmms == 1 else f"{one} & " * vmms + "wait"]

    def counts(self):
        return [int(count) for count in self.made.read_text().split()] if self.made.exists() else []

    def boot(self):
        """A command that boots QEMU, whose own trace is in `boot.log`."""
        if not shutil.which(QEMU):
            raise CannotRun(f"no {QEMU}")
        return [QEMU, "-accel", "kvm", "-machine", MACHINE, "-m", "512", "-display", "none", "-serial", "none",
                "-monitor", "none", "-no-reboot", "-msg", "timestamp=on", "-trace", "kvm_set_user_memory",
                "-D", str(self.folder / "boot.log")]

    def small_disk(self, pages):
        folder = self.folder / "disk"
        folder.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={4 * pages}k", "tmpfs", str(folder)],
                                 capture_output=True, text=True)
        if mounted.returncode != 0:
            raise CannotRun(mounted.stderr.strip())
        self.disk = folder
        return folder


def children(pid):
    return [int(child) for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def child_that_runs(parent, program):
    """The child of `parent`, when it is `program`; before that it is what will become it."""
    try:
        [child] = children(parent.pid)
        return child if os.path.samefile(f"/proc/{child}/exe", shutil.which(program)) else None
    except (OSError, ValueError):
        return None


def time_kept_waiting(pid):
    """Nanoseconds in which the process could have run and others did."""
    try:
        return int(pathlib.Path(f"/proc/{pid}/schedstat").read_text().split()[1])
    except OSError:
        return 0


def documents(text):
    """JSON documents of several lines, one behind the other."""
    return [json.loads(document + "\n}") for document in text.split("\n}\n")[:-1]]


def reports(paths):
    """What report says of each: (exit status, document or None, diagnostics)."""
    answers = []
    while len(answers) < len(paths):
        batch = [str(path) for path in paths[len(answers):]]
        done = subprocess.run([PROGRAMS.slotscope, "report", "--json", *batch], capture_output=True, text=True, timeout=120)
        if done.returncode not in (0, 2):
            check(len(batch) > 1, f"report ends with {done.returncode} on {batch[0]}: {done.stderr}")
            return answers + [answer for path in paths[len(answers):] for answer in reports([path])]
        told = collections.defaultdict(str)
        for line in done.stderr.splitlines():
            if line.startswith("slotscope: "):
                path, _, what = line.removeprefix("slotscope: ").partition(": ")
                told[path] += what + "\n"
        read = documents(done.stdout)
        answers += [(0, document, told[path]) for document, path in zip(read, batch)]
        if done.returncode == 2:  # it goes no further than the first that it can't read
            answers.append((2, None, told[batch[len(read)]]))
    return answers


def reports_of(folder, versions):
    """reports() of many versions of a trace."""
    for batch in iter(lambda: list(itertools.islice(versions, BATCH)), []):
        paths = [folder / f"version-{n}.slots" for n in range(len(batch))]
        for path, version in zip(paths, batch):
            path.write_bytes(version)
        yield from reports(paths)


def report(path):
    [answer] = reports([path])
    return answer


def events(path):
    done = subprocess.run([PROGRAMS.slotscope, "convert", str(path), "--to", "jsonl", "-o", "-"], capture_output=True, text=True)
    check(done.returncode == 0, f"convert: {done.stderr}")
    lines = [json.loads(line) for line in done.stdout.splitlines()[1:]]
    return [line for line in lines if line["event"] != "end"]


def is_call(event):
    return event["event"] == "call" and event["origin"] == "traced"


def number(value):
    return f"{value:,}".replace(",", " ")
