"""Random programs for vm_steps, each with what a capture of it must show."""
import dataclasses

LETTERS_OF_FILES = "csrvdxob"
SIGKILL_STATUS = 128 + 9


@dataclasses.dataclass
class Vm:
    creator: int  # the address space that made it: KVM refuses the calls of all others
    slot: bool = False


@dataclasses.dataclass
class Expected:
    calls: int = 0
    vms: int = 0
    refused: int = 0  # of the calls
    status: int = 0


class Program:
    """A random program: `text` for vm_steps, `expected` of record. Without `kvm` it is processes alone."""

    def __init__(self, dice, kvm, length):
        self.dice, self.kvm, self.left = dice, kvm, length
        self.expected = Expected()
        self.spaces = 0
        self.text = self._process({}, depth=0)

    def _new_space(self):
        self.spaces += 1
        return self.spaces

    def _process(self, files, depth):
        """The steps of a process that begins with these files (Vm, or None for another file)."""
        space, words = self._new_space(), []
        for _ in range(self.dice.randint(1, 8)):
            if self.left <= 0:
                break
            self.left -= 1
            space = self._step(words, files, space, depth)
        return " ".join(words) + self._end(depth)

    def _end(self, depth):
        end = self.dice.random()
        if depth == 0:
            if end < 0.1:
                self.expected.status = SIGKILL_STATUS
                return " k"
            self.expected.status = self.dice.choice((0, 0, 1, 42))
            return f" q{self.expected.status}"
        return " k" if end < 0.1 else ""

    def _step(self, words, files, space, depth):
        letters = "fffewz" + (LETTERS_OF_FILES + "ccsssxxp" if self.kvm else "")
        letter = self.dice.choice(letters)
        if letter in "fp" and depth == 3:
            letter = "z"
        if letter == "z":
            words.append(f"z{self.dice.choice((0, 1, 5, 30, 80))}")
        elif letter in "we":
            words.append(letter)
            if letter == "e":
                files.clear()
                return self._new_space()
        elif letter == "f":
            words.append(f"f({self._process(dict(files), depth + 1)})")
        else:
            self._on_file(letter, words, files, space, depth)
        return space

    def _on_file(self, letter, words, files, space, depth):
        variable = self.dice.randrange(3)
        vm = files.get(variable)
        word = f"{letter}{variable}"
        if letter == "c":
            files[variable] = Vm(space)
            self.expected.vms += 1
        elif letter in "sr":
            self._call(vm, space, letter == "s")
        elif letter == "b":
            if vm and vm.creator != space:
                return  # refused before KVM looks at the pointer: no call, and not told from a question
            self._call(vm, None, False)
        elif letter == "d":
            to = self.dice.randrange(3)
            word += str(to)
            if variable in files and to != variable:
                files[to] = vm
        elif letter == "x":
            files.pop(variable, None)
        elif letter == "o" and variable in files:
            files[variable] = None
        elif letter == "p":
            received = {variable: vm} if variable in files else {}
            word += f"({self._process(received, depth + 1)})"
        words.append(word)

    def _call(self, vm, space, there):
        if not vm:
            return
        self.expected.calls += 1
        if vm.creator != space or (not there and not vm.slot):
            self.expected.refused += 1
        else:
            vm.slot = there


# Programs that once kept a capture from ending, or from counting right, and their like.
KNOWN = (
    ("c0 s0", Expected(1, 1)),
    ("c0 s0 x0", Expected(1, 1)),
    ("c0 s0 d01 x0 x1", Expected(1, 1)),
    ("c0 s0 v0", Expected(1, 1)),
    ("c0 s0 x0 c1", Expected(1, 2)),
    ("c0 s0 x0 c1 v1", Expected(1, 2)),
    ("c0 s0 x0 o0 c1", Expected(1, 2)),
    ("c0 s0 o0 c1", Expected(1, 2)),
    ("c0 s0 d01 s1 x0", Expected(2, 1)),
    ("c0 s0 b0", Expected(2, 1, 1)),
    ("c0 s0 c1", Expected(1, 2)),
    ("c0 x0 c0 s0 z0", Expected(1, 2)),
    ("c0 x0 c0 s0 z1", Expected(1, 2)),
    ("c0 s0 f(z100 s0 x0 c1 s1)", Expected(3, 2, 1)),
    ("c0 s0 p0(z100 s0)", Expected(2, 1, 1)),
    ("f(f(z200 c0 s0)) q3", Expected(1, 1, 0, 3)),
    ("c0 s0 f(z100) e c0 s0", Expected(2, 2)),
    ("c0 x0 " * 40 + "c0 s0 k", Expected(1, 41, 0, SIGKILL_STATUS)),
)
