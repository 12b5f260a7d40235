"""Canonical text of JSON: by value, whatever the order of keys, the blanks, the escapes and the spelling of numbers."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

from transfer.canonical.numbers_text import LONGEST_WHOLE, plain

SHORTEST_FLOAT = 17  # digits: every double has a text of no more
STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"')
NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
BLANKS = re.compile(r"[ \t\n\r]*")
WORDS = ("true", "false", "null")
WRITER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), check_circular=False)


class NotJson(ValueError):
    """The text is no JSON."""


class _ByDigits(Exception):
    """A number that no class of Python says in its canonical digits."""


def canonical(text: bytes) -> bytes:
    """The canonical text of a JSON text in UTF-8; NotJson for text that is none (or isn't UTF-8).

    Keys sorted by their UTF-8 bytes, of equal ones the last; no blanks; strings with the fewest escapes, halves of
    surrogate pairs as \\udxxx; numbers by their exact decimal digits.
    """
    try:
        shown = text.decode()
    except UnicodeDecodeError as error:
        raise NotJson("not UTF-8") from error
    try:
        return WRITER.encode(DECODER.decode(shown)).encode(errors="backslashreplace")
    except json.JSONDecodeError as error:
        raise NotJson(str(error)) from error
    except (_ByDigits, RecursionError, ValueError):  # ValueError: an integer of more than 4,300 digits
        return _slowly(shown).encode(errors="backslashreplace")


def string(text: str) -> bytes:
    """A text as JSON string."""
    return WRITER.encode(text).encode(errors="backslashreplace")


def number_text(token: str) -> str:
    """Canonical digits of a JSON number; one whose exponent no engine's numbers have keeps it."""
    mantissa, _, exponent = token.lower().partition("e")
    if len(exponent.lstrip("+-0")) > len(str(LONGEST_WHOLE)):
        digits = mantissa.replace("-", "").replace(".", "").strip("0")
        return token.lower() if digits else "0"
    return plain(Decimal(token)).decode()


def _real(token: str) -> int | float:
    """The Python number whose own text is the canonical one."""
    if len(token) > SHORTEST_FLOAT + 8:
        raise _ByDigits
    shown = number_text(token)
    if "." not in shown:
        if len(shown) > 1_000 or "e" in shown:
            raise _ByDigits
        return int(shown)
    value = float(shown)
    if repr(value) != shown:
        raise _ByDigits
    return value


def _refused(word: str) -> Any:
    raise json.JSONDecodeError(f"{word} is no JSON", word, 0)


DECODER = json.JSONDecoder(parse_float=_real, parse_constant=_refused)


Piece = str | list["Piece"]  # texts and lists of them: joined only once, so that depth costs nothing


class _Open:
    """An array or object that has not ended yet; pieces: canonical texts of elements, or of values by key."""

    def __init__(self, keyed: bool) -> None:
        self.keyed = keyed
        self.pieces: list[Piece] = []
        self.entries: dict[str, Piece] = {}
        self.key = ""

    def add(self, piece: Piece) -> None:
        """Take the next value."""
        if self.keyed:
            self.entries[self.key] = piece
        else:
            self.pieces += [piece, ","]

    def piece(self) -> Piece:
        """The whole, canonical."""
        if not self.keyed:
            return ["[", *self.pieces[:-1], "]"]
        entries = [[WRITER.encode(key), ":", self.entries[key], ","] for key in sorted(self.entries)]
        made: list[Piece] = ["{", *(part for entry in entries for part in entry)]
        return [*(made[:-1] if entries else made), "}"]


def _slowly(text: str) -> str:
    """The same token by token: any depth, numbers of any length."""
    open_: list[_Open] = []
    place = _after(BLANKS, text, 0)
    while True:
        piece, place = _value(text, place, open_)
        while piece is not None:
            if not open_:
                if place != len(text):
                    raise NotJson(f"more text at {place}")
                return _joined(piece)
            open_[-1].add(piece)
            piece, place = _next(text, place, open_)


def _joined(piece: Piece) -> str:
    texts: list[str] = []
    left = [piece]
    while left:
        found = left.pop()
        if isinstance(found, str):
            texts.append(found)
        else:
            left.extend(reversed(found))
    return "".join(texts)


def _value(text: str, place: int, open_: list[_Open]) -> tuple[Piece | None, int]:
    """A scalar or an empty array or object; None where one with content begins."""
    letter = text[place : place + 1]
    if letter in ("{", "["):
        made = _Open(letter == "{")
        inside = _after(BLANKS, text, place + 1)
        if text[inside : inside + 1] == ("}" if made.keyed else "]"):
            return made.piece(), _after(BLANKS, text, inside + 1)
        open_.append(made)
        return None, _key(text, inside, made) if made.keyed else inside
    if letter == '"':
        shown, place = _string(text, place)
        return WRITER.encode(shown), _after(BLANKS, text, place)
    for word in WORDS:
        if text.startswith(word, place):
            return word, _after(BLANKS, text, place + len(word))
    found = NUMBER.match(text, place)
    if found is None:
        raise NotJson(f"no value at {place}")
    return number_text(found[0]), _after(BLANKS, text, found.end())


def _next(text: str, place: int, open_: list[_Open]) -> tuple[Piece | None, int]:
    """What follows a value: another one (None), or the whole that ends here."""
    inner = open_[-1]
    letter = text[place : place + 1]
    if letter == ",":
        place = _after(BLANKS, text, place + 1)
        return None, _key(text, place, inner) if inner.keyed else place
    if letter == ("}" if inner.keyed else "]"):
        open_.pop()
        return inner.piece(), _after(BLANKS, text, place + 1)
    raise NotJson(f"no comma or end at {place}")


def _key(text: str, place: int, inner: _Open) -> int:
    inner.key, place = _string(text, place)
    place = _after(BLANKS, text, place)
    if text[place : place + 1] != ":":
        raise NotJson(f"no colon at {place}")
    return _after(BLANKS, text, place + 1)


def _string(text: str, place: int) -> tuple[str, int]:
    found = STRING.match(text, place)
    if found is None:
        raise NotJson(f"no string at {place}")
    return json.loads(found[0]), found.end()


def _after(pattern: re.Pattern[str], text: str, place: int) -> int:
    found = pattern.match(text, place)
    return found.end() if found else place
