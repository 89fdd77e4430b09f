# kernels: 6.1 6.12 7.3
# nightly
# seconds: 14400
# The same: the known orders 20 times, 500 random ones; and every other fault, with a real KVM.
faults() { python3 "$LAB_SOURCE/tests/bpf/faults.py" "$LAB_SLOTSCOPE" "$LAB_VM_CALLS" "$@"; }
known=$(python3 -c 'import sys; sys.path.insert(0, sys.argv[1]); import steps; print(len(steps.KNOWN))' "$LAB_SOURCE/tests/bpf")
for _ in {1..20}; do faults --rounds "$known" orders; done
faults --rounds $((500 + known)) orders
faults --rounds 3 kill-recorder kill-vmm stop-recorder one-page-ring full-disk in-is-out two-recorders fifo truncate
