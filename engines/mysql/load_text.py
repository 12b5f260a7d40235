r"""Rows as lines of text for LOAD DATA and INSERT: fields between tabs, NULL as \N, a backslash before what means more.

PostgreSQL's COPY writes the same, but for \f and \v, which mean nothing here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

CLAUSE = "FIELDS TERMINATED BY 0x09 ESCAPED BY 0x5c LINES TERMINATED BY 0x0a"
TAB, END, NULL = b"\t", b"\n", rb"\N"
ESCAPES = ((b"\\", rb"\\"), (b"\t", rb"\t"), (b"\n", rb"\n"))
ESCAPED = re.compile(rb"\\(.)", re.DOTALL)
# what LOAD DATA makes of a letter behind a backslash (MySQL manual, LOAD DATA Statement, Field and Line Handling)
LETTERS = {b"0": b"\0", b"b": b"\b", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"Z": b"\x1a"}

Values = Sequence[bytes | None]


def escaped(value: bytes | None) -> bytes:
    """One field."""
    if value is None:
        return NULL
    for plain, written_so in ESCAPES:
        if plain in value:
            value = value.replace(plain, written_so)
    return value


def written(values: Values) -> bytes:
    """One line, with its end."""
    return TAB.join(map(escaped, values)) + END


def read(line: bytes) -> list[bytes | None]:
    """The values of one line, without its end."""
    return [None if field == NULL else _plain(field) for field in line.split(TAB)]


def lines(block: bytes) -> list[bytes]:
    """The lines of a block, without their ends."""
    return block[:-1].split(END) if block else []


def resized(blocks: Iterable[bytes], most: int) -> Iterator[bytes]:
    """Blocks of about so many bytes, cut behind lines."""
    held: list[bytes] = []
    size = 0
    for block in blocks:
        if size + len(block) > most and held:
            yield b"".join(held)
            held, size = [], 0
        while len(block) > most:
            place = block.find(END, most) + 1
            if place in (0, len(block)):
                break
            yield block[:place]
            block = block[place:]
        held.append(block)
        size += len(block)
    if held:
        yield b"".join(held)


def tuples(block: bytes, wraps: Sequence[str | None]) -> bytes:
    """A block as the rows behind VALUES: `('a','b'),(...)`.

    wraps: SQL of each value, with {} for its literal; None leaves the field out. Every value is a string literal for a
    session without NO_BACKSLASH_ESCAPES; the server converts it to the column's type.
    """
    if all(wrap == "{}" for wrap in wraps):
        return _quick(block)
    makers = [(n, wrap.encode().split(b"{}")) for n, wrap in enumerate(wraps) if wrap is not None]
    rows = []
    for line in lines(block):
        values = read(line)
        rows.append(b"(" + b",".join(literal(values[n]).join(around) for n, around in makers) + b")")
    return b",".join(rows)


def literal(value: bytes | None) -> bytes:
    """A string literal, or NULL."""
    if value is None:
        return b"NULL"
    return b"'" + value.replace(b"\\", b"\\\\").replace(b"'", b"''") + b"'"


def _quick(block: bytes) -> bytes:
    """By replacing in the block as a whole: string literals know the same escapes."""
    text = block[:-1].replace(b"'", b"''").replace(TAB, b"','").replace(END, b"'),('")
    # a backslash of the text is doubled, so this is a NULL wherever it stands between quotes
    return (b"('" + text + b"')").replace(b"'" + NULL + b"'", b"NULL")


def _plain(field: bytes) -> bytes:
    if b"\\" not in field:
        return field
    return ESCAPED.sub(lambda found: LETTERS.get(found[1], found[1]), field)
