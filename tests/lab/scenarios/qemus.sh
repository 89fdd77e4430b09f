# kernels: 6.1 6.12 7.3
# nightly
# seconds: 3600
# qemus: 5.2 10.0 11.1
# The other QEMUs with SMM: boots, resets, hotplug, dirty logging.
proof --qemu 5.2 --qemu 10.0 --qemu 11.1 boot-pc boot-q35 boot-microvm reset-pc pci-hotplug-pc memory-hotplug-pc dirty-log-pc
