"""Boot sectors: guests that do one thing to the memory map, and say through port 0xe9 where they are."""

SECTOR = 512
DISK = 1 << 20  # what QEMU takes for a disk without a warning
TOGGLES = 10000
BOOTED, TOGGLED = b"B", b"T"  # what they write to port 0xe9
DIMM = 0x8000000  # bytes of what is plugged
BAR = 0xe0000000  # where the obliging guest puts it


def _disk(code):
    sector = code.ljust(SECTOR - 2, b"\0") + b"\x55\xaa"
    return sector.ljust(DISK, b"\0")


def _hex(text):
    """The bytes that stand before the semicolons."""
    return bytes.fromhex("".join(line.partition(";")[0] for line in text.splitlines()))


def toggling(device):
    """Disables and enables memory decoding of PCI device 00:`device`.0, TOGGLES times.

    The firmware has given its BARs addresses and enabled them.
    """
    command = (0x80000000 | device << 11 | 0x04).to_bytes(4, "little").hex()
    return _disk(_hex(f"""
        fa                   ; cli                     not even a timer's interrupt in between
        31 c0 8e d0 bc 00 7c ; ss:sp = 0:7c00
        66 b8 {command}      ; mov eax, ADDRESS        its command register
        ba f8 0c 66 ef       ; out 0cf8, eax
        b2 fc ed             ; in ax, 0cfc
        b9 {TOGGLES.to_bytes(2, "little").hex()}  ; mov cx, TOGGLES
        24 fd ef             ; again: and al, fd; out 0cfc, ax   memory off
        0c 02 ef             ; or al, 02; out 0cfc, ax           memory on
        e2 f8                ; loop again
        b0 54 e6 e9          ; mov al, 'T'; out e9, al
        f4 eb fd             ; rest: hlt; jmp rest
    """))


def obliging():
    """Does what an operating system does when something is plugged or to be unplugged, at each tick of the timer.

    A DIMM in slot 0 is ejected when that is asked for (QEMU's docs/specs/acpi_mem_hotplug), PCI devices too
    (docs/specs/acpi_pci_hotplug), and BAR 2 of a new device 00:1e.0 is put at 0xe0000000 and enabled.
    """
    return _disk(_hex("""
        31 c0 8e d0 bc 00 7c ; ss:sp = 0:7c00
        b0 42 e6 e9          ; mov al, 'B'; out e9, al
        fb f4                ; turn: sti; hlt
        66 31 c0             ; xor eax, eax
        ba 00 0a 66 ef       ; out 0a00, eax           DIMM 0
        b2 14 ec             ; in al, 0a14             its state
        a8 04 74 06          ; test al, 04; jz device  nobody wants it back
        b0 04 ee             ; out 0a14, 04            that was heard
        b0 08 ee             ; out 0a14, 08            eject it
        66 31 c0             ; device: xor eax, eax
        ba 10 ae 66 ef       ; out ae10, eax           bus 0
        b2 04 66 ed          ; in eax, ae04            devices that shall go
        66 85 c0 74 06       ; test eax, eax; jz fresh
        b2 08 66 ef eb d2    ; out ae08, eax; jmp turn eject them
        66 b8 18 f0 00 80    ; fresh: mov eax, 8000f018
        ba f8 0c 66 ef       ; out 0cf8, eax           BAR 2 of 00:1e.0
        b2 fc 66 ed          ; in eax, 0cfc
        66 83 f8 0c 75 bd    ; cmp eax, 0c; jne turn   absent, or has an address
        66 b8 00 00 00 e0    ; mov eax, e0000000
        66 ef                ; out 0cfc, eax
        66 b8 04 f0 00 80    ; mov eax, 8000f004
        b2 f8 66 ef          ; out 0cf8, eax           its command register
        b2 fc b8 02 00 ef    ; out 0cfc, 0002          memory on
        eb a3                ; jmp turn
    """))
