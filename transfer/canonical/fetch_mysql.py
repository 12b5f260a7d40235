"""Columns of a MySQL table as they are read and rendered here, and as the server encodes them itself."""

from __future__ import annotations

from binascii import hexlify
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from engines.columns import Kind
from engines.mysql.quoting import quote_identifier
from engines.mysql.server import Server
from transfer.canonical.columns import ComparedColumn, Form, Role
from transfer.canonical.rendered import Rendered, rendered
from transfer.canonical.sql_mysql import Live, encoded_sql, raw_sql, text_sql
from transfer.canonical.values_sqlite import renderer

Render = Callable[[Sequence[Any]], Rendered]
# forms whose text is longer than the value, so that the server may not be able to say it: the value is read
HEXED = frozenset({
    (Form.BYTES, Kind.BINARY), (Form.BYTES, Kind.TEXT), (Form.BYTES, Kind.CHAR), (Form.GEOMETRY, Kind.GEOMETRY),
    (Form.NATIVE, Kind.BINARY), (Form.NATIVE, Kind.GEOMETRY),
})  # fmt: skip
NUMERIC = frozenset({Kind.INTEGER, Kind.YEAR, Kind.BIT})


@dataclass(frozen=True)
class Fetched:
    """A column of one side. select: SQL of what is read; render: makes canonical texts of it.

    encoded: SQL of the column as a part of an encoded row, or None where the server can't write its form. written: what
    is read is the canonical text already.
    """

    column: ComparedColumn
    select: str
    render: Render
    encoded: str | None
    written: bool = False


def fetched(column: ComparedColumn, role: Role, server: Server, live: Live | None) -> Fetched:
    """How a column is read; live: what the server says of it, None where it says nothing."""
    held = column.held(role)
    quoted = quote_identifier(held.name)
    text = text_sql(column, role, quoted, server, live)
    encoded = None
    if text is not None:
        joined = f"CAST({text} AS BINARY)" if live is not None and live.apart else text
        encoded = encoded_sql(column, joined, quoted, live is None or live.nullable)
    if text is None or (column.form, held.type.kind) in HEXED:
        return Fetched(column, raw_sql(column, role, quoted, live), _local(column, role), encoded)
    return Fetched(column, text, lambda values: rendered(column, values), encoded, True)


def _local(column: ComparedColumn, role: Role) -> Render:
    """What renders values here: as those of a SQLite column of their class (transfer/canonical/values_sqlite.py)."""
    held = column.held(role)
    kind = held.type.kind
    if column.form is Form.NATIVE or (column.form is Form.BYTES and kind in (Kind.BINARY, Kind.TEXT, Kind.CHAR)):
        return lambda values: rendered(column, [None if value is None else hexlify(value) for value in values])
    render = renderer(column, role)
    if kind in (Kind.BINARY, Kind.GEOMETRY):
        return render
    if kind in NUMERIC:
        return lambda values: render([None if value is None else int(value) for value in values])
    return lambda values: render([None if value is None else bytearray(value) for value in values])
