# kernels: 6.1 6.12 7.3
# nightly
# seconds: 5400
# The same, 500 times over, and every other fault, with a real KVM.
faults() { python3 "$LAB_SOURCE/tests/bpf/faults.py" "$LAB_SLOTSCOPE" "$LAB_VM_CALLS" "$@"; }
faults --rounds 500 orders
faults --rounds 3 kill-recorder kill-vmm stop-recorder one-page-ring full-disk in-is-out two-recorders fifo truncate
