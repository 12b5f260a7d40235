"""COMMENT ON statements for every object of a PostgreSQL catalog that has one."""

from __future__ import annotations

from collections.abc import Iterator

from conversion.mapping import Statement
from engines.catalog import Catalog, Check, ForeignKey, Key, Table, View
from engines.full_names import qualified
from engines.postgresql.quoting import quote_identifier, quote_literal, quote_name

Commented = tuple[str, str, str | None]  # what COMMENT ON names, full name, comment


def comments(catalog: Catalog) -> Iterator[Statement]:
    """The statements, after everything they name exists."""
    for target, full_name, comment in (*_tables(catalog), *_views(catalog), *_parts(catalog), *_others(catalog)):
        if comment is not None:
            yield Statement(
                id=f"comment:{target}",
                sql=f"COMMENT ON {target} IS {quote_literal(comment)}",
                undo=f"COMMENT ON {target} IS NULL",
                object=full_name,
                kind="comment",
                stage="post_data",
            )


def _tables(catalog: Catalog) -> Iterator[Commented]:
    for table in catalog.tables:
        name = quote_name(table.schema_name, table.name)
        yield f"TABLE {name}", table.full_name, table.comment
        for column in table.columns:
            yield f"COLUMN {name}.{quote_identifier(column.name)}", f"{table.full_name}.{column.name}", column.comment
        parts: list[Key | ForeignKey | Check] = [table.primary_key] if table.primary_key else []
        parts += [*table.uniques, *table.foreign_keys, *table.checks]
        for part in parts:
            if part.name:
                target = f"CONSTRAINT {quote_identifier(part.name)} ON {name}"
                yield target, f"{table.full_name}.{part.name}", part.comment


def _views(catalog: Catalog) -> Iterator[Commented]:
    for view in catalog.views:
        kind = "MATERIALIZED VIEW" if view.materialized else "VIEW"
        yield f"{kind} {quote_name(view.schema_name, view.name)}", view.full_name, view.comment


def _parts(catalog: Catalog) -> Iterator[Commented]:
    owners: list[Table | View] = [*catalog.tables, *catalog.views]
    for owner in owners:
        for index in owner.indexes:
            yield (
                f"INDEX {quote_name(owner.schema_name, index.name)}",
                qualified(owner.schema_name, index.name),
                index.comment,
            )
        for trigger in owner.triggers:
            target = f"TRIGGER {quote_identifier(trigger.name)} ON {quote_name(owner.schema_name, owner.name)}"
            yield target, f"{owner.full_name}.{trigger.name}", trigger.comment


def _others(catalog: Catalog) -> Iterator[Commented]:
    for sequence in catalog.sequences:
        yield f"SEQUENCE {quote_name(sequence.schema_name, sequence.name)}", sequence.full_name, sequence.comment
    for item in catalog.types:
        word = "DOMAIN" if item.kind == "domain" else "TYPE"
        yield f"{word} {quote_name(item.schema_name, item.name)}", item.full_name, item.comment
    for routine in catalog.routines:
        signature = routine.signature or ("*" if routine.kind == "aggregate" else "")
        target = f"{routine.kind.upper()} {quote_name(routine.schema_name, routine.name)}({signature})"
        yield target, routine.full_name, routine.comment
