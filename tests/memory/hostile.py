"""Traces that make one thing grow, each as a generator of bytes: what a memory bound is held against."""

QEMU = b"kvm_set_user_memory Slot#%d flags=0x0 gpa=0x%x size=0x%x ua=0x%x ret=%d\n"
CSV_HEAD = (b"time_ns,duration_ns,vm,as,slot,flags,gpa,size,hva,guest_memfd,guest_memfd_offset,ret,pid,tid,"
            b"commit,stack,origin\n")
PAGE = 0x1000
SLOTS = 0x7fff + 2048  # in each of two address spaces: as many as are admitted
HOST = 0x7f0000000000


def csv(time=b"", vm=1, space=0, slot=0, gpa=0, size=PAGE, hva=HOST, ret=0, tid=b"", commit=b"", stack=b""):
    return b"%b,,%d,%d,%d,0,0x%x,%d,0x%x,,,%d,,%b,%b,%b,traced\n" % (
        time, vm, space, slot, gpa, size, hva, ret, tid, commit, stack)


def calls_in_a_commit(n):
    block = QEMU % (0, 0, PAGE, HOST, 0) * 1000
    for _ in range(n // 1000):
        yield block


def updates_in_a_commit(n):
    yield CSV_HEAD
    for i in range(n // 2):
        gpa = (i & 0xfff) * PAGE
        yield csv(slot=i & 0xfff, gpa=gpa, commit=b"1") + csv(slot=i & 0xfff, size=0, commit=b"1")


def commits(n):
    yield CSV_HEAD
    for i in range(n // 2):
        yield csv(commit=b"%d" % (2 * i + 1)) + csv(size=0, commit=b"%d" % (2 * i + 2))


def slots_at_once(_):
    yield CSV_HEAD
    for space in range(2):
        for i in range(SLOTS):
            yield csv(space=space, slot=i, gpa=i * PAGE, hva=HOST + i * PAGE)


def all_slots_replaced(_):
    yield from slots_at_once(0)
    for space in range(2):
        for i in range(SLOTS):
            yield csv(space=space, slot=i, size=0, commit=b"7")
    for space in range(2):
        for i in range(SLOTS):
            yield csv(space=space, slot=i, gpa=i * PAGE, hva=HOST + i * PAGE, commit=b"7")


def different_slots(n):
    yield CSV_HEAD
    for i in range(n // 2):
        gpa = i * PAGE
        yield csv(gpa=gpa, hva=HOST + 2 * i * PAGE) + csv(size=0)


def bars_at_new_addresses(n):
    yield CSV_HEAD
    for i in range(n // 2):
        gpa = 0xc0000000 + i * PAGE
        yield csv(slot=1, gpa=gpa) + csv(slot=1, size=0)


def deletes_of_unseen_slots(n):
    yield CSV_HEAD
    for i in range(n):
        yield csv(slot=i & 0xffff, gpa=i * PAGE, size=0)


def host_regions(n):
    yield CSV_HEAD
    for i in range(n):
        yield csv(slot=i & 0x7fff, gpa=(i & 0x7fff) * PAGE, hva=PAGE * 2 * (i + 1), ret=-22)


def address_spaces(_):
    yield CSV_HEAD
    for space in range(0x10000):
        yield csv(space=space, ret=-22 if space > 1 else 0)


def accepted_address_spaces(_):
    yield CSV_HEAD
    for space in range(0x10000):
        yield csv(space=space)


def failed_calls(n):
    block = QEMU % (0, 0x10, PAGE, HOST, -22) * 1000
    for _ in range(n // 1000):
        yield block


def disagreements(n):
    block = QEMU % (0, 0x10, PAGE, HOST, 0) * 1000
    for _ in range(n // 1000):
        yield block


def threads(n):
    yield CSV_HEAD
    for i in range(n):
        yield csv(slot=i & 1, gpa=(i & 1) * PAGE, size=PAGE if i & 2 else 0, tid=b"%d" % (i + 1))


def unfinished_threads(n):
    for i in range(n):
        yield b"%d ioctl(5<anon_inode:kvm-vm>, KVM_SET_USER_MEMORY_REGION, {slot=0, flags=0, " \
              b"guest_phys_addr=0, memory_size=4096, userspace_addr=0x7f0000000000} <unfinished ...>\n" % (i + 1)


def notes(n):
    yield b'{"schema":"slotscope.trace/1","format":"native","clock":"none","faithful":true,"metadata":{}}\n'
    block = b'{"event":"global_dirty_changed","vm":1,"bitmask":1}\n' * 1000
    for _ in range(n // 1000):
        yield block
    yield b'{"event":"call","vm":1,"as":0,"slot":0,"flags":[],"gpa":"0x0","size":4096,' \
          b'"hva":"0x7f0000000000","ret":0,"origin":"traced"}\n'


def losses(n):
    yield b'{"schema":"slotscope.trace/1","format":"native","clock":"none","faithful":true,"metadata":{}}\n'
    block = b'{"event":"loss","vm":1,"count":18446744073709551615,"reason":"dropped"}\n' * 1000
    for _ in range(n // 1000):
        yield block


def stacks(n):
    yield b'{"schema":"slotscope.trace/1","format":"native","clock":"none","faithful":true,"metadata":{}}\n'
    for i in range(1, n // 2):
        yield b'{"event":"frame","frame":%d,"module":0,"address":"0x10","offset":1,"anchor":"symbol",' \
              b'"function":"f%d"}\n{"event":"stack","stack":%d,"frames":[%d],"end":"outermost"}\n' % (i, i, i, i)


def symbols(n):
    yield b'{"schema":"slotscope.trace/1","format":"native","clock":"none","faithful":true,"metadata":{}}\n'
    name = b"x" * 60000
    for i in range(1, n // 1000):
        yield b'{"event":"frame","frame":%d,"module":0,"address":"0x10","offset":1,"anchor":"symbol",' \
              b'"function":"%b"}\n' % (i, name)


def a_long_line(n):
    yield QEMU % (0, 0, PAGE, HOST, 0)
    block = b"x" * 65536
    for _ in range(n * 100 // 65536):
        yield block
    yield b"\n" + QEMU % (0, 0, PAGE, HOST, 0)


def vms(n):
    yield CSV_HEAD
    for i in range(n):
        yield csv(vm=i + 1) + csv(vm=i + 1, size=0)
