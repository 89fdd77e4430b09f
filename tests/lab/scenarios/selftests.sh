# kernels: 6.1 6.12 7.3
# nightly
# seconds: 3600
# selftests
# KVM's own tests under record: it ends with them, and every call and the slots of every VM are as they made them.
proof kvm-set_memory_region_test kvm-memslot_perf_test kvm-memslot_modification_stress_test kvm-dirty_log_test
