# kernels: 5.10
# Calls whose return kretprobes did not follow are counted as lost, each of them.
live unreturned
