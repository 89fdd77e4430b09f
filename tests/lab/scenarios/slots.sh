# kernels: 5.10 6.1 6.12 7.3
# slots shows both address spaces as the trace adds them up.
live slots
