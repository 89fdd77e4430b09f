"""What is mutated: real traces of every format, what slotscope makes of them, and all of it compressed."""
import collections
import dataclasses
import pathlib
import random
import subprocess

import mutators
from containers import PACK, in_parts, sealed

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
PLACES = ["traces", "tests/data", "tests/golden", "tests/fuzz/corpus"]
WRITTEN = ["native", "jsonl", "csv"]
LARGEST = 24 * 1024  # bytes; what is larger tries no more and takes longer
CONVERTED = 3 * 1024  # likewise, of what becomes a trace of another format
LARGEST_CASE = 4 << 20  # bytes of a mutated trace before it is compressed
TEXT_FORMATS = {"qemu", "strace", "simpletrace", "ftrace", "jsonl", "csv"}


@dataclasses.dataclass(frozen=True)
class Seed:
    path: pathlib.Path
    format: str
    converted: bool  # by slotscope, to this format

    @property
    def name(self):
        return f"{self.path.relative_to(TOP)}" + (f" as {self.format}" if self.converted else "")


@dataclasses.dataclass(frozen=True)
class Case:
    number: int
    seed: Seed
    container: str
    steps: tuple  # the mutations' names
    plain: bytes  # not compressed
    data: bytes  # what slotscope gets
    original: bytes  # what it would get without the mutations
    damaged: bool  # only in ways that the container's checksum must show
    cut_off: bool  # the only mutation is a cut that the format must show
    repacked: bool = False  # nothing was changed but the container

    def packed(self, plain):
        """Other content, in the same container; a native file's checksums right again if they were made so."""
        return PACK[self.container](sealed(plain) if "sealed" in self.steps else plain)

    @property
    def kind(self):
        return self.seed.format + (f" in {self.container}" if self.container else "")


def tracked_files():
    for place in PLACES:
        for path in sorted((TOP / place).rglob("*")):
            kept = path.suffix not in (".md", ".py", ".build") and path.name not in ("cmd", "stdout", "stderr", "status")
            if kept and path.is_file() and 0 < path.stat().st_size <= LARGEST:
                yield path


def format_of(path):
    for ending, format in ((".slots", "native"), (".jsonl", "jsonl"), (".csv", "csv"), (".bin", "qemu-simple")):
        if path.name.endswith(ending):
            return format
    for word, format in (("trace_pipe", "ftrace"), ("trace-cmd", "ftrace"), ("simple", "simpletrace")):
        if path.name.startswith(word):
            return format
    return "strace" if "strace" in path.parts and "qemu" not in path.name else "qemu"


def seeds_by_format():
    found = collections.defaultdict(list)
    for path in tracked_files():
        format = format_of(path)
        found[format].append(Seed(path, format, False))
        if path.stat().st_size <= CONVERTED:
            for other in WRITTEN:
                if other != format:
                    found[other].append(Seed(path, other, True))
    return dict(sorted(found.items()))


class Reader:
    """The seeds' bytes, not compressed, each made once."""

    def __init__(self, program):
        self.program = program
        self.read = {}

    def data(self, seed):
        if seed not in self.read:
            self.read[seed] = self.converted(seed) if seed.converted else unpacked(seed.path)
        return self.read[seed]

    def converted(self, seed):
        command = [self.program, "convert", seed.path, "--keep-going", "--to", seed.format, "-o", "-"]
        done = subprocess.run(command, capture_output=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{seed.name}: {done.stderr.decode(errors='replace')}")
        return done.stdout


def unpacked(path):
    tool = {".gz": "gzip", ".zst": "zstd"}.get(path.suffix)
    if not tool:
        return path.read_bytes()
    return subprocess.run([tool, "-dc", path], capture_output=True, check=True).stdout


def mutators_of(seed):
    if seed.format == "native":
        return mutators.NATIVE
    return mutators.TEXT if seed.format in TEXT_FORMATS else mutators.BINARY


def mutated(data, choice, dice):
    """The data and the names of what was done to it; something was."""
    steps = []
    while not steps or dice.random() < 0.4:
        mutate = dice.choice(choice)
        data = mutate(data, dice)[:LARGEST_CASE]
        steps.append(mutate.__name__)
    return data, steps


def make_case(seeds, reader, run_seed, number):
    dice = random.Random(f"{run_seed} {number}")
    seed = dice.choice(seeds[dice.choice(list(seeds))])
    content = reader.data(seed)
    container = dice.choice(["", "", "", "gz", "zst"])
    original = PACK[container](content)
    checked = bool(container) or seed.format == "native"
    how = dice.random()
    if checked and how < 0.5:
        mutate = dice.choice(mutators.DAMAGE)
        data = mutate(original, dice)
        return Case(number, seed, container, (mutate.__name__,), content, data, original, data != original, False)
    if container and how < 0.6:
        data = in_parts(content, container, dice)
        return Case(number, seed, container, ("in parts",), content, data, content, False, False, repacked=True)
    if not container and seed.format in TEXT_FORMATS and how < 0.1:
        # A text of another program can be whole at any line's end; what slotscope wrote says where it ends.
        marked = seed.converted
        mutate = dice.choice([mutators.cut_in_line, mutators.cut_at_line]) if marked else mutators.cut_in_line
        data = mutate(content, dice)
        return Case(number, seed, "", (mutate.__name__,), data, data, original, False, 0 < len(data) < len(content))
    plain, steps = content, []
    if how > 0.9:
        other = dice.choice(seeds[dice.choice([seed.format, dice.choice(list(seeds))])])
        plain, steps = mutators.spliced(plain, reader.data(other), dice), [f"spliced with {other.name}"]
    if not steps or dice.random() < 0.5:
        plain, more = mutated(plain, mutators_of(seed), dice)
        steps += more
    if seed.format == "native" and dice.random() < 0.9:
        plain, steps = sealed(plain), steps + ["sealed"]
    return Case(number, seed, container, tuple(steps), plain, PACK[container](plain), original, False, False)
