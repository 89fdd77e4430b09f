"""What the completion for zsh says; read, not run."""
import re

from options import Option

# '(- *)'{-h,--help}'[text]:message:action', or '(-x)--all[text]' with the braces left out.
SPEC = re.compile(r"^'(?:\([^)]*\)')?\{(?P<names>[^}]+)\}'(?P<rest>\[.*)'$|"
                  r"^'(?:\([^)]*\))?(?P<name>--[\w-]+=?)(?P<alone>\[.*)'$")
WORDS = re.compile(r":\(([^()]+)\)$|:_slotscope_or_file (.*)$")


def option_of(line):
    match = SPEC.match(re.sub(r" \\$| && ret=0$", "", line.strip()))
    if not match:
        return None
    names = [name.rstrip("=+") for name in (match["names"] or match["name"]).split(",")]
    rest = match["rest"] or match["alone"]
    words = WORDS.search(rest)
    return Option(names[-1], names[0] if len(names) > 1 else "", "]:" in rest,
                  words=frozenset(" ".join(filter(None, words.groups())).split() if words else []))


def parse(text):
    """The options of each command, by command and name, and before one; arrays that are used are their elements."""
    found, arrays, into = {}, {}, None
    for line in text.splitlines():
        if match := re.match(r"  (\w+)=\($", line):
            into = arrays.setdefault(match[1], {})
        elif match := re.match(r"    (\w+)\)$", line):
            into = found.setdefault(match[1], {})
        elif line.startswith("  _arguments"):
            into = found.setdefault("", {})
        elif into is not None and (match := re.match(r" +\$(\w+)\b", line)):
            into.update(arrays[match[1]])
        elif into is not None and (option := option_of(line)):
            into[option.name] = option
        elif re.match(r"  \)|      ;;|    '\*", line):
            into = None
    return found


def commands(text):
    listed = re.search(r"verbs=\((.*?)\n  \)", text, re.DOTALL)[1]
    return re.findall(r"^    '(\w+):", listed, re.MULTILINE)
