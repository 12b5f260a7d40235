"""Blocks (transfer/sides/blocks.py) and sums of hashes by PostgreSQL's SQL: one row per span comes back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from engines.columns import Kind
from engines.postgresql.quoting import quote_literal
from transfer.canonical.columns import ComparedColumn, ComparedTable, Form
from transfer.canonical.encoding import HALF, Digest
from transfer.sides.blocks import Block, Layout
from transfer.sides.postgresql_queries import Queries, Relation
from transfer.sides.side import Span

Ask = Callable[[str], Sequence[tuple[Any, ...]]]
JOIN = " || ',' || "
SINCE = 140000  # rtrim() of bytea
BLANK = "'\\x20'::bytea"
# a column's text as bytes: rtrim of bytes takes a tenth of the time that rtrim of text takes
PADDED = f"pg_catalog.rtrim(pg_catalog.bpcharsend({{c}}), {BLANK})"
NULL = "'\\xff'::bytea"


def block_of(ask: Ask, queries: Queries, relation: Relation, table: ComparedTable, span: Span, key: str) -> Block:
    """The block of a span; only where readable() says so."""
    layout = Layout.of(table.columns)
    reads, digests = [], []
    keyed = f"{quote_literal(key)}"
    if layout.delimited:
        texts = [_delimited(queries, table.columns[place]) for place in layout.delimited]
        reads.append(f"{JOIN.join(texts)} AS d")
        digests.append(f"pg_catalog.md5({keyed} || pg_catalog.string_agg(d, ','))")
    for number, place in enumerate(layout.texts):
        reads.append(f"{_bytes(queries, table.columns[place])} AS t{number}")
        stream = f"pg_catalog.string_agg(t{number}, '\\x00'::bytea)"
        digests.append(f"pg_catalog.md5({keyed}::bytea || {stream})")
    [order] = table.key_columns
    inner = (
        f"SELECT {', '.join(reads)} FROM {relation.source}{queries.where(table, span)} ORDER BY {queries.quoted(order)}"
    )
    [(rows, *found)] = ask(f"SELECT count(*), {', '.join(digests)} FROM ({inner}) AS ordered")
    if not rows:
        return Block(0, ())
    return Block(int(rows), tuple(bytes.fromhex(digest) for digest in found))


def readable(queries: Queries, table: ComparedTable) -> bool:
    """Whether this server's SQL makes every canonical text, in UTF-8."""
    return (
        queries.version >= SINCE
        and queries.encoding == "UTF8"
        and all(queries.reading(column).here is None for column in table.columns)
    )


def extended_sum(ask: Ask, behind: str, halves: tuple[str, str], broken: str | None) -> Digest | None:
    """Sums of both halves over all rows of a FROM and WHERE; None if a row is broken: it has no hash."""
    high, low = halves
    wrong_sql = f"pg_catalog.bool_or({broken})" if broken else "false"
    [(rows, wrong, highs, lows)] = ask(
        f"SELECT count(*), {wrong_sql}, coalesce(sum({high}), 0), coalesce(sum({low}), 0) {behind}"
    )
    return None if wrong else Digest(int(rows), int(highs) % HALF, int(lows) % HALF)


def _delimited(queries: Queries, column: ComparedColumn) -> str:
    text = queries.reading(column).sql
    # NULL that the catalog doesn't know of makes the row's text NULL: one text less than rows, equal to nothing
    return f"coalesce({text}, 'n')" if column.held(queries.role).nullable else text


def _bytes(queries: Queries, column: ComparedColumn) -> str:
    held = column.held(queries.role)
    if column.form is Form.CHAR and held.type.kind is Kind.CHAR and held.native.startswith(("character(", "bpchar")):
        text = PADDED.replace("{c}", queries.quoted(column))
    else:
        text = f"pg_catalog.textsend({queries.reading(column).sql})"
    return f"coalesce({text}, {NULL})" if held.nullable else text
