# kernels: 6.1 6.12 7.3
# The largest slot table that KVM takes is read whole.
live many_slots
