"""Memslot calls as tuples (slot with its address space above bit 16, flags, gpa, size, hva, ret), and what they add up to."""
import re

FLAGS = {"log_dirty": 1, "readonly": 2, "guest_memfd": 4}
READONLY = FLAGS["readonly"]
NUMBER = r"(-?(?:0x)?[0-9a-f]+)"
# QEMU up to 9.0, and with an address space since 9.1.
LINE = re.compile(rf"kvm_set_user_memory (?:AddrSpace#{NUMBER} )?Slot#{NUMBER} flags=0x{NUMBER} gpa=0x{NUMBER} "
                  rf"size=0x{NUMBER} ua=0x{NUMBER} (?:guest_memfd=\S+ guest_memfd_offset=\S+ )?ret=(-?\d+)$")


def tuple_of(call):
    """A call, or a slot, of record's and slots' JSON."""
    flags = sum(FLAGS[flag] for flag in call["flags"])
    return (call["as"] << 16 | call["slot"], flags, int(call["gpa"], 16), call["size"], int(call["hva"], 16),
            call["ret"])


def qemu_calls(trace):
    """The calls in QEMU's own trace. A line that QEMU is still writing does not count."""
    if not trace.exists():
        return []
    found = [LINE.search(text) for text in trace.read_text().splitlines()]
    return [(int(m[1] or 0) << 16 | int(m[2]), *(int(m[i], 16) for i in range(3, 7)), int(m[7])) for m in found if m]


def state_after(calls):
    slots = {}
    for slot, flags, gpa, size, hva, ret in calls:
        if ret == 0 and size:
            slots[slot] = (flags, gpa, size, hva)
        elif ret == 0:
            slots.pop(slot, None)
    return slots


def compare(recorded, traced):
    """How many of the recorded calls QEMU did not trace, and where the two differ otherwise, if they do.

    kvm_set_user_memory_region() in QEMU's accel/kvm/kvm-all.c deletes a slot whose READONLY flag changes, with the new
    flags already, before it sets it anew; its tracepoint is after both. It hides nothing else, so nothing else may be
    missing from the trace.
    """
    hidden, reached, slots = 0, 0, {}
    for number, call in enumerate(recorded):
        slot, flags, gpa, size, hva, ret = call
        old = slots.get(slot)
        if ret == 0 and size:
            slots[slot] = call
        elif ret == 0:
            slots.pop(slot, None)
        if reached < len(traced) and traced[reached] == call:
            reached += 1
        elif (ret == 0 and size == 0 and old and (old[1] ^ flags) & READONLY
              and recorded[number + 1:number + 2] == traced[reached:reached + 1] != []
              and traced[reached][:5] == (slot, flags, gpa, old[3], hva)):
            hidden += 1
        else:
            other = traced[reached] if reached < len(traced) else "nothing more"
            return hidden, f"recorded call {number + 1} is {call}, QEMU's trace has {other}"
    if reached < len(traced):
        return hidden, f"QEMU's trace has {len(traced) - reached} calls more: {traced[reached]}"
    return hidden, None
