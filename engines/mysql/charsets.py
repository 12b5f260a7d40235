"""Character sets of MySQL and MariaDB: which texts have no code points, and which characters become others."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

UTF8 = frozenset({"utf8mb4", "utf8mb3", "utf8"})  # their texts are UTF-8 already
WHOLE = UTF8 | {"latin1"}  # every byte has a code point and back: MySQL's latin1 has all 256
ASCII = "ascii"  # its columns take bytes above 7F too
AS_UTF8 = "CONVERT({c} USING utf8mb4)"
BACK = "CAST(CONVERT(CONVERT({c} USING utf8mb4) USING {charset}) AS BINARY)"
STEP = 4_096  # characters asked for at once: the smallest max_allowed_packet in use takes them
LAST, SURROGATES = 0x10000, range(0xD800, 0xE000)
LACKING = "?"  # what the servers put where a character set has no place for a character; strict mode refuses it

Query = Callable[[str], Sequence[Sequence[Any]]]


def unmapped(column: str, charset: str | None) -> str | None:
    """SQL that is true for a text that isn't the same bytes after going to UTF-8 and back; None: there is none.

    column: quoted. Its bytes have no code point there, or share one with others (cp932 has some characters twice). The
    server converts such a text to question marks, or to the other bytes, without an error.
    """
    if charset is None or charset in WHOLE:
        return None
    # one conversion less: what has its code points in ASCII is UTF-8
    back = f"CAST({AS_UTF8.format(c=column)} AS BINARY)" if charset == ASCII else BACK.format(c=column, charset=charset)
    return f"NOT ({back} <=> CAST({column} AS BINARY))"


def as_stored(query: Query, text: bytes, charset: str, packet: int) -> bytes | None:
    """What a text in UTF-8 becomes in a character set, in UTF-8 again; None where that is too long to be asked for.

    The server puts a question mark for what has no place there. packet: its max_allowed_packet in bytes.
    """
    clean = text.decode(errors="replace").encode()
    there = f"CONVERT(CONVERT(x'{clean.hex()}' USING utf8mb4) USING {charset})"
    sql = f"SELECT {AS_UTF8.format(c=there)}"
    if len(sql) >= packet:
        return None
    ((found,),) = query(sql)
    return None if found is None else str(found).encode()


def folding(characters: frozenset[str]) -> re.Pattern[bytes]:
    """What finds them in UTF-8."""
    return re.compile(b"|".join(re.escape(character.encode()) for character in sorted(characters)))


def folded(query: Query, charset: str) -> frozenset[str]:
    """The characters that the server stores as another one in this character set, and says nothing.

    Those that it has no place for are none of them. Beyond the first 65,536 code points sets have all or none.
    """
    found: set[str] = set()
    for start in range(1, LAST, STEP):
        text = "".join(chr(n) for n in range(start, min(start + STEP, LAST)) if n not in SURROGATES)
        if not text:
            continue
        there = f"CONVERT(CONVERT(x'{text.encode().hex()}' USING utf8mb4) USING {charset})"
        ((back,),) = query(f"SELECT {AS_UTF8.format(c=there)}")
        found.update(own for own, other in zip(text, str(back), strict=True) if own != other != LACKING)
    return frozenset(found)
