"""The initial RAM disk: busybox, the modules that reach the shares, and the way into them."""
import gzip
import lzma
import pathlib
import shutil
import subprocess
import tempfile

from packages import Missing, needs

WANTED = ("virtio_pci", "9pnet_virtio", "9p", "kvm_amd")

# `host` is the machine's own tree, read only, and stands once more under /tmp/host, where nothing hides its /tmp;
# `out` takes results and says what to run (inside.sh).
INIT = """#!/bin/sh
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
for module in /modules/*; do insmod $module; done
share="trans=virtio,version=9p2000.L,msize=524288"
mount -t 9p -o $share,ro,cache=loose host /bare || poweroff -f
mount --bind /bare /host
mount -t tmpfs tmpfs /host/tmp
mount -t tmpfs tmpfs /host/run
mkdir /host/tmp/out /host/tmp/host
mount --bind /bare /host/tmp/host
mount -t 9p -o $share out /host/tmp/out
for dir in proc sys dev; do mount --bind /$dir /host/$dir; done
mkdir -p /host/dev/shm && mount -t tmpfs tmpfs /host/dev/shm
mount -t debugfs debugfs /host/sys/kernel/debug
mount -t tracefs tracefs /host/sys/kernel/tracing
mount -t bpf bpf /host/sys/fs/bpf
ip link set lo up
chroot /host /bin/bash /tmp/out/inside.sh
sync
poweroff -f
"""


def _module_files(kernel):
    """The files of the wanted modules and of what they need, in the order in which they go in.

    What modprobe does not know is built in: Debian's 7.3 has no modules.builtin in the packages that are unpacked here.
    """
    subprocess.run(["depmod", "-b", str(kernel.root), kernel.release], check=True, stderr=subprocess.DEVNULL)
    files = []
    for module in WANTED:
        shown = subprocess.run(["modprobe", "-d", str(kernel.root), "-S", kernel.release, "--show-depends", module],
                               capture_output=True, text=True).stdout
        for line in shown.splitlines():
            kind, _, path = line.partition(" ")
            if kind == "insmod" and path.split()[0] not in files:
                files.append(path.split()[0])
    return [pathlib.Path(file) for file in files]


def _needs_static_busybox():
    needs("busybox")
    with open(shutil.which("busybox"), "rb") as file:
        if b"/ld-linux" in file.read(4096):  # the interpreter's name stands behind the program headers
            raise Missing("the busybox here is not static: install busybox-static")


def build(kernel, path):
    _needs_static_busybox()
    needs("cpio", "depmod", "modprobe")
    with tempfile.TemporaryDirectory() as scratch:
        tree = pathlib.Path(scratch)
        for folder in ("bin", "proc", "sys", "dev", "bare", "host", "modules"):
            (tree / folder).mkdir()
        shutil.copy(shutil.which("busybox"), tree / "bin/busybox")
        for applet in ("sh", "mount", "mkdir", "insmod", "ip", "chroot", "sync", "poweroff"):
            (tree / "bin" / applet).symlink_to("busybox")
        for number, file in enumerate(_module_files(kernel)):
            data = file.read_bytes()
            if file.suffix == ".xz":
                data = lzma.decompress(data)
            (tree / "modules" / f"{number:02}-{file.name.removesuffix('.xz')}").write_bytes(data)
        (tree / "init").write_text(INIT)
        (tree / "init").chmod(0o755)
        names = "".join(f"{file.relative_to(tree)}\n" for file in sorted(tree.rglob("*")))
        archive = subprocess.run(["cpio", "--quiet", "-o", "-H", "newc"], cwd=tree, input=names.encode(),
                                 capture_output=True, check=True).stdout
    path.write_bytes(gzip.compress(archive, 1))
