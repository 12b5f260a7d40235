"""RENAME steps of PostgreSQL: tables, columns, constraints and indexes that differ in nothing but their name."""

from __future__ import annotations

from collections.abc import Iterator

from conversion.alter.changes import Changes
from conversion.alter.model import Step
from conversion.alter.pieces import Piece
from conversion.alter.postgresql.facts import lock
from engines.full_names import qualified
from engines.postgresql.quoting import quote_identifier, quote_name


def rename_steps(changes: Changes) -> Iterator[Step]:
    """Tables first, then their columns, then constraints and indexes, under the new names of their tables."""
    for pair in changes.pairs.values():
        if pair.before.full_name != pair.after.full_name:
            yield from _table(pair.before.schema_name, pair.before.name, pair.after.schema_name, pair.after.name)
    for pair in changes.pairs.values():
        owner = quote_name(pair.after.schema_name, pair.after.name)
        for before, seen in zip(pair.before.columns, pair.seen.columns, strict=True):
            if before.name != seen.name and any(column.name == seen.name for column in pair.after.columns):
                head = f"ALTER TABLE {owner} RENAME COLUMN"
                yield _step(f"{pair.full_name}.{seen.name}", "column", head, before.name, seen.name)
    for old, new in changes.renamed_parts:
        yield _part(old, new)


def _table(schema: str, name: str, new_schema: str, new_name: str) -> Iterator[Step]:
    full_name = qualified(new_schema, new_name)
    if schema != new_schema:
        sql = f"ALTER TABLE {quote_name(schema, name)} SET SCHEMA {quote_identifier(new_schema)}"
        undo = f"ALTER TABLE {quote_name(new_schema, name)} SET SCHEMA {quote_identifier(schema)}"
        yield Step(sql=sql, undo=[undo], object=full_name, kind="table", action="rename", lock=lock("rename"))
    if name != new_name:
        head, back = quote_name(new_schema, name), quote_name(new_schema, new_name)
        sql = f"ALTER TABLE {head} RENAME TO {quote_identifier(new_name)}"
        undo = f"ALTER TABLE {back} RENAME TO {quote_identifier(name)}"
        yield Step(sql=sql, undo=[undo], object=full_name, kind="table", action="rename", lock=lock("rename"))


def _part(old: Piece, new: Piece) -> Step:
    assert new.owner is not None
    if new.kind == "index":
        schema = new.owner.schema_name
        sql = f"ALTER INDEX {quote_name(schema, old.name)} RENAME TO {quote_identifier(new.name)}"
        undo = f"ALTER INDEX {quote_name(schema, new.name)} RENAME TO {quote_identifier(old.name)}"
        return Step(
            sql=sql,
            undo=[undo],
            object=qualified(schema, new.name),
            kind="index",
            action="rename",
            lock=lock("rename index"),
        )
    head = f"ALTER TABLE {quote_name(new.owner.schema_name, new.owner.name)} RENAME CONSTRAINT"
    return _step(f"{new.owner_key}.{new.name}", new.kind, head, old.name, new.name)


def _step(name: str, kind: str, head: str, before: str, after: str) -> Step:
    old, new = quote_identifier(before), quote_identifier(after)
    return Step(
        sql=f"{head} {old} TO {new}", undo=[f"{head} {new} TO {old}"], object=name, kind=kind, action="rename",
        lock=lock("rename"),
    )  # fmt: skip
