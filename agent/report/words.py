"""How figures, names and keys are written for people; nothing from a database reaches a reader unseen."""

from __future__ import annotations

import json
import unicodedata
from typing import Any

SHOWN = 240
JOINERS = {"\u200c", "\u200d"}  # part of words and emoji in several scripts
HIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}  # controls, bidi and other format characters, surrogates, separators


def plain(text: str) -> str:
    """Text with every control, bidi and format character written as its escape, so that none takes effect."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_seen(c) for c in text)


def _seen(character: str) -> str:
    if unicodedata.category(character) not in HIDDEN or character in JOINERS:
        return character
    return {"\n": " ", "\t": " ", "\r": " "}.get(character) or character.encode("unicode_escape").decode()


def cut(text: str, limit: int = SHOWN) -> str:
    """At most limit characters, with three dots where something is left out."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def middle(name: str, limit: int) -> str:
    """A long name without its middle: two names that differ at the end stay apart."""
    return name if len(name) <= limit else f"{name[: limit // 3]}…{name[-(limit - limit // 3 - 1) :]}"


def number(value: float | None, digits: int = 0) -> str:
    """1,234,567 or 12.5; a dash for what is not known."""
    return "–" if value is None else f"{value:,.{digits}f}"


def counted(count: int, noun: str, many: str | None = None) -> str:
    """1 row, 2,000 rows."""
    return f"{count:,} {noun if count == 1 else many or noun + 's'}"


def size(value: float | None) -> str:
    """Bytes in units of 1000: 12.3 MB."""
    if value is None:
        return "–"
    for unit, scale in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if value >= scale:
            return f"{value / scale:,.1f} {unit}"
    return f"{value:,.0f} B"


def duration(seconds: float | None) -> str:
    """0.42 s, 12.3 s, 5 min 12 s, 3 h 04 min, 12 d 3 h."""
    if seconds is None:
        return "–"
    if seconds < 60:
        return f"{seconds:.2f} s" if seconds < 10 else f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours < 48 else f"{hours // 24} d {hours % 24} h"


def about(seconds: float | None) -> str:
    """A predicted duration; predictions are rounded to hundredths of a minute."""
    return "0 s" if seconds == 0 else duration(seconds)


def milliseconds(value: float | None) -> str:
    """Milliseconds with the digits that mean something."""
    if value is None:
        return "–"
    return f"{value:,.2f}" if value < 10 else f"{value:,.1f}" if value < 1000 else f"{value:,.0f}"


def percent(value: float | None) -> str:
    """With its sign: +12.5 %."""
    return "–" if value is None else f"{value:+,.1f} %"


def key(value: Any) -> str:
    """A row's key for people, from a mapping or its JSON: id = 40, code = NULL."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return cut(value)
    if not isinstance(value, dict):
        return cut(str(value))
    return cut(", ".join(f"{name} = {_value(inner)}" for name, inner in value.items()))


def original(value: str) -> str:
    """A quarantined value for people, from the JSON that keeps it: 'a few', x'00ff', 12; a row: its columns."""
    try:
        data = json.loads(value)
    except ValueError:
        return cut(value, 80)
    if not isinstance(data, dict):
        return cut(str(data), 80)
    if "class" in data and not isinstance(data["class"], dict):
        return cut(_kept(data), 80)
    told = (f"{name}: {_kept(inner) if isinstance(inner, dict) else inner}" for name, inner in data.items())
    return cut(", ".join(told), 120)


def _kept(data: dict[str, Any]) -> str:
    if "text" in data:
        return f"'{data['text']}'"
    if "hex" in data:
        return f"x'{data['hex']}'"
    if "bytes" in data:
        return f"{data['bytes']:,} bytes"
    return str(data.get("number", "NULL"))


def _value(value: Any) -> str:
    return "NULL" if value is None else str(value)


def listed(items: list[str], limit: int = 5) -> str:
    """a, b, c and 4 more."""
    more = f" and {len(items) - limit:,} more" if len(items) > limit else ""
    return ", ".join(items[:limit]) + more


def bare(full_name: str) -> str:
    """main.orders -> orders: SQLite's only schema says nothing."""
    return full_name.removeprefix("main.")
