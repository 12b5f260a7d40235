"""What PostgreSQL itself says of values that a MySQL server refused: a line has them as MySQL would read them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count, groupby
from typing import Any

from conversion.mapping import TableMapping
from engines.columns import Kind
from engines.postgresql.quoting import quote_identifier, quote_literal
from engines.postgresql.snapshot import PostgresqlSnapshot
from transfer.canonical.sql_postgresql import OWN_TEXT
from transfer.moveplan import ChunkKey
from transfer.quarantined import Quarantined, with_own
from transfer.routes.mysql_fields import Field, placed_by
from transfer.routes.postgresql_for_mysql import Source
from transfer.routes.texts import text_original

# the name of a field that says where a row lies, of tables that no key cuts
PLACE = "\0place"
PLACE_READ = "tableoid::pg_catalog.oid::text || ' ' || ctid::text"
PLACE_SOURCE = Source(PLACE, "text", composite=False, array=False, not_null=True, wide=False)


def place_field() -> Field:
    """A field that only says where the row lies."""
    return Field(None, PLACE_READ, name=PLACE)


@dataclass
class OwnValues:
    """Of one table; origin: what stands behind FROM."""

    snapshot: PostgresqlSnapshot
    origin: str
    table: TableMapping
    key: ChunkKey
    sources: Mapping[str, Source]
    _numbers: Iterator[int] = field(default_factory=count)  # of rows without a key

    def of(self, found: Sequence[Quarantined]) -> list[Quarantined]:
        """The entries with the server's own texts, by which the comparison finds rows and values again.

        One row's at a time, whose entries follow each other; a row that is not found stays as it was noted.
        """
        told: list[Quarantined] = []
        for locator, entries in groupby(found, key=lambda entry: entry.locator):
            own = self._own(json.loads(locator))
            told += [entry if own is None else with_own(entry, own[0], entry.key, own[1]) for entry in entries]
        return told

    def _own(self, place: Sequence[Any]) -> tuple[str, dict[str, dict[str, str]]] | None:
        """Locator and originals by column of the row that a line named so."""
        keys = self.key.columns if self.key.kind == "columns" else []
        names = list(dict.fromkeys([column.source for column in self.table.copied] + [column.name for column in keys]))
        reads = ", ".join(OWN_TEXT.replace("{c}", quote_identifier(name)) for name in names)
        rows = self.snapshot.query(f"SELECT {reads} FROM {self.origin} WHERE {self._where(place)}")
        if len(rows) != 1:
            return None
        texts = dict(zip(names, rows[0], strict=True))
        own = {name: text_original(None if text is None else text.encode()) for name, text in texts.items()}
        if keys:
            located = [int(texts[one.name]) if one.kind is Kind.INTEGER else texts[one.name] for one in keys]
        else:
            located = [*(placed_by(own[column.source]) for column in self.table.copied), next(self._numbers)]
        return json.dumps(located, ensure_ascii=False), own

    def _where(self, place: Sequence[Any]) -> str:
        if self.key.kind != "columns":
            table, _, row = str(place[0]).partition(" ")
            return f"tableoid = {int(table)} AND ctid = {quote_literal(row)}"
        terms = []
        for column, value in zip(self.key.columns, place, strict=True):
            literal = quote_literal(str(value))
            in_bytes = self.sources[column.name].type == "bytea"
            terms.append(f"{quote_identifier(column.name)} = " + (f"decode({literal}, 'hex')" if in_bytes else literal))
        return " AND ".join(terms)
