# kernels: 5.10 6.1 6.12 7.3
# A ring that is too small loses calls, and says how many.
live loss
