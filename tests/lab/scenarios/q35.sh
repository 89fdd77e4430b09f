# kernels: 5.10 6.1 6.12 7.3
# A boot of q35 with SMM: every call, and both address spaces at the end.
proof boot-q35
