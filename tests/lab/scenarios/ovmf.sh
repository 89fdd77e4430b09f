# kernels: 6.1 6.12 7.3
# nightly
# seconds: 1800
# qemus: 7.2
# OVMF with SMM and secure variables, on its way to its shell: every call, and both address spaces at the end.
proof --qemu 7.2 ovmf-q35
