# kernels: 5.10 6.1 6.12 7.3
# record --backend syscalls sees each call of a boot with SMM, as QEMU's own trace has it.
SLOTSCOPE_BACKEND=syscalls live boot
