# What runs in the machine, as root on the host's files: each scenario by itself, its output and status on the share.
export SLOTSCOPE_MACHINE=pc,smm=on SLOTSCOPE_BOOT_CALLS=80 SLOTSCOPE_BOOT_SECONDS=25 SLOTSCOPE_PATIENCE=150
export LAB_SLOTSCOPE=$LAB_BUILD/analyzer/cli/slotscope LAB_VM_CALLS=$LAB_BUILD/tests/bpf/vm_calls
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp LC_ALL=C
live() { python3 "$LAB_SOURCE/tests/bpf/live_test.py" "$LAB_SLOTSCOPE" "$LAB_VM_CALLS" "$@"; }
# Slow as it is, an emulated machine gets ten times the time for everything.
proof() { python3 "$LAB_SOURCE/tests/proof/run" --program "$LAB_SLOTSCOPE" --smm on --patience 10 "$@"; }
export -f live proof
ulimit -c 0
for scenario_and_limit in "$@"; do
  scenario=${scenario_and_limit%:*} limit=${scenario_and_limit#*:}
  verdict=0 failures=0 runs=0 log=/tmp/out/$scenario.log
  while (( runs < LAB_REPEAT && verdict != 77 )); do
    status=0
    echo "lab: $scenario" >/dev/console
    # Of a scenario that is repeated, the last run, or the first failure and what came after it.
    if (( failures == 0 )); then : >"$log"; fi
    timeout --kill-after=5 "$limit" bash -eu "scenarios/$scenario.sh" >>"$log" 2>&1 </dev/null || status=$?
    (( ++runs ))
    # What this machine lacks it lacks from the first run on.
    if (( status == 77 && runs > 1 )); then status=1; fi
    if (( status != 0 )); then
      verdict=$status
      (( ++failures ))
    fi
    if (( LAB_REPEAT > 1 && verdict != 77 )); then echo "$failures of $runs runs failed" >"/tmp/out/$scenario.runs"; fi
  done
  echo "$verdict" >"/tmp/out/$scenario.status"
done
dmesg >/tmp/out/dmesg.log
touch /tmp/out/done
