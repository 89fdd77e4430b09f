# kernels: 5.10 6.1 6.12 7.3
# A boot of microvm: every call.
proof boot-microvm
