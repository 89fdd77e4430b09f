#!/usr/bin/env python3
"""Man pages and completions against --help: docs_test.py CASE SLOTSCOPE FILE...

FILEs are the man pages and completions. `options` compares, in both directions, the commands, their options, the
values of those and the examples. The other cases let a tool check its own language, and exit with 77 where the machine
has none: man, zsh, fish.
"""
import pathlib
import re
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True  # the source tree is not ours to write to

import bash_completion
import fish_completion
import help_text
import man_page
import zsh_completion
from options import Option

# Said by --help to take one of a few words. If its wording changes so that this is no longer seen, look here.
CLOSED = {"--backend", "--backing", "--color", "--dirty-log", "--guest", "--kernel", "--level", "--pace", "--quirk",
          "--to"}
NOT_IN_THIS_BUILD = 3

problems = []


def same(what, found, wanted):
    for missing in sorted(set(wanted) - set(found)):
        problems.append(f"{what}: lacks {missing}")
    for surplus in sorted(set(found) - set(wanted)):
        problems.append(f"{what}: has {surplus}, --help has not")


def compare_words(what, option, wanted, suffix):
    """All that --help lists is there, and nothing that it does not name."""
    named = wanted.words | {word + suffix for word in wanted.words}
    if not wanted.closed:
        named |= set(re.findall(r"[\w.=/-]+", f"{wanted.text} {wanted.default}"))
    for surplus in sorted(option.words - named):
        problems.append(f"{what}: knows the value {surplus}, --help does not")
    for missing in sorted((wanted.words | {word + suffix for word in wanted.words}) - option.words):
        problems.append(f"{what}: lacks the value {missing}")


def compare(what, options, wanted, suffix):
    same(what, {name for option in options.values() for name in option.named()},
         {name for option in wanted.values() for name in option.named()})
    by_name = {name: option for option in wanted.values() for name in option.named()}
    for option in options.values():
        if option.name not in by_name:
            continue
        help_says = by_name[option.name]
        where = f"{what}: {option.name}"
        if option.takes_value != help_says.takes_value:
            problems.append(f"{where} takes {'a' if option.takes_value else 'no'} value, by --help it is otherwise")
        compare_words(where, option, help_says, suffix if option.name == "--kernel" else "")


def compare_page(command, page, wanted, examples, suffix):
    options = man_page.options(page)
    what = f"slotscope-{command}.1"
    compare(what, options, wanted, "")
    for name, option in options.items():
        if name not in wanted:
            continue
        if option.value_name != wanted[name].value_name:
            problems.append(f"{what}: {name} has {option.value_name}, --help has {wanted[name].value_name}")
        if name == "--kernel" and suffix not in option.text:
            problems.append(f"{what}: does not say that {suffix} may be appended to a kernel")
        if option.default != wanted[name].default:
            problems.append(f"{what}: {name} has the default '{option.default}', --help '{wanted[name].default}'")
    for line in examples:
        if line not in man_page.examples(page):
            problems.append(f"{what}: lacks the example {line}")


def check_options(slotscope, files):
    text = {name: path.read_text() for name, path in files.items()}
    bash = str(files["slotscope.bash"])
    commands = help_text.commands(slotscope)
    same("slotscope.1", man_page.commands(text["slotscope.1"]), commands)
    same("bash", bash_completion.commands(bash), commands)
    same("zsh", zsh_completion.commands(text["slotscope.zsh"]), commands)
    same("fish", fish_completion.commands(text["slotscope.fish"]), commands)
    zsh = zsh_completion.parse(text["slotscope.zsh"])
    fish = fish_completion.parse(text["slotscope.fish"], commands)
    without_command = {option.name: option for option in (Option("--help", "-h"), Option("--version"))}
    compare("slotscope.1", man_page.options(text["slotscope.1"]), without_command, "")
    compare("bash", bash_completion.options(bash, ""), without_command, "")
    compare("zsh", zsh.get("", {}), without_command, "")
    compare("fish", fish[""], without_command, "")
    # Of a kernel that --help names, the message for an unknown one says what may be appended.
    suffix = re.search(r"append (-\w+)", help_text.run(slotscope, "report", "--kernel", "none", "-")[2])[1]
    closed = set()
    left_out = []
    for command in commands:
        status, said, _ = help_text.run(slotscope, command, "--help")
        if status == NOT_IN_THIS_BUILD:
            left_out.append(command)
            continue
        wanted, examples = help_text.parse(said)
        closed |= {name for name, option in wanted.items() if option.closed}
        compare_page(command, text[f"slotscope-{command}.1"], wanted, examples, suffix)
        compare(f"bash, {command}", bash_completion.options(bash, command), wanted, suffix)
        compare(f"zsh, {command}", zsh.get(command, {}), wanted, suffix)
        compare(f"fish, {command}", fish[command], wanted, suffix)
    if closed != CLOSED - ({"--backend"} if "record" in left_out else set()):
        problems.append(f"--help names all values of {sorted(closed)}; {sorted(CLOSED)} were expected")
    problems.extend(bash_completion.problems(bash))
    version = help_text.run(slotscope, "--version")[1].strip()
    for name, page in text.items():
        if name.endswith(".1") and f'"{version}"' not in page.splitlines()[0]:
            problems.append(f"{name}: is not of {version}")
    print(f"{len(commands) - len(left_out)} commands compared"
          + "".join(f"; {command} is not in this build" for command in left_out))


def let_check(tools, paths):
    """Each tool that is installed reads each path; whatever it says is a problem."""
    installed = [tool for tool in tools if shutil.which(tool[0])]
    if not installed:
        print("skipped: not installed:", " or ".join(tool[0] for tool in tools))
        sys.exit(77)
    for tool in installed:
        for path in paths:
            done = subprocess.run([*tool, path], capture_output=True, text=True, check=False)
            said = (done.stdout + done.stderr).strip()
            if done.returncode or said:
                problems.append(f"{tool[0]}: {path.name}: {said or done.returncode}")
    print("read by", ", ".join(tool[0] for tool in installed))


def main():
    case, slotscope, *paths = sys.argv[1:]
    files = {pathlib.Path(path).name: pathlib.Path(path).resolve() for path in paths}
    if case == "options":
        check_options(slotscope, files)
    elif case == "man":
        let_check([("groff", "-man", "-ww", "-z", "-Tascii"), ("mandoc", "-Tlint", "-Wwarning")],
                  [path for name, path in files.items() if name.endswith(".1")])
    else:
        let_check([(case, "-n")], [files[f"slotscope.{case}"]])
    print(*problems, sep="\n", end="\n" if problems else "")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
