# What runs in the machine, as root on the host's files: each scenario by itself, its output and status on the share.
export SLOTSCOPE_MACHINE=pc,smm=on SLOTSCOPE_BOOT_CALLS=80 SLOTSCOPE_BOOT_SECONDS=25
export LAB_SLOTSCOPE=$LAB_BUILD/analyzer/cli/slotscope LAB_VM_CALLS=$LAB_BUILD/tests/bpf/vm_calls
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp LC_ALL=C
live() { python3 "$LAB_SOURCE/tests/bpf/live_test.py" "$LAB_SLOTSCOPE" "$LAB_VM_CALLS" "$@"; }
export -f live
ulimit -c 0
for scenario in "$@"; do
  echo "lab: $scenario" >/dev/console
  timeout --kill-after=5 "$LAB_SECONDS" bash -eu "scenarios/$scenario.sh" >"/tmp/out/$scenario.log" 2>&1 </dev/null
  echo $? >"/tmp/out/$scenario.status"
done
dmesg >/tmp/out/dmesg.log
touch /tmp/out/done
