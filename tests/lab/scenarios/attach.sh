# kernels: 5.10 6.1 6.12 7.3
# record -p of a VM in mid-life: its slots, and what comes after.
live attach
