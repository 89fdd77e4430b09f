# kernels: 5.10 6.1 6.12 7.3
# nightly
# seconds: 1200
# The same, a million of them.
"$LAB_BUILD/tests/kvm/conformance" --kernel "$LAB_KERNEL" --calls 1000000 --seed "$RANDOM" --cases /tmp
