# What runs in the machine, as root on the host's files: each scenario by itself, its output and status on the share.
export SLOTSCOPE_MACHINE=pc,smm=on SLOTSCOPE_BOOT_CALLS=80 SLOTSCOPE_BOOT_SECONDS=25
export LAB_SLOTSCOPE=$LAB_BUILD/analyzer/cli/slotscope LAB_VM_CALLS=$LAB_BUILD/tests/bpf/vm_calls
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp LC_ALL=C
live() { python3 "$LAB_SOURCE/tests/bpf/live_test.py" "$LAB_SLOTSCOPE" "$LAB_VM_CALLS" "$@"; }
# KVM patches __schedule when the first VM comes and when the last one goes (preempt_notifier_key), and the emulation of
# QEMU 7.2 sometimes goes on executing the breakpoint that stood there meanwhile: both processors then hang for good.
# A scenario that makes many VMs keeps one of its own until the machine ends.
hold_a_vm() { "$LAB_VM_CALLS" hold 1 & }
export -f live hold_a_vm
ulimit -c 0
for scenario in "$@"; do
  echo "lab: $scenario" >/dev/console
  timeout --kill-after=5 "$LAB_SECONDS" bash -eu "scenarios/$scenario.sh" >"/tmp/out/$scenario.log" 2>&1 </dev/null
  echo $? >"/tmp/out/$scenario.status"
done
dmesg >/tmp/out/dmesg.log
touch /tmp/out/done
