"""One case: its files, its runs, and what of them breaks an invariant."""
import collections
import dataclasses
import os
import resource
import select
import shlex
import signal
import time

import commands
import mutators
from invariants import Broken, hold, hold_for_cut, hold_for_damage, hold_for_run, hold_for_written, memory_limit

ENVIRONMENT = {
    "LC_ALL": "C",
    "PATH": "/usr/bin:/bin",
    "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1:exitcode=98",
    "ASAN_OPTIONS": "exitcode=99:allocator_may_return_null=0",
}
HANGS = 60  # seconds, of a machine that may be busy; the limit of CPU time is another
PIPE = 60_000  # bytes that a pipe takes before somebody reads
TWICE = 0.15  # of the runs are made again
SMALLER_SECONDS = 20
SHOWN = 200  # bytes that are printed


@dataclasses.dataclass(frozen=True)
class Run:
    status: int  # negative: the signal
    seconds: float | None  # of CPU; None: killed, because it did not end
    stdout: bytes
    stderr: bytes


@dataclasses.dataclass(frozen=True)
class Failure:
    number: int
    name: str
    command: str
    text: str


def spawn(program, arguments, folder, memory, piped=None):
    """Runs it in the folder. Output goes to files: nothing has to be read meanwhile. Memory is limited instead of
    measured: a child's ru_maxrss begins with what its parent had."""
    out, err = folder / "stdout", folder / "stderr"
    create = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    actions = [(os.POSIX_SPAWN_OPEN, 1, out, create, 0o600), (os.POSIX_SPAWN_OPEN, 2, err, create, 0o600)]
    if piped is None:
        actions.append((os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0))
    else:
        reader, writer = os.pipe()
        os.write(writer, piped)
        os.close(writer)
        actions.append((os.POSIX_SPAWN_DUP2, reader, 0))
    words = [program, *(str(folder / word) if word in FILES else word for word in arguments)]
    child = os.posix_spawn(program, words, ENVIRONMENT, file_actions=actions)
    if memory:
        resource.prlimit(child, resource.RLIMIT_DATA, (memory, memory))
    if piped is not None:
        os.close(reader)
    descriptor = os.pidfd_open(child)
    ended = select.select([descriptor], [], [], HANGS)[0]
    if not ended:
        signal.pidfd_send_signal(descriptor, signal.SIGKILL)
    os.close(descriptor)
    _, status, used = os.wait4(child, 0)
    seconds = used.ru_utime + used.ru_stime if ended else None
    return Run(os.waitstatus_to_exitcode(status), seconds, out.read_bytes(), err.read_bytes())


FILES = {"trace", "other", "budget"} | {f"out.{ending}" for ending in commands.ENDINGS}


def bytes_of_lines(data):
    return data.splitlines(True)


def single_bytes(data):
    return [data[at : at + 1] for at in range(len(data))]


class Trial:
    def __init__(self, chosen, case, folder):
        self.program, self.sanitized, self.tries = chosen.slotscope, chosen.sanitized, chosen.smaller
        self.case, self.folder = case, folder
        self.runs = collections.Counter()

    def run_one(self, command, data):
        """The run, with the bytes as the trace."""
        (self.folder / "trace").write_bytes(data)
        self.runs[command.name] += 1
        piped = data if command.piped and len(data) <= PIPE else None
        arguments = command.arguments
        if command.piped and piped is None:
            arguments = tuple("trace" if word == "-" else word for word in arguments)
        memory = None if self.sanitized else memory_limit(max(len(data), len(self.case.plain)))
        return spawn(self.program, arguments, self.folder, memory, piped)

    def try_command(self, command, data, again):
        """Runs the command, and whatever shows that its answer holds; raises Broken."""
        size = max(len(data), len(self.case.plain))
        run = self.run_one(command, data)
        found = hold_for_run(command, run, size)
        written = (self.folder / command.written).read_bytes() if command.written and run.status == 0 else None
        if again:
            second = self.run_one(command, data)
            hold((run.status, run.stdout, run.stderr) == (second.status, second.stdout, second.stderr), "not the same twice", "")
        if written is not None:
            self.try_written(command, data, written, size)
        if command.schema and data == self.case.data:
            self.try_marks(command, run, found, size)

    def try_marks(self, command, run, found, size):
        """What a trace whose end or content is marked must not hide."""
        if self.case.cut_off:
            hold_for_cut(command, run, found)
        if self.case.repacked or (self.case.damaged and command.name != "check"):
            original = self.run_one(command, self.case.original)
            original_found = hold_for_run(command, original, size)
            if self.case.repacked:
                same = (run.status, found) == (original.status, original_found)
                hold(same, "another answer", f"exit status {run.status}: {ascii(run.stderr[:200])}")
            else:
                hold_for_damage(command, run, found, original, original_found)

    def log_of(self, data, reading, size):
        command = commands.Command("log", ("log", *reading, "--json", "trace"), "slotscope.log/1", lines=True)
        run = self.run_one(command, data)
        found = hold_for_run(command, run, size)
        hold(run.status <= 1, "read back", f"exit status {run.status}: {ascii(run.stderr[-300:])}")
        return found

    def try_written(self, command, data, written, size):
        before = self.log_of(data, command.reading, size)
        if not written and not any("call" in line for line in before):
            return  # QEMU's text of no call is an empty file
        after = self.log_of(written, (), max(size, len(written)))
        if command.name == "convert":
            hold_for_written(command.written, before, after)

    def name_of_failure(self, command, data, again):
        try:
            self.try_command(command, data, again)
        except Broken as broken:
            return broken.name, str(broken)
        return None, ""

    def run(self, other, dice, found, verbose):
        """All commands of the case; the failures, whose inputs are left in the folder of what was found."""
        (self.folder / "other").write_bytes(other)
        budget = commands.BUDGET
        if dice.random() < 0.3:
            budget = dice.choice(mutators.TEXT)(budget, dice)
        (self.folder / "budget").write_bytes(budget)
        failures = []
        if verbose:
            print(f"case {self.case.number}: {self.case.seed.name} ({self.case.kind}): {', '.join(self.case.steps)}")
        for command in commands.commands_of(self.case, dice):
            again = dice.random() < TWICE
            name, text = self.name_of_failure(command, self.case.data, again)
            if verbose:
                print(f"  {shlex.join(command.arguments)}: {text or 'holds'}")
            if name:
                failures.append(self.failure(command, name, text, again, found))
        return failures

    def failure(self, command, name, text, again, found):
        case = self.case
        data, shown = case.data, case.data
        # What is damaged or cut breaks nothing alone, but beside its original; time and memory want what is large.
        if not (case.damaged or case.cut_off or case.repacked or name in ("time", "memory")):
            shown = self.smaller(command, name, again)
            data = case.packed(shown)
            text = self.name_of_failure(command, data, again)[1] or text
        found.mkdir(parents=True, exist_ok=True)
        kept = found / f"{case.number}-{command.name}"
        kept.write_bytes(data)
        lines = [
            f"{shlex.join(command.arguments)}: {text}",
            f"{case.kind}, {case.seed.name}: {', '.join(case.steps)}",
            f"{len(data)} bytes of {len(case.data)} in {kept}" + (f": {shown!r}" if len(shown) <= SHOWN else ""),
        ]
        return Failure(case.number, name, command.name, "\n  ".join(lines))

    def smaller(self, command, name, again):
        """Leaves out ever smaller parts of the content, by lines and then by bytes, as long as the same breaks."""
        best, tries, until = self.case.plain, self.tries, time.monotonic() + SMALLER_SECONDS
        counted = self.runs.copy()
        for split in (bytes_of_lines, single_bytes):
            parts = split(best)
            step = max(1, len(parts) // 2)
            while step and tries and time.monotonic() < until:
                at = 0
                while at < len(parts) and tries and time.monotonic() < until:
                    fewer = parts[:at] + parts[at + step :]
                    tries -= 1
                    if self.name_of_failure(command, self.case.packed(b"".join(fewer)), again)[0] == name:
                        parts = fewer
                    else:
                        at += step
                step //= 2
            best = b"".join(parts)
        self.runs = counted
        return best
