"""KVM's own tests, which nobody here wrote: from the source of Debian's Linux 6.1, run under record with a witness inside."""
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import time

from calls import tuple_of
from packages import Missing, Suite, needs
from vmm import Failed
from witness import Witness

HERE = pathlib.Path(__file__).resolve().parent
PACKAGE, SUITE = "linux-source-6.1", "bookworm"
FOLDER = "tools/testing/selftests/kvm"
# What `make headers` and the tests' own Makefile look at; the rest of the kernel is a gigabyte.
PARTS = ("include", "scripts", "arch/x86", "usr", "tools/build", "tools/include", "tools/arch", "tools/lib",
         "tools/scripts", "tools/testing/selftests/lib.mk", "tools/testing/selftests/kselftest*", "tools/testing/selftests/rseq",
         FOLDER)
SKIPPED = 4  # KSFT_SKIP
QUIET = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}


class Selftest:
    def __init__(self, program, *arguments, about, when="nightly"):
        self.name, self.program, self.arguments, self.about, self.when = f"kvm-{program}", program, arguments, about, when


EVERY = [
    Selftest("memslot_perf_test", "-s", "512", "-l", "1", about="Maps, unmaps and moves 512 slots as fast as it can."),
    Selftest("memslot_modification_stress_test", "-i", "2000", "-v", "1", "-b", "16M",
             about="Adds and removes a slot 2000 times under a running vCPU."),
    Selftest("dirty_log_test", "-i", "3", about="Three kinds of dirty logging, a VM each."),
    Selftest("set_memory_region_test", about="Moves and deletes slots under a running vCPU, and adds as many as KVM takes."),
]


def _run(command, folder, **environment):
    done = subprocess.run(command, cwd=folder, env={**os.environ, **environment}, **QUIET)
    if done.returncode:
        raise Missing(f"{' '.join(map(str, command[:2]))}: {(done.stdout.strip().splitlines() or ['?'])[-1]}")


def _unpack(cache, into):
    suite = Suite(cache, SUITE)
    suite.update()
    suite.unpack(PACKAGE, into)
    [archive] = (into / "usr/src").glob("linux-source-*.tar.*")
    top = archive.name.split(".tar")[0]
    _run(["tar", "-xf", archive, "--strip-components=1", "--wildcards", f"{top}/*Kconfig*", f"{top}/*Makefile*", f"{top}/*Kbuild*",
          *(f"{top}/{part}" for part in PARTS)], into)
    shutil.rmtree(into / "usr/src")


def fetch(cache):
    """The folder with the tests and the witness, built."""
    folder = pathlib.Path(cache, "selftests")
    if not folder.exists():
        needs("make", "gcc", "tar", "xz")
        tree = folder.with_suffix(".source")
        shutil.rmtree(tree, ignore_errors=True)
        tree.mkdir(parents=True)
        _unpack(cache, tree)
        _run(["make", "headers"], tree)
        kvm = tree / FOLDER
        # A stable update uses the newer name of ASSERT_EQ where the header still has the old one.
        renamed = "define TEST_ASSERT_EQ" not in (kvm / "include/test_util.h").read_text()
        _run(["make", "-C", kvm, *(kvm / test.program for test in EVERY)], tree,
             **({"CFLAGS": "-DTEST_ASSERT_EQ=ASSERT_EQ"} if renamed else {}))
        fresh = folder.with_suffix(".new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir()
        for test in EVERY:
            shutil.copy(kvm / test.program, fresh)
        fresh.rename(folder)
        shutil.rmtree(tree)
    return folder


def build_witness(folder):
    """Of this checkout, whatever is cached."""
    needs("gcc")
    _run(["gcc", "-shared", "-fPIC", "-O2", "-Wall", "-o", "witness.so", HERE / "witness.c", "-ldl"], folder)


def state_of(pid):
    """The letter of /proc/PID/stat; none when it is gone."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return None


def preloaded(test, folder, scratch, patience, *settings):
    """The command of the test with the witness in it."""
    return ["env", f"LD_PRELOAD={scratch / 'witness.so'}", f"PATIENCE={patience:.0f}", *settings, str(folder / test.program),
            *test.arguments]


class Run:
    """One test under record, from its start to its end."""

    def __init__(self, test, slotscope, folder, scratch, patience):
        self.slotscope, self.scratch, self.seconds = slotscope, scratch, 120 * patience
        self.log, self.errors = scratch / "calls.json", open(scratch / "output", "w+")
        self.witness = Witness(scratch / "made")
        inside = preloaded(test, folder, scratch, patience, f"WITNESS={self.witness.path}")
        # Both become the test, so that it is record's own child; what it prints is not record's.
        inside = ["sh", "-c", 'exec "$@" >"$0"', str(scratch / "printed"), *inside]
        self.recorder = subprocess.Popen([slotscope, "record", "--json", "--to", "log", "-o", str(self.log), "--", *inside],
                                         stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.errors, text=True)
        self.compared = 0

    def said(self):
        self.errors.seek(0)
        return " / ".join(self.errors.read().strip().splitlines()[-4:])

    def children(self):
        try:
            return [int(pid) for pid in
                    pathlib.Path(f"/proc/{self.recorder.pid}/task/{self.recorder.pid}/children").read_text().split()]
        except OSError:
            return []

    def look(self, pid):
        """Compares the kernel's slots with what the stopped process has asked for."""
        vms, closing = self.witness.open_vms(pid)
        if closing == self.compared:
            raise Failed("the test has stopped, and not to close a VM")
        done = subprocess.run([self.slotscope, "slots", "--json", "-p", str(pid)], capture_output=True, text=True)
        if done.returncode not in (0, 3):
            raise Failed(f"slots: {done.stderr}")
        if done.returncode == 0:
            held = [{slot["slot"] | space["as"] << 16: tuple_of({**slot, "as": space["as"], "ret": 0})[1:5]
                     for space in vm["address_spaces"] for slot in space["slots"]} for vm in json.loads(done.stdout)["vms"]]
            order = [sorted(one.items()) for one in held], [sorted(one.items()) for one in vms.values()]
            if sorted(order[0]) != sorted(order[1]):
                raise Failed(f"the kernel's slots before VM {closing} is closed: {held}, the test's calls add up to {vms}")
        self.compared = closing
        os.kill(pid, signal.SIGCONT)

    def drive(self):
        """record's summary, once it has ended by itself."""
        until = time.monotonic() + self.seconds
        while self.recorder.poll() is None:
            for pid in self.children():
                if state_of(pid) == "T":
                    self.look(pid)
            if time.monotonic() > until:
                state = {pid: state_of(pid) for pid in self.children()}
                raise Failed(f"record did not end within {self.seconds:.0f} s; its children: {state}; {self.said()}")
            time.sleep(0.02)
        out = self.recorder.stdout.read()
        if not out:
            raise Failed(f"no summary, status {self.recorder.returncode}: {self.said()}")
        return json.loads(out)

    def end(self):
        for pid in self.children():
            os.kill(pid, signal.SIGKILL)
        if self.recorder.poll() is None:
            self.recorder.kill()
        self.recorder.wait()
        self.errors.close()


def agree(run, summary):
    """Raises Failed where record and the witness differ; what was compared."""
    lines = [json.loads(line) for line in run.log.read_text().splitlines()[1:]]
    recorded = {}
    for line in lines:
        if "call" in line:
            recorded.setdefault((line["pid"], line["tid"]), []).append(tuple_of(line))
    made = run.witness.calls()
    for thread in sorted(made.keys() | recorded.keys()):
        mine, its = recorded.get(thread, []), made.get(thread, [])
        differing = next((pair for pair in zip(mine, its) if pair[0] != pair[1]), None)
        if mine != its:
            raise Failed(f"thread {thread}: {len(mine)} calls recorded, {len(its)} made, first difference {differing}")
    calls = sum(map(len, made.values()))
    if summary["calls"] != calls or summary["lost"] or summary["unreadable"]:
        raise Failed(f"{calls} calls were made; {summary}")
    if summary["vms"] != run.witness.created():
        raise Failed(f"{run.witness.created()} VMs were made; {summary}")
    for check in summary["checks"]:
        if check["compared"] and (check["differing_slots"] or check["surplus_swaps"]):
            raise Failed(f"agreement: {check}")
    refused = sum(call[5] != 0 for thread in made.values() for call in thread)
    return f"{calls} calls, {refused} of them refused, {summary['vms']} VMs, slots compared before {run.compared} of them were closed"


def prove(test, slotscope, cache, scratch, patience):
    folder = fetch(cache)
    # Whether this KVM runs the test at all; an emulated one has faults of its own.
    try:
        build_witness(scratch)
        alone = subprocess.run(preloaded(test, folder, scratch, patience), timeout=120 * patience, **QUIET)
    except subprocess.TimeoutExpired:
        raise Missing(f"{test.program} by itself does not end within {120 * patience:.0f} s") from None
    last = re.sub(r"\s+", " ", (alone.stdout.strip().splitlines() or [""])[-1])
    if alone.returncode == SKIPPED or alone.returncode < 0:
        raise Missing(f"{test.program} by itself: status {alone.returncode}: {last}")
    run = Run(test, slotscope, folder, scratch, patience)
    try:
        summary = run.drive()
        if run.recorder.returncode == 3:
            raise Missing(run.said())
        if run.recorder.returncode != alone.returncode:
            raise Failed(f"status {run.recorder.returncode}, by itself {alone.returncode}: {run.said()}")
        if summary["end_reason"] != "the command ended":
            raise Failed(f"it ended because {summary['end_reason']}")
        return f"{agree(run, summary)}; status {alone.returncode}"
    finally:
        run.end()
