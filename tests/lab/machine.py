"""One boot: a kernel under QEMU's emulation with SVM, the machine's own files over 9p, and a script to run there."""
import os
import pathlib
import shlex
import signal
import subprocess

from packages import needs

MEMORY_MIB = 4096
HERE = pathlib.Path(__file__).resolve().parent
HOST = "/tmp/host"  # where the machine inside finds the files of the one outside, whatever it mounts on its own /tmp


def _command(kernel, initrd, root, out):
    def share(name, path, options):
        return ["-fsdev", f"local,id={name},path={path},security_model=none{options}",
                "-device", f"virtio-9p-pci,fsdev={name},mount_tag={name}"]
    # One processor: with more, the emulation of QEMU 7.2 now and then goes on executing the breakpoint that the kernel
    # puts where it patches its code (static keys, fentry), and hangs, panics, or runs an fentry that never fires.
    return ["qemu-system-x86_64", "-accel", "tcg", "-machine", "q35", "-cpu", "max,+svm,+npt", "-smp", "1",
            "-m", str(MEMORY_MIB), "-nographic", "-no-reboot", "-nic", "none",
            "-kernel", str(kernel.image), "-initrd", str(initrd),
            # Timer interrupts at a steady pace: one that the emulation lost has stopped a kernel for good.
            "-append", "console=ttyS0 quiet panic=-1 mitigations=off nohz=off highres=off",
            *share("host", root, ",readonly=on,multidevs=remap"), *share("out", out, ",multidevs=remap")]


def run(kernel, initrd, out, scenarios, settings, seconds, root="/"):
    """Runs `scenarios` (NAME:SECONDS) in one boot. What they print and return lands in `out`: NAME.log and NAME.status.

    Whether the machine came to its own end in time; its console is out/console.log either way.
    """
    needs("qemu-system-x86_64")
    lines = [f"export {name}={shlex.quote(value)}" for name, value in settings.items()]
    lines += [f"cd {shlex.quote(HOST + str(HERE))}", f". ./inside.sh {' '.join(scenarios)}"]
    (out / "inside.sh").write_text("\n".join(lines) + "\n")
    with open(out / "console.log", "wb") as console:
        process = subprocess.Popen(_command(kernel, initrd, root, out), stdin=subprocess.DEVNULL, stdout=console,
                                   stderr=subprocess.STDOUT, start_new_session=True)
        try:
            return process.wait(seconds) == 0
        except subprocess.TimeoutExpired:
            return False
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
