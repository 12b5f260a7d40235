"""A plan of the mover from what a conversion decided and the source's catalog."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from conversion.documents.mapping import CollectionMapping
from conversion.documents.relations_mapping import DocumentMapping
from conversion.mapping import Statement, TableMapping
from engines.catalog import Catalog
from transfer.cutting.keys import chunk_keys
from transfer.moveplan import MovePlan, SequenceSetting


def make_plan(
    migration: str,
    source: Catalog,
    target_engine: str,
    statements: Sequence[Statement],
    tables: Sequence[TableMapping] = (),
    documents: Sequence[CollectionMapping] = (),
    collections: Sequence[DocumentMapping] = (),
    renamed_collections: Mapping[str, str] | None = None,
    sequences: Sequence[SequenceSetting] = (),
    scattered: Iterable[str] = (),
    **settings: Any,
) -> MovePlan:
    """Everything that a conversion carries, with how its source is cut.

    source: the catalog that the conversion read. settings: fields of MovePlan (chunk_rows, chunk_bytes, parallel,
    unholdable, policies, quarantine_limit). scattered: see chunk_keys().
    """
    roots = [document.table for document in collections]
    return MovePlan(
        migration=migration,
        source_engine=source.engine,
        target_engine=target_engine,
        tables=list(tables),
        documents=list(documents),
        collections=list(collections),
        renamed_collections=dict(renamed_collections or {}),
        statements=list(statements),
        sequences=list(sequences),
        keys=chunk_keys(source, tables, roots, scattered),
        **settings,
    )
