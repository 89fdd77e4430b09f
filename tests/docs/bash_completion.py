"""What bash offers, asked of bash."""
import subprocess
import tempfile

from options import Option

# Reads words, the last of them under the cursor, and prints what is offered for it.
OFFERED = """
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
_slotscope
printf '%s\\n' "${COMPREPLY[@]}"
"""
TAKES_VALUE = 'source "$1"; _slotscope_values "$2" "$3" >/dev/null'


def bash(script, *arguments):
    with tempfile.TemporaryDirectory() as empty:  # so that no file is offered
        return subprocess.run(["bash", "--norc", "-c", script, "bash", *arguments],
                              cwd=empty, capture_output=True, text=True, check=False)


def offered(script, *words):
    done = bash(OFFERED, script, *words)
    if done.returncode or done.stderr:
        raise RuntimeError(f"bash completion of {words}: {done.stderr or done.returncode}")
    return [line for line in done.stdout.split("\n") if line]


def commands(script):
    return offered(script, "slotscope", "")


def options(script, command):
    found = {}
    before = ["slotscope", command] if command else ["slotscope"]
    for name in offered(script, *before, "-"):
        words = offered(script, *before, name, "")
        takes_value = bash(TAKES_VALUE, script, command, name).returncode == 0
        # Process ids come and go.
        values = frozenset(word for word in words if takes_value and not word.isdigit())
        found[name] = Option(name, takes_value=takes_value, words=values)
    return found


# What bash makes of the words is not what the user typed: it splits at "=".
SPLIT = [
    (["slotscope", "re"], {"record", "report", "replay"}),
    (["slotscope", "report", "--kernel", "=", "6.18"], {"6.18", "6.18-shadow"}),
    (["slotscope", "replay", "--pace", "="], {"fast", "recorded"}),
    (["slotscope", "replay", "--quirk", "slot-zap-all", "="], {"on", "off"}),
    (["slotscope", "replay", "--quirk", "=", "slot-zap-all", "=", "of"], {"off"}),
    (["slotscope", "record", "--to", "j"], {"jsonl"}),
    (["slotscope", "convert", "--to", "q"], {"qemu"}),
    (["slotscope", "record", "--", "mkfif"], {"mkfifo"}),
    (["slotscope", "record", "-o", "x", "--", "env", "-"], set()),
    (["slotscope", "slots", ""], set()),
]


def problems(script):
    for words, wanted in SPLIT:
        found = set(offered(script, *words))
        if found != wanted:
            yield f"bash offers {sorted(found)} for {words}, not {sorted(wanted)}"
    for words in (["report", "a-tr"], ["replay", "--compare", "a-tr"], ["check", "--budget=", "a-tr"]):
        done = bash("touch a-trace; " + OFFERED, script, "slotscope", *words)
        if done.stdout.split() != ["a-trace"]:
            yield f"bash offers {done.stdout.split()} for {words}, not the file a-trace"
