# kernels: 5.10 6.1 6.12 7.3
# record --stacks unwinds every call, by every backend that the kernel takes.
live stacks
