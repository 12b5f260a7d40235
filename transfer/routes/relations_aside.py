"""What of rows can't be in documents as it is: whole rows, set aside with all their values, and texts that are none."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from conversion.documents.relations_mapping import DocumentMapping, FieldMapping
from engines.errors import Aborted
from engines.sqlite.rowid import free_rowid
from transfer.compare.originals import locator, placed, sized
from transfer.moveplan import Policy, Unholdable
from transfer.quarantined import Quarantined
from transfer.routes.relations_odd import Odd, own_bytes
from transfer.routes.relations_own import SHORT, Value, groups, own_values
from transfer.routes.relations_pages import Reading, Row
from transfer.routes.relations_readers import Source, Sqlite
from transfer.routes.sqlite_to_postgresql_exact import original_value

MOST_COLUMNS = 300  # whose own values one query reads: the engines take some 1,600 expressions
Own = dict[str, Value]


@dataclass(frozen=True)
class _Waiting:
    """A row of which something is written down: reason: why all of it is withheld; kept: its values in other forms."""

    row: Row
    reason: str = ""
    kept: Sequence[tuple[str, Odd]] = field(default_factory=tuple)


class RowsAside:
    """The rows of one range of a root table that are set aside."""

    def __init__(self, source: Source, mapping: DocumentMapping, policies: Mapping[Unholdable, Policy]) -> None:
        self.source, self.mapping, self.policies = source, mapping, policies
        self._waiting: list[_Waiting] = []

    def clear(self) -> None:
        """The range is read anew."""
        self._waiting.clear()

    def add(self, kind: Unholdable, row: Row, reason: str) -> None:
        """Set a row aside; Aborted VALUE_NOT_HOLDABLE where the policy of its kind is to stop."""
        self._may(kind, row, reason)
        self._waiting.append(_Waiting(row, reason))

    def keep(self, row: Row, kept: Sequence[tuple[str, Odd]]) -> None:
        """Write down values that go over in another form, by columns, whatever the policy; Aborted as of add()."""
        for name, found in kept:
            self._may(found.kind, row, f"{name}: {found.reason}")
        self._waiting.append(_Waiting(row, kept=kept))

    def _may(self, kind: Unholdable, row: Row, reason: str) -> None:
        if self.policies.get(kind) == "stop":
            raise Aborted(
                "VALUE_NOT_HOLDABLE",
                f"{self.mapping.table} {self._key(row)[:500]}: {reason}; the plan says to stop.",
                f"Mend the row in the source, or allow another policy (options.policies.{kind}); plan again.",
            )

    def written(self, condition: str) -> list[Quarantined]:
        """What the state keeps of them; condition: SQL of the range, whose rows are then read a second time."""
        if not self._waiting:
            return []
        told = self._own(condition)
        return [entry for one in self._waiting for entry in self._entries(one, told[self._name(one.row)].pop())]

    def _entries(self, waiting: _Waiting, own: Own) -> Iterator[Quarantined]:
        locator = self._locator([own[name] for name in ([ROWID] if ROWID in own else self._shown())])
        key = self._key(waiting.row)
        for column, found in waiting.kept:
            original = {"class": "text", **_measured(found), "stored": found.stored}
            yield Quarantined(locator, column, key, found.reason, "converted", json.dumps(original))
        if not waiting.kept:
            originals = {name: _original(value) for name, value in own.items() if name != ROWID}
            yield Quarantined(locator, "", key, waiting.reason, "row_withheld", json.dumps(originals))

    def _key(self, row: Row) -> str:
        """The key for people, a JSON object; what is no text with its bytes escaped."""
        shown = {name: row[name] for name in self._shown()}
        texts = {
            name: data.decode(errors="backslashreplace")
            for name, value in shown.items()
            if (data := own_bytes(value)) is not None
        }
        return json.dumps(shown | texts, default=str, ensure_ascii=False)

    def _locator(self, values: Sequence[Value]) -> str:
        if isinstance(self.source, Sqlite):
            return locator((klass, value) for klass, value, _ in values)
        texts = []
        for klass, value, more in values:
            (text,) = placed([(klass, value)])
            texts.append(sized(more["bytes"]) if more else text)
        return json.dumps(texts, ensure_ascii=False)

    def _shown(self) -> list[str]:
        return self.mapping.key or [found.column for found in self.mapping.fields]

    def _matched(self) -> list[FieldMapping]:
        """The columns by which a row is found again: those of the key, without one as many as a query may read."""
        if self.mapping.key:
            by_name = {found.column: found for found in self.mapping.fields}
            return [by_name[name] for name in self.mapping.key]
        return self.mapping.fields[:MOST_COLUMNS]

    def _name(self, row: Row) -> str:
        return repr([row[found.column] for found in self._matched()])

    def _own(self, condition: str) -> dict[str, list[Own]]:
        """The own values of the rows that wait, by name; rows that are alike have the same."""
        wanted = Counter(self._name(one.row) for one in self._waiting)
        found: dict[str, list[Own]] = {}
        for group in groups(self.mapping.fields, MOST_COLUMNS):
            number: Counter[str] = Counter()
            for name, own in self._read(condition, group):
                if number[name] == wanted[name]:
                    continue
                known = found.setdefault(name, [])
                if number[name] == len(known):
                    known.append({})
                known[number[name]].update(own)
                number[name] += 1
        return found

    def _read(self, condition: str, group: Sequence[FieldMapping]) -> Any:
        own, matched = own_values(self.source), Reading(self.source, self._matched(), self.mapping.table)
        reads = [*matched.sql("r"), *(sql for found in group for sql in own.reads(found))]
        rowid = self._rowid()
        if rowid is not None:
            reads.append(f"r.{rowid}")
        where = f" WHERE {condition}" if condition else ""
        table = self.source.table(self.mapping.table)
        for values in self.source.rows(f"SELECT {', '.join(reads)} FROM {table} AS r{where}", 1):
            name = repr(list(matched.row(values[: matched.width]).values()))
            made: Own = {}
            place = matched.width
            for found in group:
                width = len(own.reads(found))
                made[found.column] = own.value(found, values[place : place + width])
                place += width
            if rowid is not None:
                made[ROWID] = "integer", values[place], {}
            yield name, made

    def _rowid(self) -> str | None:
        """By what a row of SQLite is found that has no key."""
        if not isinstance(self.source, Sqlite) or self.mapping.key:
            return None
        return free_rowid(found.column for found in self.mapping.fields)


ROWID = ""  # among the own values


def _measured(found: Odd) -> dict[str, Any]:
    data = found.data
    if len(data) > SHORT:
        return {"bytes": len(data), "sha256": sha256(data).hexdigest()}
    return original_value(data) if found.readable else {"hex": data.hex()}


def _original(own: Value) -> dict[str, Any]:
    klass, value, more = own
    if klass == "null":
        return {"class": "null"}
    return {"class": klass, **(more or original_value(value))}
