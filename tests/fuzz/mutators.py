"""What goes wrong with a file: each mutator takes bytes and dice and gives other bytes, the same for the same dice."""
import re

from containers import CHUNK_HEADER, CHUNK_TYPES, chunks

NUMBER = re.compile(rb"-?(?:0x[0-9a-fA-F]+|\d+)")
WORD = re.compile(rb"[A-Za-z_][A-Za-z_0-9]{2,}")

NUMBERS = (
    [b"0", b"-0", b"1", b"-1", b"00000000000000000007", b"1e9", b"0x", b"0x-1", b"+1", b"", b"NaN", b"1.5", b"3.0e308"]
    + [str(n).encode() for n in (2**15, 2**16, 2**31 - 1, 2**31, 2**32, 2**53 + 1, 2**63 - 1, 2**63, -(2**63), 2**64 - 1, 2**64)]
    + [hex(n).encode() for n in (2**32, 2**52, 2**63, 2**64 - 1, 2**64, 2**68)]
    + [b"9" * 40, b"9" * 400]
)
# Names reach the terminal: what would move the cursor, turn the text around, break a line or end the program's string.
TEXTS = [
    text.encode()
    for text in (
        "\x1b[31m", "\x1b]0;title\x07", "\x9b2J", "\r", "\x00", "\x7f", "\x85", "\b\b\b", "\t",
        "\u202e", "\u202a", "\u2066", "\u2069", "\u200e", "\u200f", "\u061c", "\u2028", "\ufeff", "\U0001f4a3",
        '"', "\\", "\\u202e", "\\u0000", "\\ud800", "'", ",", "%s%n", "$(id)", "{", "}",
    )
] + [b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xe2\x80", b"\xf4\x90\x80\x80"]  # fmt: skip
BYTES = [0, 1, 9, 10, 13, 27, 32, 34, 44, 45, 48, 57, 92, 127, 128, 255]


def place(data, dice):
    return dice.randrange(len(data) + 1)


def span(data, dice, longest=4096):
    first = place(data, dice)
    return first, min(len(data), first + dice.choice([1, 2, 8, 64, dice.randrange(1, longest)]))


def replaced(data, match, new):
    return data[: match.start()] + new + data[match.end() :] if match else data


def one_of(pattern, data, dice):
    found = list(pattern.finditer(data[:65536]))
    return dice.choice(found) if found else None


def flip_bit(data, dice):
    if not data:
        return data
    at = dice.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << dice.randrange(8)]) + data[at + 1 :]


def set_byte(data, dice):
    at = place(data, dice)
    return data[:at] + bytes([dice.choice(BYTES)]) + data[at + 1 :]


def insert_bytes(data, dice):
    at = place(data, dice)
    return data[:at] + bytes(dice.choice(BYTES) for _ in range(dice.choice([1, 2, 8]))) + data[at:]


def delete_bytes(data, dice):
    first, last = span(data, dice, 64)
    return data[:first] + data[last:]


def cut(data, dice):
    return data[: place(data, dice)]


def cut_at_line(data, dice):
    ends = [match.end() for match in re.finditer(rb"\n", data)]
    return data[: dice.choice(ends)] if ends else data


def cut_in_line(data, dice):
    inside = [at for at in range(1, len(data)) if data[at - 1 : at] != b"\n"]
    return data[: dice.choice(inside)] if inside else data


def cut_head(data, dice):
    return data[place(data, dice) :]


def copy_block(data, dice):
    first, last = span(data, dice)
    at = place(data, dice)
    return data[:at] + data[first:last] + data[at:]


def zero_block(data, dice):
    first, last = span(data, dice, 512)
    return data[:first] + bytes(last - first) + data[last:]


def on_lines(change):
    def mutate(data, dice):
        lines = data.split(b"\n")
        change(lines, dice, dice.randrange(len(lines)))
        return b"\n".join(lines)

    mutate.__name__ = change.__name__
    return mutate


@on_lines
def copy_line(lines, dice, at):
    lines.insert(dice.randrange(len(lines) + 1), lines[at])


@on_lines
def swap_lines(lines, dice, at):
    other = dice.randrange(len(lines))
    lines[at], lines[other] = lines[other], lines[at]


@on_lines
def drop_lines(lines, dice, at):
    del lines[at : at + dice.choice([1, 1, 2, 10])]


@on_lines
def join_lines(lines, dice, at):
    lines[at : at + 2] = [b"".join(lines[at : at + 2])]


@on_lines
def break_line(lines, dice, at):
    middle = dice.randrange(len(lines[at]) + 1)
    lines[at : at + 1] = [lines[at][:middle], lines[at][middle:]]


@on_lines
def long_line(lines, dice, at):
    lines[at] += dice.choice([b" ", b"x", b"9", b"\0", b",", b"[", b"\xe2\x80\xae"]) * dice.choice([300, 5000, 70000])


@on_lines
def many_lines(lines, dice, at):
    length = dice.choice([1, 2, 5])
    lines[at:at] = lines[at : at + length] * dice.choice([10, 100, 100, 10000 // length])


@on_lines
def only_header(lines, dice, at):
    del lines[dice.choice([1, 2]) :]


def change_number(data, dice):
    return replaced(data, one_of(NUMBER, data, dice), dice.choice(NUMBERS))


def change_numbers(data, dice):
    """The same absurd number in many places: sums of them overflow."""
    new, share = dice.choice(NUMBERS), dice.choice([0.05, 0.3, 1])
    return NUMBER.sub(lambda match: new if dice.random() < share else match.group(), data[:65536]) + data[65536:]


def change_digit(data, dice):
    match = one_of(re.compile(rb"\d"), data, dice)
    return replaced(data, match, str(dice.randrange(10)).encode())


def change_word(data, dice):
    match, other = one_of(WORD, data, dice), one_of(WORD, data, dice)
    return replaced(data, match, dice.choice([other.group(), match.group()[:-1], match.group() * 2]) if match else b"")


def long_word(data, dice):
    match = one_of(WORD, data, dice)
    return replaced(data, match, match.group() * dice.choice([10, 100, 3000]) if match else b"")


def odd_text(data, dice):
    """Inside a word where there is one: that is where names stand."""
    match = one_of(WORD, data, dice)
    at = dice.randint(match.start(), match.end()) if match else place(data, dice)
    return data[:at] + dice.choice(TEXTS) + data[at:]


def odd_strings(data, dice):
    """In every name that is quoted, in parentheses or after a slash."""
    new = dice.choice(TEXTS)
    return re.sub(rb'(["(/][A-Za-z][\w.-]{2})', lambda match: match.group() + new, data[:65536]) + data[65536:]


def crlf(data, dice):
    return data.replace(b"\n", dice.choice([b"\r\n", b"\r", b"\n\r", b"\n\n", b" \n"]))


def byte_order_mark(data, dice):
    return dice.choice([b"\xef\xbb\xbf", b"\xff\xfe", b"\0", b"\n\n", b"#\n", b"\x1b[0m"]) + data


def no_last_line_end(data, dice):
    return data.rstrip(b"\n")


def empty(data, dice):
    return dice.choice([b"", b"\n", b"\0", b" "])


def chunk_of(data, dice):
    found = list(chunks(data))
    return dice.choice(found) if found else (0, 0)


def drop_chunk(data, dice):
    at, length = chunk_of(data, dice)
    return data[:at] + data[at + CHUNK_HEADER + length :]


def copy_chunk(data, dice):
    at, length = chunk_of(data, dice)
    to, _ = chunk_of(data, dice)
    return data[:to] + data[at : at + CHUNK_HEADER + length] * dice.choice([1, 1, 30]) + data[to:]


def retype_chunk(data, dice):
    at, _ = chunk_of(data, dice)
    return data[:at] + dice.choice(CHUNK_TYPES + (b"NEWS",)) + data[at + 4 :]


def change_length(data, dice):
    """A length or a count in a chunk's header."""
    at = chunk_of(data, dice)[0] + dice.choice([4, 16])
    length = dice.choice([0, 1, 63, 65, 2**16, 2**22, 2**22 + 1, 2**31, 2**32 - 1])
    return data[:at] + length.to_bytes(4, "little") + data[at + 4 :]


def change_field(data, dice):
    """An aligned integer of a payload becomes an edge of its type."""
    width = dice.choice([1, 2, 4, 8])
    at = place(data, dice) // width * width
    edge = dice.choice([0, 1, 2 ** (8 * width - 1) - 1, 2 ** (8 * width - 1), 2 ** (8 * width) - 1])
    return data[:at] + edge.to_bytes(width, "little") + data[at + width :]


# Of these each is damage that a checksum shows. Blocks that are copied could be what somebody appended.
DAMAGE = [flip_bit, flip_bit, set_byte, insert_bytes, delete_bytes, cut, cut, zero_block]
ANY = [flip_bit, set_byte, insert_bytes, delete_bytes, cut, cut_head, copy_block, zero_block, empty]
TEXT = ANY + [
    cut_at_line, cut_in_line, copy_line, swap_lines, drop_lines, join_lines, break_line, long_line, many_lines,
    only_header, change_number, change_number, change_number, change_numbers, change_digit, change_word, long_word,
    odd_text, odd_text, odd_strings, odd_strings, crlf, byte_order_mark, no_last_line_end,
]  # fmt: skip
BINARY = ANY + [change_field, change_field, change_field, odd_text]
NATIVE = BINARY + [drop_chunk, copy_chunk, retype_chunk, change_length, change_number]


def spliced(data, other, dice):
    """The beginning of one and the end of another, at line ends where both have some."""
    if b"\n" in data and b"\n" in other and dice.random() < 0.7:
        a, b = data.split(b"\n"), other.split(b"\n")
        return b"\n".join(a[: dice.randrange(len(a))] + b[dice.randrange(len(b)) :])
    return data[: place(data, dice)] + other[place(other, dice) :]
