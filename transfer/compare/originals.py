"""Values of a source beside what the migration kept of them when it set them aside."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from transfer.canonical.rendered import APART

Raw = Mapping[str, tuple[str, object]]  # column -> class and value, as the source holds them


def is_original(original: str, klass: str, value: object) -> bool:
    """Whether a quarantined original (JSON) is this very value, class and bytes."""
    return _same(json.loads(original), klass, value)


def is_original_row(original: str, row: Raw) -> bool:
    """Whether a withheld row's original (JSON by column) holds exactly these values."""
    kept = json.loads(original)
    return set(kept) == set(row) and all(_same(kept[name], *pair) for name, pair in row.items())


def stripped(value: object) -> bytes | None:
    """What the target was given of a text that is not valid UTF-8 or holds NUL (transfer/routes/sqlite_values.py)."""
    return value.decode(errors="replace").replace("\0", "").encode() if isinstance(value, bytes) else None


def rendered_from(text: bytes | None, value: object) -> bool:
    """Whether a text may be that of a value that was set aside: rendered apart, or text or digits as they are."""
    own = repr(value).encode() if isinstance(value, int | float) else value
    return text is not None and (text.startswith(APART) or text == own)


def _same(kept: dict[str, str], klass: str, value: object) -> bool:
    if kept["class"] != klass:
        return False
    if "hex" in kept:
        return bytes.fromhex(kept["hex"]) == value
    if "text" in kept:
        return kept["text"].encode() == value
    return kept.get("number") == (None if value is None else repr(value))


def locator(pairs: Iterable[tuple[str, object]]) -> str:
    """How the mover writes down where a row is (transfer/routes/sqlite_to_postgresql.py)."""

    def shown(klass: str, value: object) -> object:
        if isinstance(value, bytes):
            text = value.decode(errors="backslashreplace").replace("\0", "\\0")
            return text if klass == "text" else value.hex()
        return repr(value) if isinstance(value, float) else value

    return json.dumps([shown(*pair) for pair in pairs], ensure_ascii=False)
