#!/usr/bin/env python3
"""What compare() lets QEMU's trace lack, and nothing more; that its lines are read in both forms. Needs nothing."""
import pathlib
import sys
import tempfile

from calls import compare, qemu_calls, state_after

ROM = (3, 2, 0xc0000, 0x20000, 0x7f0000000000, 0)
RAM = (0, 0, 0, 0xa0000, 0x7f1000000000, 0)
DELETED_RAM = (0, 0, 0, 0, 0x7f1000000000, 0)
HIDDEN = (3, 0, 0xc0000, 0, 0x7f0000000000, 0)
WRITABLE = (3, 0, 0xc0000, 0x20000, 0x7f0000000000, 0)
LOGGED = (0, 1, 0, 0xa0000, 0x7f1000000000, 0)

# What it is, what was recorded, what was traced, how many are hidden; None where they must differ.
CASES = [
    ("the same", [RAM, ROM], [RAM, ROM], 0),
    ("a READONLY flip", [ROM, HIDDEN, WRITABLE, RAM], [ROM, WRITABLE, RAM], 1),
    ("a READONLY flip that is traced whole", [ROM, HIDDEN, WRITABLE], [ROM, HIDDEN, WRITABLE], 0),
    ("a delete that is not traced", [RAM, DELETED_RAM, RAM], [RAM, RAM], None),
    ("a flip of another flag", [RAM, (0, 1, 0, 0, RAM[4], 0), LOGGED], [RAM, LOGGED], None),
    ("a delete before another range", [ROM, HIDDEN, RAM], [ROM, RAM], None),
    ("a call that was not recorded", [RAM], [RAM, ROM], None),
    ("a call more at the end", [RAM, ROM], [RAM], None),
    ("a hidden delete at the end", [ROM, HIDDEN], [ROM], None),
    ("another flag", [RAM], [LOGGED], None),
    ("another result", [RAM], [RAM[:5] + (-17,)], None),
    ("another order", [RAM, ROM], [ROM, RAM], None),
]

LINES = """\
kvm_set_user_memory Slot#65536 flags=0x2 gpa=0xc0000 size=0x20000 ua=0x7f0000000000 ret=0
14885@1795590395.909238:kvm_set_user_memory Slot#0 flags=0x0 gpa=0x0 size=0xa0000 ua=0x7f1000000000 ret=-17
2026-11-22T10:31:11.494119Z kvm_set_user_memory AddrSpace#1 Slot#3 flags=0x0 gpa=0xc0000 size=0x0 ua=0x7f0000000000 \
guest_memfd=-1 guest_memfd_offset=0x5500 ret=0
qemu-system-x86_64: warning: something else
kvm_set_user_memory Slot#0 flags=0x0 gpa=0x0 si"""

for name, recorded, traced, hidden in CASES:
    found, difference = compare(recorded, traced)
    if (difference is not None) != (hidden is None) or hidden not in (None, found):
        sys.exit(f"failed: {name}: {found} hidden, {difference}")
with tempfile.TemporaryDirectory() as folder:
    trace = pathlib.Path(folder, "qemu.log")
    trace.write_text(LINES)
    wanted = [(65536, *ROM[1:]), (*RAM[:5], -17), (65539, *HIDDEN[1:])]
    if qemu_calls(trace) != wanted:
        sys.exit(f"failed: lines: {qemu_calls(trace)}")
if state_after([RAM, ROM, LOGGED, HIDDEN, RAM[:5] + (-17,)]) != {0: LOGGED[1:5]}:
    sys.exit("failed: the state")
