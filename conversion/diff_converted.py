"""Tables without what another mover may write otherwise and mean the same: only for catalogs that were converted."""

from __future__ import annotations

from engines.catalog import ForeignKey, Index, Key, Table

# Where no constraint is deferred they differ in nothing that a row shows.
SAME_ACTION = {"RESTRICT": "NO ACTION"}


def plain_parts(table: Table) -> Table:
    """The table with plain actions of its references, and keys that don't repeat the collation of their columns."""
    own = {column.name: _folded(column.collation) for column in table.columns}
    return table.model_copy(
        update={
            "foreign_keys": [_reference(key) for key in table.foreign_keys],
            "indexes": [_index(index, own) for index in table.indexes],
            "uniques": [_key(key, own) for key in table.uniques],
            "primary_key": table.primary_key and _key(table.primary_key, own),
        }
    )


def _reference(key: ForeignKey) -> ForeignKey:
    actions = {name: getattr(key, name).upper() for name in ("on_update", "on_delete")}
    return key.model_copy(update={name: SAME_ACTION.get(action, action) for name, action in actions.items()})


def _index(index: Index, own: dict[str, str | None]) -> Index:
    keys = [
        key.model_copy(update={"collation": None})
        if key.column is not None and _folded(key.collation) == own.get(key.column)
        else key
        for key in index.keys
    ]
    return index.model_copy(update={"keys": keys})


def _key(key: Key, own: dict[str, str | None]) -> Key:
    pairs = zip(key.columns, key.collations, strict=False)
    return key.model_copy(
        update={"collations": [None if _folded(name) == own.get(column) else name for column, name in pairs]}
    )


def _folded(collation: str | None) -> str | None:
    return None if collation is None or collation.upper() == "BINARY" else collation.upper()
