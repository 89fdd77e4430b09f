"""Every command that reads a trace, with every option that changes how it is read or shown."""
import dataclasses

KERNELS = ["5.10", "6.1", "6.12", "6.18", "7.3", "4.4", "9.0"]
POINTS = ["0", "1", "2", "7", "47", "end", "0s", "1ms", "1.5s", "1000000s", "18446744073709551615", "-1", "x"]
ENDINGS = ["slots", "jsonl", "csv", "qemu"]
BUDGET = b'{"schema": "slotscope.budget/1", "calls": 60, "lost": 0, "holes": 3, "cause.pam": 2, "time_in_calls_ns": 5}\n'


@dataclasses.dataclass(frozen=True)
class Command:
    """Arguments name the files that the case's folder has: trace, other, budget, and out.ENDING, which the command writes."""

    name: str
    arguments: tuple
    schema: str = ""  # of the JSON on stdout; none: text
    lines: bool = False  # a JSON document a line, the schema in the first
    reading: tuple = ()  # the options among the arguments that choose what is read
    written: str = ""
    color: bool = False
    piped: bool = False


def reading_options(dice, plain):
    chosen = []
    if dice.random() < 0.35:
        chosen.append("--keep-going")
    if plain:
        return chosen
    if dice.random() < 0.2:
        chosen += ["--kernel", dice.choice(KERNELS)]
    if dice.random() < 0.15:
        chosen += ["--vm", dice.choice(["1", "1", "2", "0", "65536"])]
    return chosen


def shown(name, own, schema, dice, plain=False, lines=False, json=None, written=""):
    """The command as text or, with a schema, as JSON."""
    json = dice.random() < 0.6 if json is None else json
    color = not json and dice.random() < 0.3
    look = ["--json"] if json else ["--color", "always"] if color else []
    reading = reading_options(dice, plain)
    piped = not plain and dice.random() < 0.1
    arguments = [name, *reading, *look, *["-" if piped and word == "trace" else word for word in own]]
    return Command(name, tuple(arguments), schema if json else "", lines and json, tuple(reading), written, color, piped)


def report(dice, **how):
    return shown("report", ["trace"], "slotscope.report/1", dice, **how)


def log(dice, **how):
    stacks = ["--stacks"] if dice.random() < 0.3 else []
    return shown("log", [*stacks, "trace"], "slotscope.log/1", dice, lines=True, **how)


def map_at(dice, **how):
    point = dice.choice(POINTS + [str(dice.randrange(200)), f"{dice.randrange(20000)}ms"])
    return shown("map", ["trace", "--at", point], "slotscope.map/1", dice, **how)


def diff(dice, **how):
    sides = dice.choice([["trace", "other"], ["other", "trace"], ["trace", "trace"]])
    extra = dice.choice([[], [], ["--exit-code"], ["--vm-b", dice.choice(["1", "2"])]])
    return shown("diff", [*extra, *sides], "slotscope.diff/1", dice, **how)


def check(dice, **how):
    if dice.random() < 0.4:
        command = shown("check", ["trace", "--suggest"], "slotscope.budget/1", dice, **how)
        return dataclasses.replace(command, schema="slotscope.budget/1", color=False)
    return shown("check", ["trace", "--budget", "budget"], "slotscope.check/1", dice, **how)


def optimize(dice, **how):
    out = "out." + dice.choice(ENDINGS)
    level = dice.choice(["commit", "lazy", "final"])
    own = ["trace", "-o", out, "--level", level, *to(out)]
    return shown("optimize", own, "slotscope.optimize/1", dice, written=out, **how)


def convert(dice, **how):
    out = "out." + dice.choice(ENDINGS)
    return shown("convert", ["trace", "-o", out, *to(out)], "slotscope.convert/1", dice, written=out, **how)


def to(out):
    return ["--to", "qemu"] if out.endswith("qemu") else []


def replay(dice, **how):
    extra = []
    for options, chance in (
        (["--compare", dice.choice(["original", "minimal", "no-redundant", "other"])], 0.5),
        (["--split-address-spaces"], 0.2),
        (["--pace", "recorded"], 0.1),
        (["--populate"], 0.1),
        (["--backing", dice.choice(["thp", "memfd"])], 0.1),
        (["--guest", "touch", "--vcpus", "1"], 0.1),
    ):
        if dice.random() < chance:
            extra += options
    return shown("replay", ["trace", "--dry-run", "--kvm", "fake", *extra], "slotscope.replay_plan/1", dice, **how)


ALL = [report, log, map_at, diff, check, optimize, convert, replay]
WHOLE = [log, map_at, diff]  # of which the JSON says what the trace lacks


def commands_of(case, dice):
    """What a case runs. A case whose original is compared leaves out what only makes the answers differ."""
    if case.damaged or case.cut_off or case.repacked:
        chosen = [report(dice, plain=True, json=True), dice.choice(WHOLE)(dice, plain=True, json=True)]
        chosen.append(convert(dice, plain=True, json=True))
        return chosen + [dice.choice(ALL)(dice) for _ in range(2)]
    return [report(dice), log(dice), convert(dice)] + [dice.choice(ALL)(dice) for _ in range(3)]
