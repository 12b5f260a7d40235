"""Documents of a source that were set aside whole: while they are what they were, no table has rows of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, cast

from conversion.documents.mapping import CollectionMapping
from conversion.documents.relations_mapping import DocumentMapping
from transfer.canonical.columns import ComparedTable
from transfer.compare.model import TableComparison
from transfer.quarantined import Quarantined
from transfer.sides.side import Side

if TYPE_CHECKING:
    from transfer.sides.mongodb import MongodbSide


def unit_of(table: ComparedTable) -> str:
    """The name under which a migration keeps what it set aside of a table's rows."""
    documents = table.documents
    if isinstance(documents, CollectionMapping):
        return documents.source
    return documents.table if isinstance(documents, DocumentMapping) else table.source


def entries_of(table: ComparedTable, aside: Sequence[tuple[str, Quarantined]]) -> list[Quarantined]:
    """What was set aside that concerns the table, or the documents that its rows stand in."""
    name = unit_of(table)
    return [entry for unit, entry in aside if unit == name]


def leaving_out(table: ComparedTable, aside: Sequence[tuple[str, Quarantined]]) -> ComparedTable:
    """The table, of documents that became rows with those that were set aside."""
    if not isinstance(table.documents, CollectionMapping):
        return table
    found = [entry for entry in entries_of(table, aside) if entry.action == "row_withheld"]
    return table.model_copy(update={"withheld": {_digest(entry.original): entry.key for entry in found}})


def count_left_out(source: Side, table: ComparedTable, result: TableComparison) -> None:
    """Put the rows of documents that were set aside into a result that was made without them."""
    assert isinstance(table.documents, CollectionMapping)
    result.withheld = cast("MongodbSide", source).left_out(table)
    by_server = result.level == "counts" and table.target == table.documents.root.table
    if not by_server:
        result.rows_source = (result.rows_source or 0) + result.withheld
    if result.level == "counts":
        lacking = (result.rows_source or 0) - (result.rows_target or 0) - result.withheld
        result.missing, result.extra = max(0, lacking), max(0, -lacking)


def _digest(original: str) -> str:
    kept = json.loads(original)[""]
    return str(kept["sha256"]) if "sha256" in kept else sha256(bytes.fromhex(kept["hex"])).hexdigest()
