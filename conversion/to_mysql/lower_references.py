"""Foreign keys as InnoDB takes them: actions, the index each one needs, and the checks that it rules out."""

from __future__ import annotations

from conversion.names import for_mysql
from conversion.result import Conversion, omission
from conversion.to_mysql.limits import KEY_BYTES, key_bytes
from conversion.to_mysql.speaker import USED, Speaker
from engines.catalog import Column, ForeignKey, Index, IndexKey, Table

CHANGING = ("CASCADE", "SET NULL", "SET DEFAULT")


def fit_references(result: Conversion, direction: Speaker) -> None:
    """Foreign keys as InnoDB takes them, each with the index that it needs."""
    tables = {table.full_name: table for table in result.target.tables}
    sources = {mapping.target: mapping.source for mapping in result.tables}
    for table in result.target.tables:
        source = sources.get(table.full_name, table.full_name)
        for key in list(table.foreign_keys):
            parent = tables.get(key.referenced)
            if parent is not None and not _fits_key([parent.column(name) for name in key.referenced_columns]):
                table.foreign_keys.remove(key)
                reason = "what it refers to is too long for a key of InnoDB"
                result.omissions.append(omission(f"{source}.{key.name}", "foreign key", reason, ", ".join(key.columns)))
                continue
            _fit_actions(table, key, f"{source}.{key.name}", direction)
            _index_reference(table, key)
        _drop_changing_checks(table, source, result)


def _fits_key(columns: list[Column]) -> bool:
    sizes = [key_bytes(column) for column in columns]
    return None not in sizes and sum(size or 0 for size in sizes) <= KEY_BYTES


def _fit_actions(table: Table, key: ForeignKey, label: str, direction: Speaker) -> None:
    """InnoDB refuses to make a reference that would set a NOT NULL column to NULL."""
    missing = any(not table.column(name).nullable for name in key.columns)
    for action in ("on_update", "on_delete"):
        if getattr(key, action) == "SET NULL" and missing:
            setattr(key, action, "NO ACTION")
            direction.say(label, "InnoDB refuses SET NULL on a NOT NULL column: the parent's change is refused instead")


def _index_reference(table: Table, key: ForeignKey) -> None:
    """The index that the server would make by itself, under a name that is free."""
    lists = [item.columns for item in (*table.uniques, table.primary_key) if item is not None and not item.prefixes]
    lists += [_plain_keys(index) for index in table.indexes if index.method == "btree"]
    if any(names[: len(key.columns)] == key.columns for names in lists):
        return
    names = for_mysql()
    for taken in [*(index.name for index in table.indexes), *(item.name or "" for item in table.uniques)]:
        names.take("indexes", taken)
    name = names.take("indexes", key.name or "_".join(key.columns))
    key.name = name
    table.indexes.append(Index(name=name, keys=[IndexKey(column=column) for column in key.columns]))


def _plain_keys(index: Index) -> list[str]:
    """The columns that an index leads with whole and ascending."""
    found: list[str] = []
    for key in index.keys:
        if key.column is None or key.prefix or key.descending:
            break
        found.append(key.column)
    return found


def _drop_changing_checks(table: Table, source: str, result: Conversion) -> None:
    """https://dev.mysql.com/doc/refman/8.4/en/create-table-check-constraints.html, and MariaDB's error 1901."""
    changed = {
        name
        for key in table.foreign_keys
        if key.on_update in CHANGING or key.on_delete in CHANGING[1:]
        for name in key.columns
    }
    for check in list(table.checks):
        used = {name.replace("``", "`") for name in USED.findall(check.expression)} & changed
        if used:
            table.checks.remove(check)
            reason = (
                f"a foreign key changes {', '.join(sorted(used))} by itself, and MySQL allows no check on that then"
            )
            result.omissions.append(omission(f"{source}.{check.name}", "check", reason, check.expression))
