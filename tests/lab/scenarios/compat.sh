# kernels: 5.10 6.1 6.12 7.3
# A 32-bit caller.
live compat
