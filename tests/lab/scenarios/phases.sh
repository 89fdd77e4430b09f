# kernels: 5.10 6.1 6.12 7.3
# record --phases: SRCU waits, zap and metadata of each call, and what the guest paid.
live phases
