"""Text from databases as a model may see it: short, visible, and without the values of rows."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

from engines.connection import redact

LONGEST_SECRET = 1_000  # characters; a secret must be found whole, because its first half says enough
WIDTH = 100  # characters of a database's text that are shown
UNSEEN = frozenset({"Cc", "Cf", "Co", "Cs", "Zl", "Zp"})  # control, format, private, line and paragraph separators
# variation selectors: marks without a shape, which can carry text of any length behind a visible character
SELECTORS = re.compile("[\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]")
# where engines put a value into a message: behind a colon, in `(column)=(value)`, in `contains (row)`
VALUES = (
    (re.compile(r""":\s*["'].*["']"""), ': "…"'),
    (re.compile(r"=\s*\(.*\)"), "=(…)"),
    (re.compile(r"contains \(.*\)"), "contains (…)"),
)
QUOTED = re.compile(r""""([^"]*)(?:"|$)|'([^']*)(?:'|$)""")


def clean(value: Any, width: int = WIDTH) -> Any:
    """Text without what can't be seen and cut to a width, through lists and dicts; other values as they are."""
    if isinstance(value, str):
        return _line(value, width)
    if isinstance(value, Mapping):
        return {_line(str(key), width): clean(inner, width) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [clean(inner, width) for inner in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def masked(message: str, known: Iterable[str] = ()) -> str:
    """An engine's message without what may be a row's value: its first line, quoted texts only if known holds them.

    known: texts that are no rows, such as the statement that was run.
    """
    lines = message.strip().splitlines()
    line = lines[0] if lines else ""
    for pattern, instead in VALUES:
        line = pattern.sub(instead, line)
    texts = list(known)

    def told(found: re.Match[str]) -> str:
        quoted = found.group(1) or found.group(2) or ""
        return found.group() if quoted and any(quoted in text for text in texts) else '"…"'

    return QUOTED.sub(told, line)


def _line(text: str, width: int) -> str:
    start = redact(SELECTORS.sub("", text[: width * 4 + LONGEST_SECRET]))[: width * 4]
    seen = "".join(" " if unicodedata.category(c) in UNSEEN else c for c in start)
    line = " ".join(seen.split())
    if len(line) > width or len(text) > width * 4:
        return line[: width - 1] + "…"
    return line
