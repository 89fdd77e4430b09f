#!/usr/bin/env python3
"""One line for each VM of a report (JSON on standard input): the figures in which a change of the model, of commits or of
causes shows. The trace's name is the argument."""
import json
import sys

FIGURES = {
    "redundant_pairs": "redundant", "restored_pairs": "restored", "holes": "holes", "mirrors": "mirrors",
    "idle_calls": "idle", "minimal_calls": "minimal", "slots_needed": "needed", "disagreements": "disagree",
}

report = json.load(sys.stdin)
for vm in report["vms"]:
    found = vm["findings"]
    figures = [f"{vm['calls']} calls", f"{vm['commit_count']} commits {vm['commits']}"]
    figures += [f"{word} {found[key]}" for key, word in FIGURES.items() if found[key]]
    figures.append(f"collateral {found['collateral_bytes'] >> 20} MiB")
    causes = {}
    for one in vm["causes"]:
        causes[one["cause"]] = causes.get(one["cause"], 0) + one["calls"]
    figures += [f"{cause} {calls}" for cause, calls in causes.items()]
    print(f"{sys.argv[1].removeprefix('traces/')} VM {vm['vm']}: {', '.join(figures)}")
