"""What one option is said to be, by --help, a man page or a completion."""
import dataclasses


@dataclasses.dataclass
class Option:
    name: str  # "--pid"
    short: str = ""  # "-p"
    takes_value: bool = False
    value_name: str = ""  # "PID"; completions have none
    default: str = ""
    words: frozenset = frozenset()  # values that it is said to know
    closed: bool = False  # whether these are all values that there are
    text: str = ""

    def named(self):
        return {self.name, self.short} - {""}
