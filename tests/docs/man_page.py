"""What a man page says. Of roff it knows what our pages use."""
import re

from options import Option

TAG = re.compile(r"^(?:(-\w), )?(--[\w-]+)(?: ([A-Z]+))?$")


def plain(text):
    text = re.sub(r"\\f[BIRP]", "", text)
    return text.replace("\\-", "-").replace("\\e", "\\")


def sections(page):
    """The lines below each .SH, by its title."""
    found = {}
    for line in page.splitlines():
        if line.startswith(".SH "):
            lines = found.setdefault(line[4:], [])
        elif found:
            lines.append(line)
    return found


def options(page):
    found, option, tag = {}, None, False
    for line in sections(page).get("OPTIONS", []):
        if tag and line.startswith("\\fB\\-"):
            short, name, value = TAG.match(plain(line)).groups()
            option = Option(name, short or "", bool(value), value or "")
            found[name] = option
        elif option:
            option.text += line + "\n"
        tag = line == ".TP"
    for option in found.values():
        bold = [plain(word) for word in re.findall(r"\\fB(.*?)\\fR", option.text)]
        option.words = frozenset(word for word in bold if not word.startswith("-"))
        option.text = re.sub(r"^\.\w+ ?", "", plain(option.text), flags=re.MULTILINE).replace("\n", " ")
        if default := re.search(r"\(default: ([^,)]+)", option.text):
            option.default = default.group(1)
    return found


def commands(page):
    return re.findall(r"^\.BR slotscope-(\w+) \(1\)$", plain("\n".join(sections(page)["COMMANDS"])), re.MULTILINE)


def examples(page):
    return [plain(line).strip() for line in sections(page)["EXAMPLES"]]
