"""Debian's QEMUs, each unpacked into the cache with all that it needs, and run in that tree by chroot."""
import pathlib
import shlex
import shutil
import subprocess

from packages import Missing, Suite, needs

# The suite that carries each, and the one that a backport takes the rest from.
SUITES = {"5.2": ("bullseye", None), "7.2": ("bookworm", None), "10.0": ("trixie", None),
          "11.1": ("trixie-backports", "trixie")}
PACKAGES = ("qemu-system-x86", "qemu-system-data", "seabios", "ipxe-qemu", "ovmf")
PROGRAM = "qemu-system-x86_64"
# The machine's own, mounted into the tree, /tmp so that a path there means the same file on both sides.
SHARED = ("dev", "proc", "sys", "tmp")


class Qemu:
    """One QEMU: how it is started, what it calls itself, and where its files are."""

    def __init__(self, version, root=None):
        self.version = version
        self.root = root
        self.share = (root or pathlib.Path("/")) / "usr/share"

    def command(self, *arguments):
        """The mounts are made where nobody else sees them, and are gone with the process that becomes QEMU."""
        if not self.root:
            return [PROGRAM, *arguments]
        mounts = "".join(f"mount --rbind /{name} {shlex.quote(str(self.root / name))} && " for name in SHARED)
        return ["unshare", "--mount", "--propagation", "private", "sh", "-c", f'{mounts}exec "$@"', "sh",
                "chroot", str(self.root), f"/usr/bin/{PROGRAM}", *arguments]

    def says(self):
        """The number that it prints itself."""
        shown = subprocess.run(self.command("--version"), capture_output=True, text=True, check=True).stdout
        return shown.split("version ")[1].split()[0]


def _merge_usr(tree):
    """Where all packages have their files under usr/, /lib and its like are links that base-files sets up at installation."""
    for name in ("bin", "sbin", "lib", "lib64"):
        if not (tree / name).exists():
            (tree / name).symlink_to(f"usr/{name}")


def own():
    """The machine's own QEMU, under its own number."""
    if not shutil.which(PROGRAM):
        raise Missing(f"no {PROGRAM}")
    qemu = Qemu("own")
    qemu.version = ".".join(qemu.says().split(".")[:2])
    return qemu


def fetch(cache, version):
    needs("unshare", "chroot")
    root = pathlib.Path(cache, "qemus", version)
    if not root.exists():
        suite = Suite(cache, *SUITES[version])
        suite.update()
        fresh = root.with_suffix(".new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True)
        suite.unpack_system(PACKAGES, fresh)
        _merge_usr(fresh)
        for name in SHARED:
            (fresh / name).mkdir(exist_ok=True)
        fresh.rename(root)
    return Qemu(version, root)
