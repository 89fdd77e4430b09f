"""What must agree once a VM has come to rest: record, QEMU's own trace, the kernel's slots, and its count of swaps."""
import os
import re

from calls import compare, state_after
from vmm import Failed


class Figures:
    """What was compared."""

    def __init__(self, recorded, hidden, slots, summary):
        self.calls = len(recorded)
        self.spaces = [sum(call[0] >> 16 == number for call in recorded) for number in range(2)]
        self.hidden = hidden
        self.slots = None if slots is None else len(slots)
        self.unchecked = summary["unchecked"]
        self.backend = summary["backend"]

    def __str__(self):
        spaces = f" ({self.spaces[0]} + {self.spaces[1]})" if self.spaces[1] else ""
        hidden = f", {self.hidden} of them not in QEMU's trace" if self.hidden else ""
        slots = "slots not readable here" if self.slots is None else f"{self.slots} slots"
        unchecked = f", swaps not compared ({self.unchecked})" if self.unchecked else ""
        return f"{self.calls} calls{spaces}{hidden}, {slots}, {self.backend}{unchecked}"


def check(truth, what):
    if not truth:
        raise Failed(what)


def sees_ends():
    """Whether this kernel lets record look at a process that ends, and so compare at the end of QEMU."""
    return tuple(map(int, re.match(r"(\d+)\.(\d+)", os.uname().release).groups())) >= (5, 17)


def prove(vmm):
    """Stops the VM, ends it, and raises Failed where any two of the four disagree."""
    vmm.monitor.do("stop")  # else the guest goes on between the two looks
    slots, traced = vmm.slots(), vmm.traced()
    expected = state_after(traced)
    summary = vmm.quit()
    recorded = vmm.recorded()
    hidden, difference = compare(recorded, vmm.traced())
    check(not difference, difference)
    check(vmm.traced() == traced, "a stopped VM makes no calls")
    check(summary["calls"] == len(recorded) > 0, f"the summary counts {summary['calls']} calls, the trace {len(recorded)}")
    check(summary["lost"] == summary["unreadable"] == 0, f"lost: {summary}")
    check(summary["vms"] == 1, f"{summary['vms']} VMs")
    check(slots is None or slots == expected, f"the kernel's slots are {slots}, QEMU's trace adds up to {expected}")
    if summary["unchecked"] and not sees_ends():
        return Figures(recorded, hidden, slots, summary)
    check(slots is not None and not summary["unchecked"] and summary["checks"], f"unchecked: {summary['unchecked']}")
    for entry in summary["checks"]:
        # Swaps of the slots that no recorded call explains: the generation counts them.
        check(entry["compared"] and entry["differing_slots"] == entry["surplus_swaps"] == 0, f"agreement: {entry}")
    compared = sum(entry["slots"] for entry in summary["checks"])
    check(compared == len(slots), f"record compared {compared} slots, there are {len(slots)}")
    return Figures(recorded, hidden, slots, summary)
