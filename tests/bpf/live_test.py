#!/usr/bin/env python3
"""Tests of record and slots on the live kernel: live_test.py SLOTSCOPE VM_CALLS CASE

Exits with 77, and the reason, where the machine lacks what a case needs. Other VMs may run on the
machine: every case looks at processes that it started, and ends only those.
"""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from calls import qemu_calls, state_after, tuple_of

SLOTSCOPE, VM_CALLS, CASE = sys.argv[1:4]
QEMU = "qemu-system-x86_64"
# What the lab, where everything is slow and SMM exists, sets otherwise.
MACHINE = os.environ.get("SLOTSCOPE_MACHINE", "pc,smm=off")
BACKEND = os.environ.get("SLOTSCOPE_BACKEND", "auto")
BOOT_SECONDS = int(os.environ.get("SLOTSCOPE_BOOT_SECONDS", "3"))
# That QEMU 5.2 to 11.1 make before SeaBIOS looks for a disk, at least.
BOOT_CALLS = int(os.environ.get("SLOTSCOPE_BOOT_CALLS", "22"))
RATE_SECONDS = int(os.environ.get("SLOTSCOPE_RATE_SECONDS", "5"))
scratch = pathlib.Path(tempfile.mkdtemp(prefix="slotscope-live-"))
started = []


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(77)


def check(truth, what):
    if not truth:
        sys.exit(f"failed: {what}")


def needs(root=True, kvm=True, qemu=False):
    if kvm and not os.access("/dev/kvm", os.R_OK | os.W_OK):
        skip("no /dev/kvm")
    if root and os.geteuid() != 0:
        skip("not root")
    if qemu and not shutil.which(QEMU):
        skip(f"no {QEMU}")
    if root:
        tried = subprocess.run([SLOTSCOPE, "slots", "-p", str(os.getpid())], capture_output=True, text=True)
        if tried.returncode == 3:
            skip(tried.stderr.strip())


def qemu(trace, machine=MACHINE, memory="512"):
    return [QEMU, "-accel", "kvm", "-machine", machine, "-m", memory, "-display", "none", "-serial", "none",
            "-monitor", "none", "-no-reboot", "-trace", "kvm_set_user_memory", "-D", str(trace)]


def start(command, **how):
    process = subprocess.Popen(command, **how)
    started.append(process)
    return process


def record(*arguments, backend=BACKEND):
    """record, with its calls as JSON lines in `calls.json` and its summary on stdout."""
    return start([SLOTSCOPE, "record", "--backend", backend, "--json", "--to", "log",
                  "-o", str(scratch / "calls.json"), *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finish(recorder, signal_number=None, seconds=90):
    if signal_number:
        recorder.send_signal(signal_number)
    out, err = recorder.communicate(timeout=seconds)
    print(err, end="")
    if recorder.returncode == 3 and BACKEND != "auto":
        skip(err.strip().splitlines()[-1] if err.strip() else f"no {BACKEND}")
    try:
        return json.loads(out), recorder.returncode
    except ValueError:
        sys.exit(f"failed: no summary in {out!r}")


def recorded():
    lines = (scratch / "calls.json").read_text().splitlines()
    return [json.loads(line) for line in lines[1:]]


def without_hidden_deletes(calls):
    """QEMU sends a delete with the new flags before a READONLY flip, and does not trace it."""
    return [call for call in calls if not (call[3] == 0 and call[1] != 0)]


def kernel_state(pid):
    done = subprocess.run([SLOTSCOPE, "slots", "--json", "-p", str(pid)], capture_output=True, text=True, check=True)
    [vm] = json.loads(done.stdout)["vms"]
    check(vm["pid"] == pid, "slots of another process")
    slots = {}
    for space in vm["address_spaces"]:
        for slot in space["slots"]:
            key = space["as"] << 16 | slot["slot"]
            slots[key] = tuple_of({**slot, "as": space["as"], "ret": 0})[1:5]
    return slots


def check_proven(summary, vms=1):
    check(summary["lost"] == 0 and summary["unreadable"] == 0, "nothing lost")
    check(summary["vms"] == vms, f"{vms} VMs")
    if summary["unchecked"]:
        return  # 5.10 has no types of KVM to read its slots by
    check({entry["vm"] for entry in summary["checks"]} == set(range(1, vms + 1)), "every VM compared")
    for entry in summary["checks"]:
        check(entry["compared"] and entry["differing_slots"] == 0 and entry["surplus_swaps"] == 0, f"agreement: {entry}")


def wait_for_boot(trace, calls=None):
    for _ in range(600):
        if trace.exists() and len(qemu_calls(trace)) >= (calls or BOOT_CALLS):
            break
        time.sleep(0.1)
    time.sleep(0.5)


def case_boot():
    """A boot's calls are those of QEMU's own trace, one by one; SIGTERM is passed on."""
    needs(qemu=True)
    trace = scratch / "qemu.log"
    recorder = record("--", *qemu(trace))
    wait_for_boot(trace)
    summary, status = finish(recorder, signal.SIGTERM)
    expected = qemu_calls(trace)
    calls = [tuple_of(call) for call in recorded() if "call" in call]
    check(len(expected) >= BOOT_CALLS, "QEMU traced a boot")
    check(without_hidden_deletes(calls) == expected, f"calls differ: {calls} {expected}")
    check(summary["calls"] == len(calls), "the summary counts all calls")
    check(all(call["duration_ns"] > 0 and call["tid"] for call in recorded() if "call" in call), "durations, threads")
    check(summary["end_reason"] == "the command ended" and status == 0, f"QEMU's exit status: {status}")
    check_proven(summary)


def case_replay():
    """A boot that was just recorded replays here, every result as recorded, its durations beside the new ones."""
    needs(qemu=True)
    trace, slots = scratch / "qemu.log", scratch / "boot.slots"
    recorder = start([SLOTSCOPE, "record", "-o", str(slots), "--", *qemu(trace)], stderr=subprocess.PIPE, text=True)
    wait_for_boot(trace)
    recorder.send_signal(signal.SIGTERM)
    _, err = recorder.communicate(timeout=90)
    print(err, end="")
    done = subprocess.run([SLOTSCOPE, "replay", "--json", "--repeat", "3", "--split-address-spaces", str(slots)],
                          capture_output=True, text=True)
    print(done.stderr, end="")
    check(done.returncode == 0, "this kernel agrees with itself")
    replayed = json.loads(done.stdout)
    check(replayed["runs"] == 3 and not replayed["disagreements"], "three runs, all results as recorded")
    check(replayed["operations"] >= BOOT_CALLS and not replayed["left_out"], "all calls")
    fidelity = replayed["fidelity"]
    check(fidelity["calls"] == replayed["operations"], f"every call has both durations: {fidelity}")
    check(fidelity["recorded_ns"] > 0 and fidelity["replayed_ns"] > 0, f"{fidelity}")


def case_slots():
    """slots shows what QEMU's trace adds up to."""
    needs(qemu=True)
    trace = scratch / "qemu.log"
    vmm = start(qemu(trace))
    wait_for_boot(trace)
    vmm.send_signal(signal.SIGSTOP)
    held = kernel_state(vmm.pid)
    expected = state_after(qemu_calls(trace))
    check(expected and held == expected, f"{held} is not {expected}")


def case_attach():
    """record -p in the middle of a boot: the slots so far, then every call after them."""
    needs(qemu=True)
    for delay in (0.15, 0.4, 0.9):
        trace = scratch / f"qemu-{delay}.log"
        vmm = start(qemu(trace))
        time.sleep(delay)
        summary, status = finish(record("-p", str(vmm.pid), "--duration", str(BOOT_SECONDS)))
        check(status == 0 and summary["end_reason"] == "the time was over", "the end")
        check_proven(summary)
        lines = recorded()
        seeds = {line["as"] << 16 | line["snapshot"]["slot"]: tuple_of({**line["snapshot"], "as": line["as"], "ret": 0})[1:5]
                 for line in lines if "snapshot" in line}
        calls = [tuple_of(line) for line in lines if "call" in line]
        expected = qemu_calls(trace)
        seen = without_hidden_deletes(calls)
        before = expected[:len(expected) - len(seen)]
        check(expected[len(before):] == seen, "the calls after the snapshot are the last ones of QEMU's trace")
        check(state_after(before) == seeds, "the snapshot is what the calls before it add up to")


def case_two_vms():
    """Two VMs of one command, at the same time, each with its own calls."""
    needs(qemu=True)
    traces = [scratch / "a.log", scratch / "b.log"]
    first, second = (" ".join(qemu(trace, memory=memory)) for trace, memory in zip(traces, ("256", "768")))
    script = f"{first} & a=$!; {second} & b=$!; sleep {BOOT_SECONDS}; kill $a $b; wait"
    summary, _ = finish(record("--", "sh", "-c", script))
    check_proven(summary, vms=2)
    seen = {vm: [tuple_of(line) for line in recorded() if line.get("vm") == vm and "call" in line] for vm in (1, 2)}
    expected = [qemu_calls(trace) for trace in traces]
    got = [without_hidden_deletes(calls) for calls in seen.values()]
    if got[0] and expected[0] and got[0][0] != expected[0][0]:
        got.reverse()
    for mine, its in zip(got, expected):
        differing = [(number, pair) for number, pair in enumerate(zip(mine, its), 1) if pair[0] != pair[1]]
        check(mine == its, f"each VM's calls are those of its QEMU: {len(mine)} and {len(its)} calls, {differing[:1]}")


def case_unreturned():
    """Two VMs at once with kretprobes that follow one call at a time: what is not seen is counted, to the call."""
    needs(qemu=True)
    # Where no two calls overlapped, as may happen on a busy machine, nothing was shown: again.
    check(any(two_vms_overlap() for _ in range(4)), "some returned unseen: else this shows nothing")


def two_vms_overlap():
    traces = [scratch / "a.log", scratch / "b.log"]
    for trace in traces:
        trace.unlink(missing_ok=True)
    script = "".join(f"{' '.join(qemu(trace))} & " for trace in traces) + f"sleep {BOOT_SECONDS}; kill $(jobs -p); wait"
    summary, _ = finish(record("--", "bash", "-c", script, backend="kprobe"))
    made = sum(len(qemu_calls(trace)) for trace in traces)
    seen = len(without_hidden_deletes([tuple_of(line) for line in recorded() if "call" in line]))
    print(f"{made} calls, {seen} seen, {summary['lost']} lost")
    # The creation of a VM may return unseen too, which loses no call of the trace.
    check(made <= seen + summary["lost"] <= made + len(traces), "every call is seen or counted")
    return made > seen > 0


def case_killed():
    """The VMM is killed: what it did and what it had are there, and its status is passed on."""
    needs(qemu=True)
    trace = scratch / "qemu.log"
    recorder = record("--", *qemu(trace))
    wait_for_boot(trace)
    children = pathlib.Path(f"/proc/{recorder.pid}/task/{recorder.pid}/children").read_text().split()
    os.kill(int(children[0]), signal.SIGKILL)
    summary, status = finish(recorder)
    check(status == 128 + signal.SIGKILL, f"status {status}")
    check(summary["calls"] == len([line for line in recorded() if "call" in line]) > 10, "calls")
    check_proven(summary)


def case_commits():
    """QEMU's own commits: whoever only adds is inferred wrongly, marks are not."""
    needs(qemu=True)
    trace = scratch / "qemu.log"
    recorder = record("--commits", "--", *qemu(trace))
    wait_for_boot(trace)
    summary, _ = finish(recorder, signal.SIGTERM)
    check_proven(summary)
    calls = [line for line in recorded() if "call" in line]
    commits = [call["commit"] for call in calls]
    check(commits[0] == 1 and all(b in (a, a + 1) for a, b in zip(commits, commits[1:])), f"commits ascend: {commits}")
    # QEMU 5.2 to 11.1 split low memory around the ROMs at 0xc0000 in one commit.
    split = [call["commit"] for call in calls if call["gpa"] in ("0xc0000", "0xe0000") and call["update"] == "create"][:2]
    check(split[0] == split[1], "the split of low memory is one commit")


def case_permission():
    """Without privileges: status 3 and which capabilities are missing."""
    needs(root=False, kvm=False)
    if os.geteuid() == 0 and not shutil.which("setpriv"):
        skip("no setpriv")
    become = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"] if os.geteuid() == 0 else []
    readable = pathlib.Path(tempfile.mkdtemp(prefix="slotscope-bin-"))
    program = shutil.copy(SLOTSCOPE, readable / "slotscope")
    readable.chmod(0o755)
    for command in (["slots"], ["record", "-o", "/dev/null", "--", "true"]):
        done = subprocess.run([*become, str(program), *command], capture_output=True, text=True)
        check(done.returncode == 3, f"status {done.returncode}: {done.stderr}")
        check("CAP_BPF and CAP_PERFMON missing" in done.stderr and "sudo" in done.stderr, done.stderr)
    if os.geteuid() == 0:
        # With both, tracepoints are let in, and uprobes perhaps not: then it is said what they want.
        with_both = [*become, "--inh-caps=-all,+bpf,+perfmon", "--ambient-caps=-all,+bpf,+perfmon"]
        done = subprocess.run([*with_both, str(program), "record", "-o", "/dev/null", "--", "true"], capture_output=True,
                              text=True)
        check(done.returncode == 0, f"status {done.returncode}: {done.stderr}")
        if not shutil.which(QEMU):
            skip(f"no {QEMU}")
        done = subprocess.run([*with_both, str(program), "record", "--commits", "-o", "/dev/null", "--", QEMU, "-version"],
                              capture_output=True, text=True)
        named = "CAP_SYS_ADMIN missing" in done.stderr and "sudo" in done.stderr
        check(done.returncode == 0 or done.returncode == 3 and named, f"status {done.returncode}: {done.stderr}")
    shutil.rmtree(readable)


def case_rate():
    """20 000 calls a second with the default settings: none is lost."""
    needs()
    made = scratch / "made"
    script = f"{VM_CALLS} rate 20000 {RATE_SECONDS} > {made}"
    recorder = start([SLOTSCOPE, "record", "--json", "-o", str(scratch / "rate.slots"), "--", "sh", "-c", script],
                     stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    summary, status = finish(recorder, seconds=RATE_SECONDS + 60)
    count = int(made.read_text())
    check(status == 0, "the command's status")
    check(summary["calls"] == count, f"{summary['calls']} of {count} calls")
    check_proven(summary)
    if count < 20000 * RATE_SECONDS * 0.9:
        skip(f"this machine did only {count} calls in {RATE_SECONDS} s")


def case_loss():
    """A ring that is too small: what is lost is counted, shown in its place, and found in the kernel's count."""
    needs()
    made = scratch / "made"
    summary, status = finish(record("--buffer", "4K", "--", "sh", "-c", f"{VM_CALLS} rate 20000 1 > {made}"))
    count = int(made.read_text())
    lost = sum(line["lost"] for line in recorded() if "lost" in line)
    check(summary["lost"] > 0, "something was lost")
    check(status == 1 and summary["whole"] is False, f"what lacks calls is not whole: status {status}")
    check(lost == summary["lost"], "the stream shows every loss")
    # The VM's creation and the end of its process need room too, and may be among the lost.
    check(0 <= summary["calls"] + lost - count <= 2, f"{summary['calls']} calls and {lost} losses of {count}")


def case_compat():
    """Calls of 32-bit system calls."""
    needs()
    tried = subprocess.run([VM_CALLS, "compat"], capture_output=True, text=True)
    if tried.returncode != 0:
        skip(f"no 32-bit system calls: {tried.stderr or tried.returncode}")
    summary, _ = finish(record("--", VM_CALLS, "compat"))
    calls = [tuple_of(line) for line in recorded() if "call" in line]
    check(calls == [(3, 0, 0x7000, 4096, 0x10000000, 0), (3, 0, 0x7000, 0, 0x10000000, 0)], f"{calls}")
    check_proven(summary)


def case_memfd():
    """guest_memfd: what is asked for beside slots, REGION2 told from REGION; by 32-bit callers too."""
    needs()
    for mode in ([], ["compat"]):
        tried = subprocess.run([VM_CALLS, "memfd", *mode], capture_output=True, text=True)
        if tried.returncode != 0 or not tried.stdout:
            skip(f"no 32-bit system calls: {tried.stderr or tried.returncode}")
        if tried.stdout.startswith("-"):
            skip(f"no guest_memfd: KVM_CREATE_GUEST_MEMFD answers {tried.stdout.split()[0]}")
        trace = scratch / "memfd.jsonl"
        recorder = start([SLOTSCOPE, "record", "-o", str(trace), "--", VM_CALLS, "memfd", *mode],
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        out, err = recorder.communicate(timeout=90)
        print(err, end="")
        fd, created, attributes, deleted, plain = map(int, out.split())
        check((created, deleted, plain) == (0, 0, 0), f"a slot on the guest_memfd: {out}")
        events = [json.loads(line) for line in trace.read_text().splitlines()[1:]]
        shown = [event for event in events if event["event"] not in ("vm", "end")]
        kinds = [event["event"] for event in shown]
        check(kinds == ["guest_memfd", "kvm_vm_ioctl", "call", "memory_attributes", "call", "kvm_vm_ioctl", "call"],
              f"in their order: {kinds}")
        check((shown[0]["size"], shown[0]["ret"]) == (0x10000, fd), f"the file: {shown[0]}")
        check((shown[1]["request"], shown[5]["request"]) == ("0x40a0ae49", "0x4020ae46"), "REGION2, REGION")
        call = shown[2]
        check((call["guest_memfd"], call["guest_memfd_offset"], call["flags"]) == (fd, 0x2000, ["guest_memfd"]), f"{call}")
        told = shown[3]
        check((told["gpa"], told["size"], told["attributes"], told["ret"]) == ("0x40000", 0x2000, "0x8", attributes), f"{told}")


def case_backends():
    """Every backend either sees the same calls or says why it can't."""
    needs()
    worked = 0
    for backend in ("fentry", "kprobe", "syscalls"):
        done = subprocess.run([SLOTSCOPE, "record", "--backend", backend, "--json", "-o", "-", "--", VM_CALLS, "rate", "100", "1"],
                              capture_output=True, text=True)
        if done.returncode == 3:
            check(f"{backend} refused: " in done.stderr, done.stderr)
            print(done.stderr, end="")
            continue
        check(done.returncode == 0 and "0 lost, generation agrees" in done.stderr, done.stderr)
        worked += 1
    check(worked > 0, "one backend works")


def case_formats():
    """JSON Lines, by the file's name and to a pipe, are read back whole; the log comes while the VMM lives."""
    needs()
    lines = scratch / "calls.jsonl"
    for output, more in ((lines, []), ("-", ["--to", "jsonl"])):
        done = subprocess.run([SLOTSCOPE, "record", *more, "-o", str(output), "--", VM_CALLS, "rate", "200", "1"],
                              capture_output=True, text=True)
        check(done.returncode == 0, done.stderr)
        text = lines.read_text() if output == lines else done.stdout
        events = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
        check(events[0]["schema"] == "slotscope.trace/1", f"a header: {events[0]}")
        made = len([event for event in events if event.get("event") == "call"])
        end = events[-1]
        check((end["event"], end["calls"], end["reason"]) == ("end", made, "the command ended"), f"the end: {end}")
    report = subprocess.run([SLOTSCOPE, "report", "--json", str(lines)], capture_output=True, text=True, check=True)
    calls = len([event for event in map(json.loads, lines.read_text().splitlines()) if event.get("event") == "call"])
    check(json.loads(report.stdout)["trace"]["calls"] == calls >= 190, f"{calls} calls")
    recorder = start([SLOTSCOPE, "record", "-o", "-", "--", VM_CALLS, "hold", "3"], stdout=subprocess.PIPE, text=True)
    shown = [recorder.stdout.readline() for _ in range(6)]  # waits: the VMM goes on for ever
    recorder.send_signal(signal.SIGTERM)
    recorder.communicate(timeout=90)
    check(any("commit 1: " in line for line in shown), f"the cause of the commit: {shown}")
    check(len([line for line in shown if " create " in line]) == 3, f"its calls: {shown}")


def needs_stacks():
    tried = subprocess.run([SLOTSCOPE, "record", "--stacks", "-o", "/dev/null", "--", "true"], capture_output=True, text=True)
    if tried.returncode == 3:
        skip(tried.stderr.strip())


def names(call):
    return [frame["function"] for frame in call.get("frames", [])]


def check_chain(functions, *expected):
    """The expected functions, in that order, with others between them."""
    rest = iter(functions)
    check(all(name in rest for name in expected), f"{expected} in {functions}")


def case_stacks():
    """The functions that led to each call: of a short-lived program, by every backend, and of a stripped QEMU."""
    needs(qemu=True)
    needs_stacks()
    worked = 0
    for backend in ("fentry", "kprobe", "syscalls"):
        recorder = record("--stacks", "--", "sh", "-c", f"exec {VM_CALLS} cost 1 > /dev/null", backend=backend)
        out, err = recorder.communicate(timeout=90)
        print(err, end="")
        if recorder.returncode == 3:
            continue
        check(recorder.returncode == 0, f"{backend}: status {recorder.returncode}")
        calls = [line for line in recorded() if "call" in line]
        check(len(calls) > 100, f"{backend}: {len(calls)} calls")
        for call in calls:
            check_chain(names(call), "ioctl", "main")
            check(call["stack_end"] == "outermost", f"{backend}: {call}")
        check(json.loads(out)["lost_stacks"] == 0, f"{backend}: no stack is lost")
        worked += 1
    check(worked > 0, "one backend works")

    binary = pathlib.Path(shutil.which(QEMU)).read_bytes()  # a name between two zeros is a symbol's
    if b"\0memory_region_transaction_commit\0" not in binary:
        skip(f"{QEMU} exports no functions")
    trace = scratch / "qemu.log"
    recorder = record("--stacks", "--commits", "--", *qemu(trace))
    wait_for_boot(trace)
    summary, _ = finish(recorder, signal.SIGTERM)
    check_proven(summary)
    calls = [line for line in recorded() if "call" in line]
    for call in calls:
        # The listener of SMM's address space is shown the memory map that exists already.
        cause = "memory_listener_register" if "memory_listener_register" in names(call) else "memory_region_transaction_commit"
        check_chain(names(call), "ioctl", "kvm_vm_ioctl", cause)
        check(call["stack_end"] == "outermost", f"{call}")
    check_chain(names(calls[0]), "memory_region_transaction_commit", "machine_run_board_init", "qemu_init", "main")
    main_thread = calls[0]["pid"]
    guest = [call for call in calls if call["tid"] != main_thread]
    check(guest, "calls of vCPU threads")
    for call in guest:
        check_chain(names(call), "memory_region_transaction_commit", "address_space_rw", "kvm_cpu_exec")
    # Who takes the nearest symbol gives static functions the name of an exported one before them.
    if b"\0kvm_set_user_memory_region\0" not in binary:
        unnamed = [frame for frame in calls[0]["frames"] if frame["function"] is None]
        check(len(unnamed) >= 4 and all(frame["offset"] is not None for frame in unnamed), f"static functions: {unnamed}")


def case_late_stacks():
    """Stacks of programs that have ended before record looks at them; those that nobody can unwind any more are counted."""
    needs()
    needs_stacks()
    # The shell stops record, and lets it go on when the program is no more.
    script = "kill -STOP $PPID; {}; kill -CONT $PPID"
    gone = scratch / "vm_calls"
    worked = 0
    for backend in ("fentry", "kprobe", "syscalls"):
        recorder = record("--stacks", "--", "sh", "-c", script.format(f"{VM_CALLS} cost 1 > /dev/null"), backend=backend)
        summary, status = finish_late(recorder)
        if status == 3:
            continue
        calls = [line for line in recorded() if "call" in line]
        check(len(calls) > 100 and status == 0, f"{backend}: {len(calls)} calls, status {status}")
        for call in calls:
            check_chain(names(call), "ioctl", "main")
            check(call["stack_end"] == "outermost", f"{backend}: {call}")
        check(summary["lost_stacks"] == summary["gone_stacks"] == 0, f"{backend}: {summary}")

        shutil.copy(VM_CALLS, gone)
        recorder = record("--stacks", "--", "sh", "-c", script.format(f"{gone} cost 1 > /dev/null; rm {gone}"), backend=backend)
        summary, status = finish_late(recorder)
        calls = [line for line in recorded() if "call" in line]
        check(len(calls) > 100 and status == 0, f"{backend}: {len(calls)} calls, status {status}")
        for call in calls:
            check(call["stack_end"] == "process_gone" and names(call)[0] == "ioctl", f"{backend}: {call}")
        check(summary["gone_stacks"] == len(calls), f"{backend}: every such stack is counted: {summary}")
        worked += 1
    check(worked > 0, "one backend works")


def finish_late(recorder):
    """The summary and the status of a record that may be refused."""
    out, err = recorder.communicate(timeout=90)
    print(err, end="")
    return json.loads(out) if out else None, recorder.returncode


def case_phases():
    """Where the time of a boot's calls went, as far as this kernel tells; what it does not tell is named."""
    needs(qemu=True)
    trace = scratch / "qemu.log"
    recorder = start([SLOTSCOPE, "record", "--backend", BACKEND, "--phases", "-o", str(scratch / "boot.slots"), "--",
                      *qemu(trace)], stderr=subprocess.PIPE, text=True)
    wait_for_boot(trace, BOOT_CALLS + 10)  # until option ROMs have been found
    recorder.send_signal(signal.SIGTERM)
    _, err = recorder.communicate(timeout=90)
    print(err, end="")
    report = json.loads(subprocess.run([SLOTSCOPE, "report", "--json", str(scratch / "boot.slots")], capture_output=True,
                                       text=True, check=True).stdout)
    rows = {row["update"]: row for row in report["vms"][0]["phases"]}
    updates = [space["updates"] for space in report["vms"][0]["address_spaces"]]
    for kind in ("create", "delete"):
        row = rows[kind]
        check(row["calls"] == sum(update[kind] for update in updates), f"phases of every {kind}: {row}")
        for phase, one in row["phases"].items():
            check(0 <= one["time_ns"] <= row["inside_ns"], f"{phase} is a part of the call: {one}")
    unmeasured = "".join(line for line in err.splitlines() if line.startswith("not measured: "))
    swaps = {"create": 1, "delete": 2}
    for kind in swaps:
        phases = rows[kind]["phases"]
        for phase, title in (("off_cpu", "time off the CPU"), ("srcu_wait", "SRCU waits"), ("zap", "zap"),
                             ("metadata", "metadata"), ("dirty_log", "dirty log")):
            check((phase in phases) != (title in unmeasured), f"{phase} is measured or named: {unmeasured}")
        if "srcu_wait" in phases:
            # Each swap of the slots waits once (kvm_swap_active_memslots, install_new_memslots).
            check(phases["srcu_wait"]["times"] == swaps[kind] * rows[kind]["calls"], f"an SRCU wait a swap: {phases}")
        if "zap" in phases:
            check(phases["zap"]["times"] == (rows[kind]["calls"] if kind == "delete" else 0), f"a zap a delete: {phases}")
    faults, exits = (sum(row[what] for row in rows.values()) for what in ("page_faults", "mmio_exits"))
    print(f"{faults} page faults, {exits} MMIO exits; {unmeasured}")
    check(exits > 0 or "MMIO exits" in unmeasured, "a booting guest talks to devices")


def case_duration():
    """--duration ends the capture and the command, with status 0."""
    needs()
    began = time.monotonic()
    done = subprocess.run([SLOTSCOPE, "record", "--duration", "700ms", "-o", str(scratch / "some.slots"), "--", VM_CALLS,
                           "hold", "2"], capture_output=True, text=True, timeout=60)
    took = time.monotonic() - began
    check(done.returncode == 0, f"status {done.returncode}: {done.stderr}")
    check(0.7 <= took < 20, f"it took {took} s")
    check(b"LIVE" in (scratch / "some.slots").read_bytes(), "the kernel's slots at the end")
    check("2 calls on 1 VM" in done.stderr, done.stderr)


def case_many_slots():
    """The largest slot table that KVM takes is read whole."""
    needs()
    vmm = start([VM_CALLS, "hold", "32000"], stdout=subprocess.PIPE, text=True)
    check(vmm.stdout.readline() == "ready\n", "32000 slots")
    held = kernel_state(vmm.pid)
    check(held == {i: (0, i * 4096, 4096, 0x10000000 + i * 4096) for i in range(32000)}, "32000 slots")


try:
    globals()[f"case_{CASE}"]()
finally:
    for process in started:
        if process.poll() is None:
            process.kill()
            process.wait()
    shutil.rmtree(scratch)
