"""What is done to a VM. Each is a machine, QEMU's arguments, and steps that end when their calls are in QEMU's trace."""
import shutil

import guests
from calls import FLAGS, state_after
from listener import Listener
from packages import Missing
from qemus import Qemu
from vmm import Failed

LOG_DIRTY = FLAGS["log_dirty"]
ROUNDS = 3
OWN = Qemu("own")
LITTLE = ("-m", "128")


class Scenario:
    """One machine and what is done to it: `steps` drive a Vmm."""

    def __init__(self, name, machine, steps, arguments=LITTLE, disk=guests.obliging, when="nightly", firmware=None):
        self.name, self.machine, self.steps, self.arguments = f"{name}-{machine}", machine, steps, arguments
        self.disk, self.when, self.firmware = disk, when, firmware
        self.about = (steps.__doc__ or "").splitlines()[0]

    def command(self, folder, smm, qemu):
        """QEMU's arguments; what they name is put into `folder`."""
        image = folder / "disk"
        image.write_bytes(self.disk())
        drive = ["-drive", f"file={image},format=raw,if=none,id=disk", "-device", DISKS.get(self.machine, "ide-hd,drive=disk")]
        firmware = self.firmware or FIRMWARE.get(self.machine, seabios)
        return ["-machine", f"{self.machine},smm={smm}", *firmware(folder, smm, qemu), *self.arguments, *drive]


def seabios(_folder, _smm, _qemu):
    """What QEMU takes by itself."""
    return []


def microvm_seabios(folder, _smm, qemu):
    """Its SeaBIOS: Debian's QEMU up to 7.2 starts qboot otherwise, which boots no disk. It needs virtio 1.0."""
    name = "seabios/bios-microvm.bin"
    for file in (qemu.share / name, OWN.share / name):  # Debian 11 has none, and a newer one does
        if file.exists():
            shutil.copy(file, folder / "bios")
            return ["-bios", str(folder / "bios"), "-global", "virtio-mmio.force-legacy=false"]
    raise Missing(f"no {name}")


def boot(vmm):
    """The firmware starts a boot sector."""
    vmm.wait_for_mark(guests.BOOTED)


def reset(vmm):
    """system_reset five times: the second while the firmware runs, which has just placed VGA's BAR; the others after it."""
    vmm.wait_for_mark(guests.BOOTED)
    before = len(vmm.traced())
    vmm.monitor.do("system_reset")
    vmm.wait_for(lambda: any(call[3] and call[1] & LOG_DIRTY for call in vmm.traced()[before:]), "VGA's slot after the reset")
    vmm.monitor.do("system_reset")
    for booted in range(2, 2 + ROUNDS):
        vmm.wait_for_mark(guests.BOOTED, booted)
        vmm.monitor.do("system_reset")
    vmm.wait_for_mark(guests.BOOTED, 2 + ROUNDS)


def holds(vmm, gpa, size):
    """Whether address space 0 has this slot."""
    return any(slot >> 16 == 0 and (at, length) == (gpa, size)
               for slot, (_, at, length, _) in state_after(vmm.traced()).items())


def pci_hotplug(vmm):
    """device_add and device_del of ivshmem-plain: its BAR appears and goes."""
    size = 4 << 20
    vmm.wait_for_mark(guests.BOOTED)
    for number in range(ROUNDS):
        vmm.monitor.do("object-add", qom_type="memory-backend-ram", id=f"shared{number}", size=size, share=True)
        vmm.monitor.do("device_add", driver="ivshmem-plain", id=f"device{number}", memdev=f"shared{number}",
                       bus="pci.0", addr="1e.0")
        vmm.wait_for(lambda: holds(vmm, guests.BAR, size), "the BAR's slot")
        vmm.monitor.do("device_del", id=f"device{number}")
        vmm.wait_for(lambda: vmm.monitor.has_seen("DEVICE_DELETED", device=f"device{number}"), "the device's end")
        vmm.wait_for(lambda: not holds(vmm, guests.BAR, size), "the end of the BAR's slot")


def memory_hotplug(vmm):
    """device_add and device_del of a DIMM."""
    vmm.wait_for_mark(guests.BOOTED)
    for number in range(ROUNDS):
        vmm.monitor.do("object-add", qom_type="memory-backend-ram", id=f"memory{number}", size=guests.DIMM)
        vmm.monitor.do("device_add", driver="pc-dimm", id=f"dimm{number}", memdev=f"memory{number}", slot=0)
        vmm.wait_for(lambda: holds(vmm, 1 << 32, guests.DIMM), "the DIMM's slot")
        vmm.monitor.do("device_del", id=f"dimm{number}")
        vmm.wait_for(lambda: vmm.monitor.has_seen("DEVICE_DELETED", device=f"dimm{number}"), "the DIMM's end")
        vmm.wait_for(lambda: not holds(vmm, 1 << 32, guests.DIMM), "the end of the DIMM's slot")


def logged(vmm):
    """The slots whose pages are logged, and all of them."""
    slots = state_after(vmm.traced())
    return {slot for slot, (flags, *_) in slots.items() if flags & LOG_DIRTY}, set(slots)


def dirty_log(vmm):
    """Dirty logging goes on and off: by migrations that are cancelled, and one that is not."""
    vmm.wait_for_mark(guests.BOOTED)
    always, everything = logged(vmm)  # VGA's
    if always == everything:
        raise Failed("all is logged before the first migration")
    with Listener(vmm.scratch / "migration") as listener:
        for _ in range(ROUNDS):
            vmm.monitor.do("migrate-set-parameters", max_bandwidth=4096)  # bytes a second: it does not end by itself
            vmm.monitor.do("migrate", uri=listener.uri)
            vmm.wait_for(lambda: logged(vmm)[0] == everything, "all slots logged")
            vmm.monitor.do("migrate_cancel")
            vmm.wait_for(lambda: logged(vmm)[0] == always, "no slot logged any more")
            vmm.wait_for(lambda: vmm.monitor.do("query-migrate")["status"] == "cancelled", "the end of the migration")
        vmm.monitor.do("migrate-set-parameters", max_bandwidth=1 << 30)
        vmm.monitor.do("migrate", uri=listener.uri)
        vmm.wait_for(lambda: vmm.monitor.do("query-migrate")["status"] == "completed", "a completed migration")
        if logged(vmm)[0] != everything:  # memory_global_dirty_log_stop() puts it off while the VM is stopped
            raise Failed("not all slots are logged after a migration")
        vmm.monitor.do("cont")
        vmm.wait_for(lambda: logged(vmm)[0] == always, "no slot logged any more")


def toggles(vmm):
    """A guest disables and enables VGA's BAR 10 000 times: 20 000 calls in each address space, none lost."""
    vmm.wait_for_mark(guests.TOGGLED, seconds=20 * vmm.seconds)
    calls = vmm.traced()
    for space in {call[0] >> 16 for call in calls}:
        own = [call for call in calls if call[0] >> 16 == space][-2 * guests.TOGGLES:]
        _, _, gpa, size, hva, _ = own[-1]  # the last toggle enables it
        if [call[2:5] for call in own] != [(gpa, 0, hva), (gpa, size, hva)] * guests.TOGGLES:
            raise Failed(f"the last {2 * guests.TOGGLES} calls in address space {space} are not VGA's BAR, off and on")


def toggling_disk(device):
    return lambda: guests.toggling(device)


def ovmf(vmm):
    """OVMF, until it changes nothing any more."""
    vmm.wait_until_quiet(vmm.seconds / 10, 300)


def ovmf_firmware(folder, smm, qemu):
    """Its code and variables; with SMM the build that keeps the variables from the guest."""
    files = qemu.share / "OVMF"
    build = ".secboot" if smm == "on" else ""
    code, variables = files / f"OVMF_CODE_4M{build}.fd", files / "OVMF_VARS_4M.fd"
    if not code.exists():
        raise Missing(f"no OVMF for QEMU {qemu.version}: no package ovmf")
    shutil.copy(code, folder / "code.fd")
    shutil.copy(variables, folder / "variables.fd")
    # A nested KVM in an emulated machine can't inject what its own interrupt controller would.
    return ["-machine", "kernel_irqchip=off", "-nic", "none",
            "-global", f"driver=cfi.pflash01,property=secure,value={smm}",
            "-drive", f"if=pflash,format=raw,unit=0,readonly=on,file={folder / 'code.fd'}",
            "-drive", f"if=pflash,format=raw,unit=1,file={folder / 'variables.fd'}"]


DISKS = {"microvm": "virtio-blk-device,drive=disk"}
FIRMWARE = {"microvm": microvm_seabios}
ROOM = ("-m", "128,slots=2,maxmem=1G")
# Where VGA is: hw/i386/pc_piix.c and pc_q35.c.
EVERY = [
    Scenario("boot", "pc", boot, when="quick"),
    Scenario("boot", "q35", boot, when="quick"),
    Scenario("boot", "microvm", boot, when="quick"),
    Scenario("reset", "pc", reset, when="quick"),
    Scenario("reset", "q35", reset),
    Scenario("pci-hotplug", "pc", pci_hotplug, when="quick"),
    Scenario("memory-hotplug", "pc", memory_hotplug, ROOM, when="quick"),
    Scenario("memory-hotplug", "q35", memory_hotplug, ROOM),
    Scenario("dirty-log", "pc", dirty_log, when="quick"),
    Scenario("dirty-log", "q35", dirty_log),
    Scenario("bar-toggle", "pc", toggles, disk=toggling_disk(2), when="quick"),
    Scenario("bar-toggle", "q35", toggles, disk=toggling_disk(1)),
    # KVM's paravirtualized backend can't run it, and elsewhere it is slow: only where it is asked for.
    Scenario("ovmf", "q35", ovmf, when="named", firmware=ovmf_firmware),
]
