"""What the completion for fish says; read, not run."""
import re
import shlex

from options import Option

ANY = "__slotscope_command_is"


def completions(text):
    """Of each `complete`: when, and its options by letter or name."""
    sets = dict(re.findall(r"^set -l (\w+) '(.*)'$", text, re.MULTILINE))
    for line in text.splitlines():
        if not line.startswith("complete -c slotscope "):
            continue
        words = shlex.split(line)[3:]
        given = {}
        while words:
            option = words.pop(0)
            # -xa WORDS: letters together, the last takes the value.
            for letter in option[1:-1]:
                given[letter] = ""
            given[option[-1]] = words.pop(0) if words and not re.match(r"-[a-zF]+$", words[0]) else ""
        when = re.sub(r"^\$(\w+)$", lambda match: sets[match[1]], given.pop("n", ""))
        yield when, given


def parse(text, commands):
    found = {command: {} for command in ["", *commands]}
    for when, given in completions(text):
        if "l" not in given:
            continue
        words = [word for word in given.get("a", "").split() if not word.startswith("(")]
        option = Option("--" + given["l"], "-" + given["s"] if "s" in given else "", bool({"x", "r"} & set(given)),
                        words=frozenset(words) if "(" not in given.get("a", "") else frozenset())
        for command in when.split()[1:] or ([""] if when else found):
            found[command][option.name] = option
    return found


def commands(text):
    return [given["a"] for when, given in completions(text) if when == ANY and "a" in given]
