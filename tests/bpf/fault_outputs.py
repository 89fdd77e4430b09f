"""Faults of where a trace goes: its own file, another recorder's, a FIFO that nobody reads or has stopped reading."""
import os
import signal
import subprocess
import time

from fault_round import PROGRAMS, check, have_kvm, report, wait_for

FORMATS = ("native", "jsonl", "csv", "qemu")
WRITERS = (*FORMATS, "optimize")
SOON = 20  # seconds, on a busy machine


def text_trace(round, calls):
    """QEMU's text of random calls, which need no KVM."""
    text = ""
    for _ in range(calls):
        slot = round.dice.randrange(6)
        size = round.dice.choice((0, 0x1000, 0x20000, 0x40000000))
        text += (f"kvm_set_user_memory Slot#{slot} flags=0x{round.dice.choice((0, 0, 1))} gpa=0x{slot << 32:x} size=0x{size:x} "
                 f"ua=0x{0x7f0000000000 + (slot << 32):x} ret={round.dice.choice((0, 0, 0, -22))}\n")
    path = round.folder / "made.log"
    path.write_text(text)
    return path


def write(source, how, output):
    """convert to a format, or optimize."""
    command = ["optimize"] if how == "optimize" else ["convert", "--to", how]
    return subprocess.run([PROGRAMS.slotscope, *command, str(source), "-o", str(output)], capture_output=True, text=True,
                          timeout=60)


def in_is_out(round, seen):
    """A trace written onto itself, by its name, a link or a symbolic link: the same as elsewhere, or refused and untouched."""
    trace = round.folder / "trace"
    read, written = round.dice.choice(FORMATS), WRITERS[round.number % len(WRITERS)]
    made = write(text_trace(round, round.dice.randint(1, 3000)), read, trace)
    check(made.returncode == 0, f"a trace: {made.stderr}")
    before = trace.read_bytes()
    elsewhere = round.folder / "elsewhere"
    first = write(trace, written, elsewhere)
    check(first.returncode == 0 or written == "optimize", f"{read} to {written}: {first.stderr}")
    output = trace
    way = round.dice.choice(("name", "symlink", "link"))
    if way != "name":
        output = round.folder / "link"
        (output.symlink_to if way == "symlink" else output.hardlink_to)(trace)
    done = write(trace, written, output)
    if done.returncode != 0:
        expected = first.returncode or 2
        check(done.returncode == expected and done.stderr and trace.read_bytes() == before, f"{way}, {read} to {written}: {done.stderr}")
        seen["refused"] += 1
        return
    after = output.read_bytes()
    check(len(after) == len(elsewhere.read_bytes()), f"{way}, {read} to {written}: as elsewhere, {len(after)} bytes")
    answers = [report(path)[:2] for path in (output, elsewhere)]
    for status, document in answers:
        check(status == 0, f"{way}, {read} to {written}: readable")
        del document["trace"]["path"]
    check(answers[0] == answers[1], f"{way}, {read} to {written}: the same report")
    seen["the same"] += 1


def told_of_in_is_out(seen):
    return f"{seen['the same']} the same as elsewhere, {seen['refused']} refused"


def two_recorders(round, seen):
    """Two recorders of one output: one of them is told, and what is there at the end is one whole trace."""
    command = [PROGRAMS.vm_calls, "rate", "2000", "1"] if have_kvm() else ["sleep", "1"]
    recorders = []
    for number in range(2):
        with open(round.folder / f"told-{number}", "w") as err:
            recorders.append(round.start([PROGRAMS.slotscope, "record", "-o", str(round.trace), "--", *command],
                                         stdout=subprocess.DEVNULL, stderr=err))
        time.sleep(round.dice.choice((0, 0.05, 0.3)))
    statuses = [recorder.wait(60) for recorder in recorders]
    told = [(round.folder / f"told-{number}").read_text() for number in range(2)]
    check(0 in statuses, f"one of them records: {statuses} {told}")
    for status, text in zip(statuses, told):
        check(status == 0 or status in (2, 3) and str(round.trace) in text, f"the other says why not: {status} {text}")
    answer, document, diagnostics = report(round.trace)
    check(answer == 0 and not diagnostics and document["trace"]["whole"], f"one whole trace: {diagnostics}")
    seen["refused"] += sum(status != 0 for status in statuses)


def told_of_two_recorders(seen):
    return f"{seen['refused']} refused, each file one whole trace"


def interrupt_until_it_ends(recorder, seconds):
    """The first signal may go to the command."""
    for number in (signal.SIGTERM, signal.SIGINT):
        recorder.send_signal(number)
        try:
            return recorder.wait(seconds)
        except subprocess.TimeoutExpired:
            continue
    return None


def fifo(round, seen):
    """A FIFO without a reader, and one whose reader has stopped: a signal ends record all the same."""
    pipe = round.folder / "pipe.jsonl"
    os.mkfifo(pipe)
    without = round.number % 2 == 0
    reader = None if without else round.start(["sh", "-c", f"kill -STOP $$; exec cat > /dev/null < '{pipe}'"])
    descriptor = -1 if without else os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        command = [PROGRAMS.vm_calls, "rate", "20000", "60"] if have_kvm() else ["sleep", "60"]
        recorder = round.record("--", *command, trace=pipe)
        if not without and have_kvm():
            time.sleep(round.dice.uniform(1, 2))  # until the pipe is full and longer
        elif not without:
            wait_for(lambda: "\n" in round.told() or recorder.poll() is not None, "the recording begins")
        else:
            time.sleep(round.dice.uniform(0, 2))
        check(recorder.poll() is None or without, f"record goes on: {round.told()}")
        status = recorder.poll() if recorder.poll() is not None else interrupt_until_it_ends(recorder, SOON)
        check(status is not None, f"a signal ends it: {round.told()}")
        seen["without" if without else "stopped"] += 1
    finally:
        if descriptor >= 0:
            os.close(descriptor)
        if reader:
            reader.send_signal(signal.SIGCONT)


def told_of_fifos(seen):
    return f"{seen['without']} without a reader, {seen['stopped']} with one that has stopped; a signal ended each"
