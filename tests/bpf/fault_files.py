"""Faults of a trace's bytes: it is cut anywhere, or a bit is flipped; and small traces for them."""
import subprocess

from fault_outputs import text_trace
from fault_round import PROGRAMS, check, events, have_kvm, number, report, reports_of

FILE_HEADER = 16  # bytes, before which nothing can be read (traces/FORMAT.md)
ALL_BITS_ROUNDS = 4  # one for each kind of trace


def converted_trace(round):
    done = subprocess.run([PROGRAMS.slotscope, "convert", str(text_trace(round, round.dice.randint(1, 6))), "-o",
                           str(round.trace)], capture_output=True, text=True)
    check(done.returncode == 0, f"a trace: {done.stderr}")


def recorded_trace(round):
    """A trace of a few calls: plain, of a VM that ran before, with phases, and with stacks."""
    vmm = [PROGRAMS.vm_calls, "hold", str(round.dice.randint(1, 4))]
    options = ([], [], ["--phases"], ["--stacks"])[round.number % 4]
    target = ["--", *vmm]
    if round.number % 4 == 1:
        process = round.start(vmm, stdout=subprocess.PIPE, text=True)
        check(process.stdout.readline() == "ready\n", "a VM")
        target = ["-p", str(process.pid)]
    status = round.record(*options, "--duration", "200ms", *target).wait(60)
    if status == 3 and options:  # not every build and kernel has them
        status = round.record("--duration", "200ms", *target).wait(60)
    check(status == 0, f"status {status}: {round.told()}")


def small_trace(round):
    """A trace of a few calls, and what report says of it."""
    (recorded_trace if have_kvm() else converted_trace)(round)
    status, document, told = report(round.trace)
    check(status == 0 and not told and document["trace"]["whole"], f"a whole trace: {told}")
    del document["trace"]["path"]
    return round.trace.read_bytes(), document


def truncate(round, seen):
    trace, whole = small_trace(round)
    calls = 0
    for length, (status, document, told) in enumerate(reports_of(round.folder, (trace[:n] for n in range(len(trace))))):
        where = f"cut after {length} of {len(trace)} bytes: {told}"
        check(told, f"something is missing, {where}")
        seen["cuts"] += 1
        if status == 2:
            check(length < FILE_HEADER, f"readable, {where}")
            seen["unreadable"] += 1
            continue
        cut = document["trace"]
        check(cut["whole"] is False and "missing" in told and "the writer did not finish" in told, f"not whole, {where}")
        check(calls <= cut["calls"] <= whole["trace"]["calls"] and cut["lost"] == 0, f"no call more than there are, {where}")
        calls = cut["calls"]
    check(calls == whole["trace"]["calls"], "only the footer's last byte missing, all calls are there")


def told_of_cuts(seen):
    return (f"{number(seen['cuts'])} cuts; every one is said, {number(seen['cuts'] - seen['unreadable'])} leave a readable trace, "
            f"{seen['unreadable']} are in the file header")


def flips(data, bits):
    for bit in bits:
        flipped = bytearray(data)
        flipped[bit // 8] ^= 1 << bit % 8
        yield bytes(flipped)


def bit_flips(round, seen):
    trace, whole = small_trace(round)
    # Slots that existed before the trace are events that can be lost, and no calls.
    records = sum(event["event"] == "call" for event in events(round.trace))
    bits = range(8 * len(trace))
    if round.number >= ALL_BITS_ROUNDS:
        bits = sorted(round.dice.sample(bits, len(bits) // 10))
    for bit, (status, document, told) in zip(bits, reports_of(round.folder, flips(trace, bits))):
        where = f"bit {bit % 8} of byte {bit // 8} of {len(trace)}: {told}"
        seen["flips"] += 1
        if status == 2:
            check(told and bit // 8 < FILE_HEADER, f"readable, {where}")
            seen["unreadable"] += 1
            continue
        del document["trace"]["path"]
        if not told:
            check(document == whole, f"the same report or a warning, {where}")
            seen["the same"] += 1
            continue
        now, before = document["trace"], whole["trace"]
        # Of a block without calls, such as that with the VM's end, something is lost too: at least one event.
        most = max(records - now["calls"], 1)
        check(now["calls"] <= before["calls"] and now["lost"] <= most, f"not more than there are, {where}")
        check(not now["whole"] or now["calls"] + now["lost"] >= before["calls"], f"what is missing is counted, {where}")
        seen["said"] += 1


def told_of_flips(seen):
    return (f"{number(seen['flips'])} flips; {number(seen['said'])} are said, {number(seen['the same'])} change no report, "
            f"{number(seen['unreadable'])} make it unreadable")
