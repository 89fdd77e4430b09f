# kernels: 5.10 6.1 6.12 7.3
# Both notes in both address spaces of a real KVM: every result as recorded.
replay() { "$LAB_SLOTSCOPE" replay --repeat 2 --warmup 0 "$@"; }
cd "$LAB_SOURCE"
replay traces/notes/smm-on.log --json >/tmp/on.json
python3 - <<'CHECK'
import json
on = json.load(open("/tmp/on.json"))
assert on["operations"] == 112 and not on["left_out"] and not on["disagreements"], on
assert on["vms"] == 1 and {row["as"] for row in on["kinds"]} == {0, 1}, on["kinds"]
CHECK
replay traces/notes/smm-off.log | head -2
replay traces/notes/smm-on.log --compare no-redundant | grep -i redundant
replay traces/notes/smm-on.log --vcpus 1 --guest touch | head -2
