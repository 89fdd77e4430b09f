# kernels: 5.10 6.1 6.12 7.3
# A VMM that is killed leaves a whole trace.
live killed
