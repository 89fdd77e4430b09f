# kernels: 5.10 6.1 6.12 7.3
# record --commits marks every commit of QEMU.
live commits
