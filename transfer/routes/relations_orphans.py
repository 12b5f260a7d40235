"""Rows of embedded tables whose parent isn't there: no document would hold them, no page of rows would read them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from conversion.documents.relations_mapping import DocumentMapping, EmbeddedMapping
from engines.errors import Aborted
from transfer.routes.relations_readers import Source

ORPHAN = "SELECT 1 FROM {child} AS c WHERE NOT EXISTS (SELECT 1 FROM {parent} AS p WHERE {links}) LIMIT 1"


def check_parents(source: Source, mapping: DocumentMapping) -> None:
    """Look for them by the very join that pages are read with; Aborted ROWS_LEFT_OVER where there is one.

    Tables hold such rows in spite of a foreign key where they were written while nobody looked at it
    (session_replication_role, disabled triggers, foreign_key_checks, PRAGMA foreign_keys), after the plan as well.
    """
    for parent, found in _every(mapping.table, mapping.embedded):
        links = " AND ".join(f"c.{source.quoted(here)} = p.{source.quoted(there)}" for here, there in found.links)
        sql = ORPHAN.format(child=source.table(found.table), parent=source.table(parent), links=links)
        if list(source.rows(sql)):
            raise left_over(f"Rows of {found.table} refer to rows that {parent} doesn't have: no document holds them.")


def left_over(what: str) -> Aborted:
    """The error for rows that have no place in a document."""
    return Aborted(
        "ROWS_LEFT_OVER",
        what,
        "Ask for `reference` in overrides.relations for that foreign key, and plan again.",
    )


def _every(parent: str, embedded: Sequence[EmbeddedMapping]) -> Iterator[tuple[str, EmbeddedMapping]]:
    for found in embedded:
        yield parent, found
        yield from _every(found.table, found.embedded)
