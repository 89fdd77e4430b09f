# kernels: 5.10 6.1 6.12 7.3
# Random calls in every address space: results and slots as the model of this kernel has them.
"$LAB_BUILD/tests/kvm/conformance" --kernel "$LAB_KERNEL" --calls 20000 --cases /tmp
