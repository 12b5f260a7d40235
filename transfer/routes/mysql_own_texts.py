"""Texts of other character sets that went to another MySQL by their bytes, as the comparison is told of them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from conversion.mapping import TableMapping
from engines.mysql.charsets import AS_UTF8, BACK, WHOLE
from engines.mysql.snapshot import MysqlSnapshot
from transfer.compare.originals import placed
from transfer.moveplan import ChunkKey
from transfer.quarantined import Quarantined

AROUND = 1_000  # bytes of a query beside the digits, which it has a few times
TIMES = 8


@dataclass
class OwnTexts:
    """Of one table; charsets: of the columns that travel by their bytes, packet: the source's max_allowed_packet."""

    snapshot: MysqlSnapshot
    table: TableMapping
    key: ChunkKey
    charsets: Mapping[str, str]
    packet: int
    _known: dict[tuple[str, str], tuple[bool, str] | None] = field(default_factory=dict)

    def of(self, found: Sequence[Quarantined]) -> list[Quarantined]:
        """The entries with texts in UTF-8 where these bytes have code points."""
        return [self._entry(entry) for entry in found] if self.charsets else list(found)

    def _entry(self, entry: Quarantined) -> Quarantined:
        kept = json.loads(entry.original)
        if entry.column:
            kept = self._original(entry.column, kept)
        else:
            kept = {name: self._original(name, value) for name, value in kept.items()}
        texts = [json.dumps(part, ensure_ascii=False) for part in (self._place(json.loads(entry.locator)), kept)]
        return Quarantined(texts[0], entry.column, entry.key, entry.reason, entry.action, texts[1])

    def _original(self, name: str, kept: dict[str, Any]) -> dict[str, Any]:
        told = self._told(name, kept.get("hex"))
        if told is None or told[0]:
            return kept  # without code points the bytes themselves are kept
        return {**{word: value for word, value in kept.items() if word != "hex"}, "text": told[1]}

    def _place(self, located: list[Any]) -> list[Any]:
        """Values of the key, or of all columns with a number behind them."""
        keyed = self.key.kind == "columns"
        names = [column.name for column in self.key.columns] if keyed else [one.source for one in self.table.copied]
        return [self._shown(name, value) for name, value in zip(names, located, strict=False)] + located[len(names) :]

    def _shown(self, name: str, value: Any) -> Any:
        told = self._told(name, value)
        return value if told is None else placed([("text", told[1].encode())], sizes=True)[0]

    def _told(self, name: str, digits: Any) -> tuple[bool, str] | None:
        """Whether bytes, in hexadecimal digits, are no text of the column's character set, and the server's text."""
        charset = self.charsets.get(name)
        if charset is None or not isinstance(digits, str) or len(digits) * TIMES + AROUND > self.packet:
            return None
        if (charset, digits) not in self._known:
            self._known[charset, digits] = self._asked(charset, digits)
        return self._known[charset, digits]

    def _asked(self, charset: str, digits: str) -> tuple[bool, str]:
        """A literal with the set's own introducer would be refused for bytes that are no text there (error 1300)."""
        given = f"CAST(x'{digits}' AS BINARY)"
        own = f"CONVERT({given} USING {charset})"
        back = BACK.format(c=own, charset=charset)
        odd = "0" if charset in WHOLE else f"NOT ({back} <=> {given})"
        [(found, text)] = self.snapshot.query(f"SELECT {odd}, {AS_UTF8.format(c=own)}")
        if text is None:  # MySQL gives no text for such bytes
            return True, "".join(chr(byte) if byte < 0x80 else "?" for byte in bytes.fromhex(digits))
        return bytes(found) != b"0", bytes(text).decode(errors="replace")
