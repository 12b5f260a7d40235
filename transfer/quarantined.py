"""A value or row that a migration set aside, as its quarantine table tells it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

DIGEST = 200  # bytes of JSON that a size and a digest take at most
RECOGNIZED = 10_000  # bytes of JSON from which on a comparison knows an original by size and digest


@dataclass(frozen=True)
class Quarantined:
    """A value, or a whole row (column ''), that the target can't hold as it is.

    locator: how the source finds the row again; key: the same for people; action: what the target holds instead
    (null, converted, row_withheld; stripped of older versions: converted by leaving out); original: the value with its
    class as JSON, of a converted one with what is stored instead.
    """

    locator: str
    column: str
    key: str
    reason: str
    action: str
    original: str


def with_own(entry: Quarantined, locator: str, key: str, own: Mapping[str, Mapping[str, Any]]) -> Quarantined:
    """The entry with the source's own originals by column, its locator and key; what is stored instead stays."""
    kept = json.loads(entry.original)
    if entry.column:
        stored = {"stored": kept["stored"]} if "stored" in kept else {}
        original: Mapping[str, Any] = {**own[entry.column], **stored}
    else:
        original = {name: own[name] for name in kept}
    text = json.dumps(original, ensure_ascii=False)
    return Quarantined(locator, entry.column, key, entry.reason, entry.action, text)


def shortened(original: str, most: int) -> str:
    """An original in so many bytes of JSON, if it is longer and that can be: of its longest values size and digest.

    By those the comparison knows a value as well (transfer/compare/originals.py).
    """
    if len(original.encode()) <= most:
        return original
    kept = json.loads(original)
    values = [kept] if isinstance(kept.get("class"), str) else list(kept.values())  # of one column, or of a row
    for value in sorted(values, key=_written, reverse=True):
        if _written(value) <= DIGEST:
            break
        _measure(value)
        original = json.dumps(kept, ensure_ascii=False)
        if len(original.encode()) <= most:
            break
    return original


def _written(value: dict[str, Any]) -> int:
    return len(json.dumps(value, ensure_ascii=False).encode())


def _measure(value: dict[str, Any]) -> None:
    """A size and a digest instead of a value; `instead` then tells what was stored, in short as well if it is long."""
    if "hex" in value:
        data = bytes.fromhex(value.pop("hex"))
    elif "text" in value:
        data = value.pop("text").encode()
    else:
        return
    if isinstance(value.get("stored", ...), str | None):
        value["instead"] = _told(value.pop("stored"))
    value |= _measures(data)


def _told(stored: str | None) -> dict[str, Any]:
    data = b"" if stored is None else stored.encode(errors="surrogateescape")
    return {"text": stored} if len(data) <= DIGEST else _measures(data)


def _measures(data: bytes) -> dict[str, Any]:
    return {"bytes": len(data), "sha256": sha256(data).hexdigest()}
