"""Packages of other Debian suites, from the machine's own mirrors: downloaded and unpacked, never installed."""
import pathlib
import re
import shutil
import subprocess

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


class Missing(Exception):
    """What this machine lacks, or can't get: a reason to skip."""


def mirror(archive):
    """The address from which this machine takes `archive`: debian or debian-security."""
    try:
        listed = subprocess.run(["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"],
                                capture_output=True, text=True, check=True).stdout.split()
    except (OSError, subprocess.CalledProcessError) as error:
        raise Missing(f"no apt to download with: {error}") from None
    for address in listed:
        if address.rstrip("/").endswith(f"/{archive}"):
            return address
    raise Missing(f"apt has no mirror of {archive}")


class Suite:
    """One suite's package lists in an apt root of their own, under `cache`; `base` is the suite that a backport builds on."""

    def __init__(self, cache, name, base=None):
        self.name = name
        self.names = [name, base] if base else [name]
        self.root = pathlib.Path(cache, "apt", "+".join(self.names))
        self.downloads = self.root / "downloads"

    def _apt(self, program, *arguments, **how):
        options = [f"Dir::State={self.root}", f"Dir::State::status={self.root}/status", f"Dir::Cache={self.root}/cache",
                   f"Dir::Etc::SourceList={self.root}/sources.list", "Dir::Etc::SourceParts=-",
                   "APT::Sandbox::User=root"]
        command = [program, *(word for option in options for word in ("-o", option)), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, **how)
        if done.returncode != 0:
            raise Missing(f"{program} {arguments[0]} of {self.name}: {done.stderr.strip().splitlines()[-1:]}")
        return done.stdout

    def update(self):
        for folder in ("lists/partial", "cache/archives/partial", "downloads"):
            (self.root / folder).mkdir(parents=True, exist_ok=True)
        (self.root / "status").touch()
        lines = ""
        for name in self.names:
            archive = "debian-security" if name.endswith("-security") else "debian"
            lines += f"deb [signed-by={KEYRING}] {mirror(archive)} {name} main\n"
        (self.root / "sources.list").write_text(lines)
        self._apt("apt-get", "update")

    def depends(self, package):
        shown = self._apt("apt-cache", "show", "--no-all-versions", package)
        found = re.search(r"^Depends: (.*)$", shown, re.M)
        return re.findall(r"(?:^|, )([a-z0-9.+-]+)", found[1]) if found else []

    def unpack(self, package, into):
        """The file tree of `package` under `into`."""
        for old in self.downloads.iterdir():
            old.unlink()
        self._apt("apt-get", "download", package, cwd=self.downloads)
        [archive] = self.downloads.glob("*.deb")
        subprocess.run(["dpkg", "-x", str(archive), str(into)], check=True)
        archive.unlink()

    def unpack_system(self, packages, into):
        """The file trees of `packages` and of everything that they depend on: nothing counts as installed here."""
        self._apt("apt-get", "clean")
        self._apt("apt-get", "install", "--yes", "--download-only", "--no-install-recommends", "--target-release", self.name,
                  *packages)
        archives = sorted((self.root / "cache/archives").glob("*.deb"))
        for archive in archives:
            subprocess.run(["dpkg", "-x", str(archive), str(into)], check=True)
        self._apt("apt-get", "clean")


def needs(*programs):
    for program in programs:
        if not shutil.which(program, path="/usr/sbin:/sbin:/usr/bin:/bin"):
            raise Missing(f"no {program}")
