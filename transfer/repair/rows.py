"""Reads rows of a side by the keys of findings, with columns beyond the compared ones."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from engines.columns import Kind, LogicalType
from engines.errors import Aborted
from transfer.canonical.columns import ComparedColumn, ComparedTable, Form, Held
from transfer.canonical.encoding import Hashing, Texts, decode, encode
from transfer.canonical.tolerance import within
from transfer.sides.mongodb import MongodbSide
from transfer.sides.side import Side, Span

ByKey = dict[bytes, list["Row"]]
# stands for a document as a whole: its bytes come as the text beyond the compared columns
WHOLE = Held(name="", native="document", type=LogicalType(kind=Kind.OTHER))
DOCUMENT = ComparedColumn(name="document", form=Form.BSON, source=WHOLE, target=WHOLE)


@dataclass(frozen=True)
class Row:
    """Texts of the compared columns, and of those beyond them."""

    texts: Texts
    beyond: Texts


def read(
    side: Side, table: ComparedTable, beyond: Sequence[ComparedColumn], keys: Collection[bytes], hashing: Hashing
) -> ByKey:
    """Rows by key (without a key: by the row's hash); beyond: columns that are read too."""
    found: ByKey = {}
    if isinstance(side, MongodbSide) and beyond == [DOCUMENT]:
        for key, texts, raw in side.documents(table, keys):
            found.setdefault(key, []).append(Row(texts, [raw]))
        return found
    width = len(table.columns)
    if table.key or not beyond:
        wide = table.model_copy(update={"columns": [*table.columns, *beyond]})
        for key, texts in side.rows(wide, Span(), keys, hashing):
            found.setdefault(key, []).append(Row(texts[:width], texts[width:]))
        return found
    return _without_key(side, table, beyond, keys, hashing)


def _without_key(
    side: Side, table: ComparedTable, beyond: Sequence[ComparedColumn], keys: Collection[bytes], hashing: Hashing
) -> ByKey:
    """By reading the whole table: a row's hash is over the compared columns only."""
    if any(column.digits is not None for column in table.columns):
        raise Aborted(
            "REPAIR_WITHOUT_KEY",
            f"{table.name} has no key, and its two sides hold different digits of a column.",
            "Give the table a key on both sides, or copy it again whole.",
            table=table.name,
        )
    wanted = {encode(table.columns, texts): key for key, texts in side.rows(table, Span(), keys, hashing)}
    found: ByKey = {}
    wide = table.model_copy(update={"columns": [*table.columns, *beyond]})
    for batch in side.stream(wide, Span()) if wanted else ():
        for _, encoded in batch:
            texts = decode(wide.columns, encoded)
            row = Row(texts[: len(table.columns)], texts[len(table.columns) :])
            key = wanted.get(encode(table.columns, row.texts))
            if key is not None:
                found.setdefault(key, []).append(row)
    return found


def state(table: ComparedTable, rows: Sequence[Row]) -> bytes:
    """A digest of what a side holds for a key; of nothing where it holds nothing."""
    return hashlib.sha256(b"\n".join(sorted(encode(table.columns, row.texts) for row in rows))).digest()


def differing(table: ComparedTable, here: Texts, there: Texts) -> set[str]:
    """Names of the columns in which two rows differ."""
    triples = zip(table.columns, here, there, strict=True)
    return {column.name for column, a, b in triples if not within(column, a, b)}
