# kernels: 5.10 6.1 6.12 7.3
# Two VMs at once are told apart.
# On one processor kretprobes of 5.10 follow one call at a time, and two threads are in one here: see the next scenario.
if [[ $LAB_KERNEL == 5.10 ]]; then export SLOTSCOPE_BACKEND=syscalls; fi
live two_vms
