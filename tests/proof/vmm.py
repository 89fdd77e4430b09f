"""QEMU under record: its own trace beside, QMP to drive it, and a port of the guest to hear from it."""
import json
import pathlib
import select
import socket
import subprocess
import time

from calls import qemu_calls, tuple_of
from packages import Missing


class Failed(Exception):
    pass


class Monitor:
    """QMP over a socket, one command at a time. Events are kept."""

    def __init__(self, path, patience):
        self.events = []
        self.patience = patience
        self.rest = b""
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(str(path))
        self._read()  # a greeting
        self.do("qmp_capabilities")

    def _read(self):
        while b"\n" not in self.rest:
            self.socket.settimeout(self.patience)
            data = self.socket.recv(1 << 16)
            if not data:
                raise Failed("QEMU closed its monitor")
            self.rest += data
        line, self.rest = self.rest.split(b"\n", 1)
        return json.loads(line)

    def do(self, command, **arguments):
        arguments = {name.replace("_", "-"): value for name, value in arguments.items()}
        self.socket.sendall(json.dumps({"execute": command, "arguments": arguments}).encode() + b"\n")
        while True:
            answer = self._read()
            if "error" in answer:
                raise Failed(f"{command}: {answer['error']['desc']}")
            if "return" in answer:
                return answer["return"]
            self.events.append(answer)

    def has_seen(self, event, **data):
        while self.rest or select.select([self.socket], [], [], 0)[0]:
            self.events.append(self._read())
        return any(one["event"] == event and data.items() <= one.get("data", {}).items() for one in self.events)


class Vmm:
    """One VM, from its start to its end. `arguments` are QEMU's; `patience` stretches what is waited for."""

    def __init__(self, slotscope, qemu, arguments, scratch, patience):
        self.slotscope = slotscope
        self.scratch = pathlib.Path(scratch)
        self.seconds = 60 * patience
        self.trace = self.scratch / "qemu.log"
        self.marks = self.scratch / "marks"
        self.log = self.scratch / "calls.json"
        listen = self.scratch / "qmp"
        command = qemu.command(
            "-accel", "kvm", "-display", "none", "-serial", "none", "-monitor", "none", *arguments,
            "-chardev", f"file,id=mark,path={self.marks}", "-device", "isa-debugcon,iobase=0xe9,chardev=mark",
            "-qmp", f"unix:{listen},server=on,wait=off", "-trace", "kvm_set_user_memory", "-D", str(self.trace))
        self.errors = open(self.scratch / "stderr", "w+")
        self.recorder = subprocess.Popen([slotscope, "record", "--json", "--to", "log", "-o", str(self.log), "--", *command],
                                         stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.errors, text=True)
        try:
            self.monitor = self.wait_for(lambda: self._monitor(listen), "QEMU's monitor")
        except Failed:
            self.end()
            raise

    def _monitor(self, listen):
        try:
            return Monitor(listen, self.seconds)
        except (FileNotFoundError, ConnectionRefusedError):  # the socket is there before anybody listens
            return None

    def said(self):
        self.errors.seek(0)
        return self.errors.read().strip()

    def wait_for(self, look, what, seconds=None):
        seconds = seconds or self.seconds
        until = time.monotonic() + seconds
        while not (found := look()):
            if self.recorder.poll() == 3:
                raise Missing(self.said().splitlines()[-1])
            if self.recorder.poll() is not None:
                raise Failed(f"waiting for {what}: QEMU has ended; {self.said()}")
            if time.monotonic() > until:
                raise Failed(f"{what}: not within {seconds} s, after {len(self.traced())} calls; {self.said()}")
            time.sleep(0.1)
        return found

    def wait_for_mark(self, mark, times=1, seconds=None):
        self.wait_for(lambda: self.marks.exists() and self.marks.read_bytes().count(mark) >= times,
                      f"{mark.decode()} for the {times}. time", seconds)

    def wait_until_quiet(self, seconds, least):
        """Until nothing has changed for so long, with so many calls made."""
        def quiet():
            calls = len(self.traced())
            if calls != last[0]:
                last[:] = calls, time.monotonic()
            return calls >= least and time.monotonic() - last[1] > seconds
        last = [0, time.monotonic()]
        self.wait_for(quiet, f"{least} calls and quiet", 20 * self.seconds)

    def traced(self):
        return qemu_calls(self.trace)

    def recorded(self):
        lines = [json.loads(line) for line in self.log.read_text().splitlines()[1:]]
        return [tuple_of(line) for line in lines if "call" in line]

    def pid(self):
        """What record started has become QEMU."""
        return int(pathlib.Path(f"/proc/{self.recorder.pid}/task/{self.recorder.pid}/children").read_text().split()[0])

    def slots(self):
        """The kernel's slots now; none where it can't be asked."""
        done = subprocess.run([self.slotscope, "slots", "--json", "-p", str(self.pid())], capture_output=True, text=True)
        if done.returncode == 3:
            return None
        if done.returncode != 0:
            raise Failed(f"slots: {done.stderr}")
        [vm] = json.loads(done.stdout)["vms"]
        held = [tuple_of({**slot, "as": space["as"], "ret": 0}) for space in vm["address_spaces"] for slot in space["slots"]]
        return {slot[0]: slot[1:5] for slot in held}

    def quit(self):
        """Ends QEMU; record's summary."""
        self.monitor.do("quit")
        out, _ = self.recorder.communicate(timeout=self.seconds)
        if self.recorder.returncode != 0:
            raise Failed(f"record's status is {self.recorder.returncode}: {self.said()}")
        return json.loads(out)

    def end(self):
        """Whatever happened, nothing stays. record ends what it started."""
        if self.recorder.poll() is None:
            self.recorder.terminate()
            try:
                self.recorder.wait(self.seconds)
            except subprocess.TimeoutExpired:
                self.recorder.kill()
                self.recorder.wait()
