"""What must hold of every run, whatever the input."""
import json
import re

# Time and memory that a run may take: what a small trace takes, with room for sanitizers, and so much for each byte.
SECONDS, SECONDS_A_MIB = 2, 2
MIB = 1 << 20
MEMORY, MEMORY_A_BYTE = 64 * MIB, 24

# Characters that a terminal obeys instead of showing: controls, and those that turn the text around.
OBEYED = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
COLOR = re.compile(r"\x1b\[[0-9;]*m")
ERROR = re.compile(r"^slotscope: (?:.*?: )?error: \S", re.MULTILINE)
OURS = re.compile(r"slotscope: ")
# These may be below zero: results, and times before whatever the clock began with.
SIGNED = {"ret", "predicted", "recorded", "model", "time_ns", "first_ns", "last_ns", "since_first_ns", "guest_memfd", "result"}


def memory_limit(size):
    return MEMORY + MEMORY_A_BYTE * size


class Broken(Exception):
    """The invariant's name, and what broke it."""

    def __init__(self, name, what):
        super().__init__(f"{name}: {what}")
        self.name = name


def hold(truth, name, what):
    if not truth:
        raise Broken(name, what)


def text_of(run, name, color):
    try:
        text = getattr(run, name).decode()
    except UnicodeDecodeError as error:
        raise Broken("utf-8", f"{name}: {error}") from None
    shown = COLOR.sub("", text) if color else text
    found = OBEYED.search(shown)
    hold(not found, "control", f"{name} has {found and ascii(shown[max(0, found.start() - 30) : found.end() + 10])}")
    return shown


def no_constant(word):
    raise ValueError(f"{word} is no JSON")


def no_pair_twice(pairs):
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError(f"a name twice in {[name for name, _ in pairs]}")
    return value


def documents(command, text):
    texts = text.splitlines() if command.lines else [text] if text else []
    try:
        return [json.loads(one, parse_constant=no_constant, object_pairs_hook=no_pair_twice) for one in texts]
    except ValueError as error:
        raise Broken("json", f"{error}: {ascii(text[-200:])}") from None


def below_zero(value, name=""):
    """The first number that can't be."""
    if isinstance(value, dict):
        return next(filter(None, (below_zero(inner, key) for key, inner in value.items())), None)
    if isinstance(value, list):
        return next(filter(None, (below_zero(inner, name) for inner in value)), None)
    negative = isinstance(value, (int, float)) and value < 0 and name not in SIGNED
    return f"{name} is {value}" if negative else None


def hold_for_run(command, run, size):
    """Of one run alone; gives its JSON documents."""
    hold(run.seconds is not None, "time", "did not end")
    hold(b"bad_alloc" not in run.stderr, "memory", f"more than {memory_limit(size) // MIB} MiB for {size} bytes")
    hold(run.status >= 0, "signal", f"ended by signal {-run.status}: {ascii(run.stderr[-300:])}")
    hold(run.status <= 3, "status", f"exit status {run.status}: {ascii(run.stderr[-2000:])}")
    limit = SECONDS + SECONDS_A_MIB * size / MIB
    hold(run.seconds <= limit, "time", f"{run.seconds:.1f} s of CPU for {size} bytes, at most {limit:.1f}")
    short = run.status == 3 and (command.name != "replay" or b"out of memory" in run.stderr)
    hold(not short, "memory", f"more than {memory_limit(size) // MIB} MiB for {size} bytes: {ascii(run.stderr[-300:])}")
    stdout, stderr = text_of(run, "stdout", command.color), text_of(run, "stderr", command.color)
    errors = len(ERROR.findall(stderr))
    wanted = 1 if run.status > 1 else 0
    hold(errors == wanted, "diagnostic", f"exit status {run.status} with {errors} errors: {ascii(stderr[-400:])}")
    hold(not errors or OURS.match(stderr), "diagnostic", f"not slotscope's: {ascii(stderr[:200])}")
    if not command.schema:
        return []
    found = documents(command, stdout)
    hold(found or run.status > 1, "json", f"exit status {run.status} and no JSON")
    if found:
        schema = found[0].get("schema")
        hold(schema == command.schema, "json", f"schema {schema}, not {command.schema}")
    wrong = below_zero(found)
    hold(not wrong, "number", wrong)
    return found


def lacking(command, found, stderr):
    """All that the answer says of what is not in the trace; of a writer, whose summary has nothing of it, the warnings."""
    if command.name == "report":
        trace = found[0]["trace"]
        said = [not trace["whole"], trace["end"] == "cut_off", trace["lost"], trace["bad_lines"]]
    elif command.name == "log":
        said = [line for line in found[1:] if line.keys() & {"cut_off", "damaged_parts", "lost", "bad_lines"}]
    elif command.name == "map":
        said = [found[0]["cut_off"], found[0]["lost"]]
    elif command.name == "diff":
        said = [value for side in found[0]["sides"] for value in (not side["whole"], side["end"] == "cut_off", side["lost"])]
    else:
        said = warnings(stderr)
    return said if any(said) else []


def warnings(stderr):
    return [line for line in stderr.splitlines() if b"warning: " in line]


def hold_for_damage(command, run, found, original_run, original_found):
    """The same answer as for the original, an error, or an answer that says that more is missing."""
    if run.status > 1 or (run.status == original_run.status and found == original_found):
        return
    said, before = lacking(command, found, run.stderr), lacking(command, original_found, original_run.stderr)
    # Of a trace that lacked something before, the warnings say that this is another lack.
    more = said != before or warnings(run.stderr) != warnings(original_run.stderr)
    hold(said and more, "silently different", " ".join(command.arguments))


def hold_for_cut(command, run, found):
    """A map of a moment before the cut lacks nothing, and an optimized trace has been compared by the model."""
    told = command.name in ("report", "log", "diff", "convert") or "end" in command.arguments
    said = not told or run.status > 1 or lacking(command, found, run.stderr)
    hold(said, "cut counts as whole", " ".join(command.arguments))


KEPT = {
    "slots": None,  # all
    "jsonl": None,
    "csv": ("vm", "as", "slot", "gpa", "size", "hva", "flags", "ret", "time_ns", "duration_ns", "pid", "tid"),
    "qemu": ("as", "slot", "gpa", "size", "hva", "flags", "ret"),
}


def hold_for_written(written, before, after):
    """What log --json says of the calls of a trace and of what was made of it."""
    fields = KEPT[written.rsplit(".", 1)[1]]
    a, b = ([line for line in lines[1:] if "call" in line] for lines in (before, after))
    hold(len(a) == len(b), "read back", f"{len(a)} calls became {len(b)}")
    for one, other in zip(a, b):
        names = fields or one.keys() | other.keys()
        wrong = [name for name in names if one.get(name) != other.get(name)]
        what = ", ".join(f"{name} {one.get(name)} became {other.get(name)}" for name in sorted(wrong))
        hold(not wrong, "read back", f"call {one['call']} in {written}: {ascii(what[:300])}")
