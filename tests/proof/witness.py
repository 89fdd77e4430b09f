"""What a program's own ioctl() saw (witness.c), call by call."""
import pathlib
import struct

LAYOUT = struct.Struct("<6I3Qq")
CREATED, CALLED, CLOSING = 1, 2, 3


class Witness:
    """The files of one run's processes."""

    def __init__(self, path):
        self.path = pathlib.Path(path)

    def _seen(self):
        for file in sorted(self.path.parent.glob(f"{self.path.name}.*")):
            data = file.read_bytes()
            yield from LAYOUT.iter_unpack(data[:len(data) // LAYOUT.size * LAYOUT.size])

    def calls(self):
        """The calls of each thread (process, thread) in its order, as calls.tuple_of has them."""
        found = {}
        for what, tid, _vm, pid, *call in self._seen():
            if what == CALLED:
                found.setdefault((pid, tid), []).append(tuple(call))
        return found

    def created(self):
        return sum(what == CREATED for what, *_ in self._seen())

    def open_vms(self, pid):
        """The slots of each VM that the process has now, by its file, and how many it has closed or is about to."""
        vms, closing, going = {}, 0, None
        for what, _tid, vm, owner, *call in self._seen():
            if owner != pid:
                continue
            if what == CREATED:
                if vm == going:
                    going = None
                vms[vm] = {}
            elif what == CLOSING:
                closing += 1
                vms.pop(going, None)
                going = vm
            else:
                slot, flags, gpa, size, hva, ret = call
                if ret == 0 and size:
                    vms[vm][slot] = (flags, gpa, size, hva)
                elif ret == 0:
                    vms[vm].pop(slot, None)
        return vms, closing
