# kernels: 6.1 6.12 7.3
# record --backend fentry sees each call of a boot with SMM, as QEMU's own trace has it.
SLOTSCOPE_BACKEND=fentry live boot
