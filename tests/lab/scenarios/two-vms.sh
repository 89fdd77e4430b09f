# kernels: 5.10 6.1 6.12 7.3
# Two VMs at once are told apart.
live two_vms
