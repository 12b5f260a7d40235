"""Escapes in JSON that jsonb has no place for: U+0000 and halves of surrogate pairs, and the same text without them."""

from __future__ import annotations

import json
import re
from typing import Any

from transfer.routes.policy import NOTHING, Refused, Why

# an escaped pair of surrogates, or any other escape; the group is the code unit of a single one
ESCAPE = re.compile(rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u([0-9a-fA-F]{4})|.)", re.DOTALL)
SURROGATES = range(0xD800, 0xE000)
NUL: Why = ("nul_in_text", "U+0000 in JSON")
HALF: Why = ("invalid_encoding", "half of a surrogate pair in JSON")


def refusal(text: bytes) -> Refused | None:
    """Why jsonb doesn't take this JSON because of its escapes, and what it takes instead; None where it does.

    Converted, U+0000 is left out and half of a pair is U+FFFD. There is no conversion where two keys of an object
    would become one, because then a value would be lost, nor where it is nested too deeply to be looked at.
    """
    units = {int(found[1], 16) for found in ESCAPE.finditer(text) if found[1]}
    nul, half = 0 in units, any(unit in SURROGATES for unit in units)
    if not nul and not half:
        return None
    mended: Any = ESCAPE.sub(_mended, text)
    try:
        lost = _keys(mended) != _keys(text)
    except (ValueError, RecursionError):
        lost = True
    first, *also = [why for why, found in ((NUL, nul), (HALF, half)) if found]
    return Refused(*first, NOTHING if lost else mended, also=also)


def _mended(found: re.Match[bytes]) -> bytes:
    if found[1] is None:
        return found[0]
    unit = int(found[1], 16)
    return b"" if unit == 0 else rb"\ufffd" if unit in SURROGATES else found[0]


def _keys(text: bytes) -> int:
    """How many keys all objects have; a key twice in one object counts once."""
    count = 0

    def counted(pairs: list[tuple[str, Any]]) -> None:
        nonlocal count
        count += len({key for key, _ in pairs})

    json.loads(text.decode(), object_pairs_hook=counted, parse_int=str, parse_float=str)
    return count
