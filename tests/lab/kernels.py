"""Debian's kernels, unpacked into the cache."""
import pathlib
import shutil

from packages import Missing, Suite

# The suite that carries each; the packages are named by the metapackage there.
SUITES = {"5.10": "bullseye-security", "6.1": "bookworm", "6.12": "trixie", "7.3": "trixie-backports"}


class Kernel:
    """An unpacked kernel: its image, and the root that holds lib/modules/RELEASE."""

    def __init__(self, root):
        self.root = root
        self.modules = next(iter(sorted(root.glob("lib/modules/*"))), None)
        images = [*root.glob("boot/vmlinuz-*"), *root.glob("lib/modules/*/vmlinuz")]
        if not self.modules or not images:
            raise Missing(f"no kernel image or no modules in {root}")
        self.release = self.modules.name
        self.image = images[0]


def _parts(suite, package):
    """The packages that make up a kernel: its image, and since 7.x its binary and modules apart."""
    found = [package]
    for name in suite.depends(package):
        if name.startswith(("linux-image-", "linux-binary-", "linux-modules-")):
            found += _parts(suite, name)
    return found


def fetch(cache, version):
    root = pathlib.Path(cache, "kernels", version)
    if not root.exists():
        suite = Suite(cache, SUITES[version])
        suite.update()
        fresh = root.with_suffix(".new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True)
        for package in _parts(suite, "linux-image-amd64"):
            suite.unpack(package, fresh)
        # Newer packages have it under usr/, as a merged-usr system sees it.
        if not (fresh / "lib").exists():
            (fresh / "lib").symlink_to("usr/lib")
        fresh.rename(root)
    return Kernel(root)
