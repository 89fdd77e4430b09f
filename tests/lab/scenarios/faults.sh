# kernels: 6.1 6.12 7.3
# seconds: 900
# Processes and VMs come and go in every order: record ends with the last of them, and counts right.
# Not on 5.10, where the emulated kernel takes a minute to verify the programs of each recording.
python3 "$LAB_SOURCE/tests/bpf/faults.py" "$LAB_SLOTSCOPE" "$LAB_VM_CALLS" --rounds 24 --seed 1 orders
