"""What --help says: the reference that everything else is held against."""
import re
import subprocess

from options import Option

OPTION = re.compile(
    r"^  (?:(-\w) \[ (--[\w-]+) \]|(--[\w-]+))"  # -p [ --pid ], or --all
    r"(?: ([A-Z]+))?(?: \(=(.*?)\))?(?:\s+(\S.*))?$"  # PID (=default) text
)
COMMAND = re.compile(r"^  (\w+) +\S")


def run(slotscope, *arguments):
    done = subprocess.run([slotscope, *arguments], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def commands(slotscope):
    _, text, _ = run(slotscope, "--help")
    return [match.group(1) for line in text.splitlines() if (match := COMMAND.match(line))]


def words_of(text):
    """The words in "what they do: idle, touch, walk" or "after that call (47), or end", and whether it has no others."""
    text = re.sub(r"\([^)]*\)", "", text).split(";")[0].rsplit(": ", 1)[-1]
    items = [item.strip() for item in re.split(r",\s*(?:or\s+)?|\s+or\s+", text)]
    words = [item for item in items if re.fullmatch(r"[\w.=-]+", item) and item != "-"]
    for i, word in enumerate(words):
        if word.startswith("="):  # slot-zap-all=on or =off
            words[i] = words[0].split("=")[0] + word
    if len(items) < 2:
        return frozenset(), False
    return frozenset(words), len(words) == len(items)


def parse(text):
    """The options of a command's help, by name, and the lines of its examples."""
    listed, _, examples = text.partition("\noptions:\n")[2].partition("\nexamples:\n")
    options = {}
    for line in listed.splitlines():
        if match := OPTION.match(line):
            short, long, alone, value, default, first = match.groups()
            option = Option(long or alone, short or "", bool(value), value or "", default or "", text=first or "")
            options[option.name] = option
        elif line.strip():
            option.text = f"{option.text} {line.strip()}".strip()
    for option in options.values():
        if option.takes_value:
            option.words, option.closed = words_of(option.text)
        if option.closed and " " not in option.default:
            option.words |= {option.default} - {""}
    return options, [line.strip() for line in examples.splitlines()]
