"""PostgreSQL to MySQL and MariaDB: COPY's text, as the server writes it, straight into LOAD DATA."""

from __future__ import annotations

import re
from collections.abc import Generator
from contextlib import closing
from typing import Any

from engines.errors import UsageError
from engines.full_names import parts
from engines.mysql import load_text
from engines.postgresql.quoting import quote_name
from engines.postgresql.snapshot import PostgresqlSnapshot
from transfer.chunks import Chunk
from transfer.cutting.postgresql import condition
from transfer.moveplan import MovePlan
from transfer.routes.lines_to_mysql import LinesToMysql
from transfer.routes.mysql_fields import Field
from transfer.routes.mysql_segments import whole_lines
from transfer.routes.postgresql_for_mysql import Source, field_of, key_field, sources
from transfer.routes.postgresql_own_values import PLACE, PLACE_SOURCE, OwnValues, place_field
from transfer.routes.postgresql_wide_to_mysql import WideRows
from transfer.routes.route import Copied, Pace
from transfer.units import TableUnit

# what COPY escapes and LOAD DATA doesn't know: it would drop the backslash and keep the letter
LETTERS = re.compile(rb"\\(?:([fv])|.)", re.DOTALL)
PLAIN = {b"f": b"\f", b"v": b"\v"}


def open_route(plan: MovePlan, unit: TableUnit, snapshot: PostgresqlSnapshot, writer: Any) -> PostgresqlToMysql:
    """See transfer/routes/route.py."""
    return PostgresqlToMysql(plan, unit, snapshot, writer)


class PostgresqlToMysql:
    """The route of one table."""

    def __init__(self, plan: MovePlan, unit: TableUnit, snapshot: PostgresqlSnapshot, writer: Any) -> None:
        self.unit, self.snapshot = unit, snapshot
        schema, name = parts(unit.mapping.source)
        oid, only = _relation(snapshot, schema, name)
        self.origin = only + quote_name(schema, name)
        found = sources(snapshot.query, schema, name)
        self.fields = _fields(unit, found, writer)
        keyed = unit.key.kind == "columns"
        if not keyed:
            self.fields.append(place_field())
            found[PLACE] = PLACE_SOURCE
        self.lines = LinesToMysql(plan, unit, writer, self.fields, located=() if keyed else (PLACE,))
        self.own = OwnValues(snapshot, self.origin, unit.mapping, unit.key, found)
        self.changes = {n: item.change for n, item in enumerate(self.fields) if item.change}
        self.wide = WideRows(snapshot, self.origin, oid, self.fields, found, self.lines)

    def copy(self, chunk: Chunk, into: Any, pace: Pace) -> Copied:
        """Rows of the range; those too large for a block come last, each in pieces."""
        where = [term for term in (condition(self.unit.key, chunk), self.wide.narrow) if term]
        reads = ", ".join(item.read for item in self.fields)
        query = f"SELECT {reads} FROM {self.origin}" + (f" WHERE {' AND '.join(where)}" if where else "")
        with closing(self._blocks(f"COPY ({query}) TO STDOUT")) as blocks:  # ended before its connection is used again
            copied = self.lines.copy(blocks, into, pace)
        if copied.quarantined:
            copied = Copied(copied.rows, copied.bytes, self.own.of(copied.quarantined))
        return self.wide.add(copied, chunk, into, pace, condition(self.unit.key, chunk))

    def _blocks(self, statement: str) -> Generator[bytes, None, None]:
        with closing(self.snapshot.copy_out(statement)) as found:
            for block in whole_lines(found):
                plain = plain_letters(block)
                yield self._changed(plain) if self.changes else plain

    def _changed(self, block: bytes) -> bytes:
        """With what the server can't write itself."""
        rows = []
        for line in load_text.lines(block):
            values = load_text.read(line)
            for number, change in self.changes.items():
                value = values[number]
                values[number] = None if value is None else change(value)
            rows.append(load_text.written(values))
        return b"".join(rows)


def plain_letters(block: bytes) -> bytes:
    r"""COPY's text without \f and \v, which stand for themselves in LOAD DATA."""
    if b"\\f" not in block and b"\\v" not in block:
        return block
    return LETTERS.sub(lambda found: PLAIN[found[1]] if found[1] else found[0], block)


def _fields(unit: TableUnit, found: dict[str, Source], writer: Any) -> list[Field]:
    gone = [column.source for column in unit.mapping.copied if column.source not in found]
    if gone:
        raise UsageError("COLUMN_MISSING", f"{unit.name} has no column {', '.join(gone)}.", "Plan the migration again.")
    fields = [field_of(column, found[column.source], writer.server.is_mariadb) for column in unit.mapping.copied]
    known = {item.name for item in fields}
    named = [*unit.mapping.key_columns, *(column.name for column in unit.key.columns)]
    missing = [name for name in dict.fromkeys(named) if name not in known and name in found]
    return fields + [key_field(name, found[name]) for name in missing]


def _relation(snapshot: PostgresqlSnapshot, schema: str, name: str) -> tuple[int, str]:
    """A table's object id, and ONLY where it has children whose rows are no rows of its own."""
    found = snapshot.query(
        "SELECT c.oid::int8, c.relkind FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n"
        " ON n.oid = c.relnamespace WHERE n.nspname = %s AND c.relname = %s",
        (schema, name),
    )
    if not found:
        raise UsageError("TABLE_MISSING", f"The source has no table {schema}.{name}.", "Plan the migration again.")
    oid, kind = found[0]
    return int(oid), "ONLY " if kind == "r" else ""
