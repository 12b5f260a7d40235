"""Names of tables and columns made of names in documents: what SQL or people can't read is replaced, and recorded."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from conversion.names import Namer, for_mysql, for_postgresql, for_sqlite
from engines.families import family

NAMERS = {"postgresql": for_postgresql, "sqlite": for_sqlite}
AWKWARD = re.compile(r"[.$`\"'\\\s]+")  # legal when quoted, but a trap in every query written by hand
UNREADABLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}  # control, format, surrogate, private, unassigned, separators


def namer_for(engine: str, lowers: bool = False) -> Namer:
    """The names of a target engine; lowers: see MysqlNamer."""
    return for_mysql(lowers) if family(engine) == "mysql" else NAMERS[family(engine)]()


def readable(name: str) -> str:
    """The name without dots, dollar signs, quotes, blanks and characters that nobody sees."""
    seen = "".join("_" if unicodedata.category(letter) in UNREADABLE else letter for letter in name)
    return AWKWARD.sub("_", seen.lstrip("$") or seen)


def joined_name(parts: Iterable[str]) -> str:
    """One name of the names on a path: `addr`, `geo` gives `addr_geo`; an empty name is `empty`."""
    return "_".join(readable(part) or "empty" for part in parts)


def path_text(path: Iterable[str | None]) -> str:
    """A path for people and as key of overrides: `orders[].opts[].k`."""
    text = ""
    for part in path:
        text += "[]" if part is None else f".{part}" if text else part
    return text
