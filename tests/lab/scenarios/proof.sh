# kernels: 5.10 6.1 6.12 7.3
# nightly
# seconds: 1200
# Resets, PCI and memory hotplug, dirty logging on and off, with SMM.
proof boot-pc reset-pc reset-q35 pci-hotplug-pc memory-hotplug-pc memory-hotplug-q35 dirty-log-pc dirty-log-q35
