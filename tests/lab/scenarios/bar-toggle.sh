# kernels: 5.10 6.1 6.12 7.3
# nightly
# seconds: 1200
# A guest with SMM toggles a BAR 10 000 times: 40 000 calls, none lost.
proof bar-toggle-pc
