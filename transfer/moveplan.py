"""What is to be moved, as plain data: the part of a plan that the mover and the validator need."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from conversion.documents.mapping import CollectionMapping
from conversion.documents.relations_mapping import DocumentMapping
from conversion.mapping import Statement, TableMapping
from engines.columns import Kind
from engines.model import Model

# convert: what docs/quarantine.md says is stored instead, written down; quarantine: NULL (or the row withheld), written
# down; stop: the copy ends with the row's key.
Policy = Literal["convert", "quarantine", "stop"]
# Kinds of values that a target may not hold.
Unholdable = Literal[
    "nul_in_text",  # U+0000 in a text of PostgreSQL
    "invalid_encoding",  # text that is not valid in its encoding
    "zero_date",  # 0000-00-00
    "partial_date",  # a month or day of 0
    "time_range",  # a time of a day or more, or below zero
    "date_range",  # a year or moment that the target's type doesn't have, infinity
    "not_finite",  # NaN or infinity in a number
    "out_of_range",  # a number beyond the type, or with more digits than it keeps
    "not_boolean",  # neither 0 nor 1
    "too_long",  # longer than the type
    "wrong_class",  # another class of value than the column's (SQLite, MongoDB)
    "malformed",  # not in the form that the type asks for: JSON, UUID, a label of an enum, a network address
    "wide_row",  # a row larger than the mover or the target takes
]
DEFAULT_POLICIES: dict[Unholdable, Policy] = {
    "nul_in_text": "convert",
    "invalid_encoding": "convert",
    "zero_date": "quarantine",
    "partial_date": "quarantine",
    "time_range": "quarantine",
    "date_range": "quarantine",
    "not_finite": "quarantine",
    "out_of_range": "quarantine",
    "not_boolean": "quarantine",
    "too_long": "quarantine",
    "wrong_class": "quarantine",
    "malformed": "quarantine",
    "wide_row": "quarantine",
}


class SequenceSetting(Model):
    """A sequence or identity column of the target and where its next value comes from.

    source: `schema.sequence` on PostgreSQL, `table.column` on SQLite.
    """

    target_table: str | None = None
    target_column: str | None = None
    target_sequence: str | None = None
    source: str


class KeyColumn(Model):
    """A column of the key by which a source table is cut; native and kind as the source's catalog has them."""

    name: str
    native: str
    kind: Kind


class ChunkKey(Model):
    """How a table is cut: by the columns of a key without NULLs, by SQLite's rowid, by PostgreSQL's pages, or not."""

    kind: Literal["columns", "rowid", "ctid", "whole"] = "whole"
    columns: list[KeyColumn] = Field(default_factory=list)


class MovePlan(Model):
    """Tables, statements in order, sequences, and how to go about it.

    documents: collections of a MongoDB source that become tables; collections: tables that become documents;
    renamed_collections: source `database.collection` -> collection of a MongoDB target, from MongoDB. keys: how each
    source table is cut. chunk_rows, chunk_bytes: most of both in one chunk; range_seconds: chunks that
    follow each other are committed together for about that long (0: each by itself); parallel: connections that copy;
    unholdable: what becomes of a value that the target can't hold where policies don't say; quarantine_limit: rows and
    values set aside before the copy stops.
    """

    migration: str
    plan_hash: str = ""
    source_engine: str
    target_engine: str
    tables: list[TableMapping]
    documents: list[CollectionMapping] = Field(default_factory=list)
    collections: list[DocumentMapping] = Field(default_factory=list)
    renamed_collections: dict[str, str] = Field(default_factory=dict)
    statements: list[Statement]
    sequences: list[SequenceSetting] = Field(default_factory=list)
    keys: dict[str, ChunkKey] = Field(default_factory=dict)
    chunk_rows: int = 100_000
    chunk_bytes: int = 32_000_000
    range_seconds: float = 1.5
    parallel: int = 1
    unholdable: Literal["quarantine", "stop"] = "quarantine"
    policies: dict[Unholdable, Policy] = Field(default_factory=dict)
    quarantine_limit: int = 10_000

    def policy(self) -> dict[Unholdable, Policy]:
        """The policy of every kind: as asked for, `stop` for all others where unholdable says so, else the default."""
        rest: dict[Unholdable, Policy] = dict.fromkeys(DEFAULT_POLICIES, "stop")
        return {**(rest if self.unholdable == "stop" else DEFAULT_POLICIES), **self.policies}

    def key_of(self, table: str) -> ChunkKey:
        """How a table is cut; a plan without keys says it by the table's source_key."""
        if table in self.keys:
            return self.keys[table]
        named = next((found.source_key for found in self.tables if found.source == table), "")
        if named in ("rowid", "ctid"):
            return ChunkKey(kind="rowid" if named == "rowid" else "ctid")
        if not named:
            return ChunkKey()
        return ChunkKey(kind="columns", columns=[KeyColumn(name=named, native="", kind=Kind.INTEGER)])
