"""The catalog of a SQLite database: tables, views and triggers, and by name whatever can't be read."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any, NamedTuple

from engines.catalog import Catalog, Column, Table, Trigger, Unread, View
from engines.own_state import notes
from engines.sqlite.parse import names_in, parse_trigger, parse_view
from engines.sqlite.quoting import quote_identifier
from engines.sqlite.tables import SCHEMA, Listed, TableReader, fold, pragma
from engines.sqlite.types import logical_type

SETTINGS = (
    "page_size",
    "page_count",
    "journal_mode",
    "user_version",
    "application_id",
    "schema_version",
    "auto_vacuum",
    "foreign_keys",
    "encoding",
)
MAX_DBSTAT_BYTES = 8 * 2**30  # dbstat reads every page of the file; beyond this sizes per table stay unknown
RESERVED = "sqlite_"
SQLITE_ERROR = 1  # something in the schema, as against the file (https://www.sqlite.org/rescode.html)
NOTES = frozenset(notes("sqlite"))


class Stored(NamedTuple):
    """A row of sqlite_schema."""

    type: str
    name: str
    table: str
    sql: str


def read_catalog(connection: sqlite3.Connection, path: Path) -> Catalog:
    """Everything in schema main, on a connection of open_read_only(); rows are not counted.

    A table or view that SQLite can't make out (a missing module, a dropped column) is named in `unread`, and a
    view keeps its definition. sqlite3.Error where the file itself can't be read.
    """
    unread: list[Unread] = []
    stored = _stored(connection, unread)
    listed = _listed(connection, stored)
    sizes = _sizes(connection, stored, path)
    triggers = _triggers(stored)
    tables = _tables(connection, listed, unread)
    for table in tables:
        table.size_bytes = sizes.get(fold(table.name))
        table.triggers = triggers.pop(fold(table.name), [])
    named = {fold(name): name for name in (*NOTES, *(row.name for row in stored if row.type == "view"))}
    views = _views(connection, stored, {**listed, **named}, unread)
    for view in views:
        view.triggers = triggers.pop(fold(view.name), [])
    for left in triggers.values():
        unread.extend(Unread(part=f"trigger {t.name}", reason="its table could not be read") for t in left)
    settings = {name: _setting(connection, name) for name in SETTINGS}
    return Catalog(
        engine="sqlite",
        version=sqlite3.sqlite_version,
        database=path.name,
        encoding=settings["encoding"],
        size_bytes=path.stat().st_size,
        schemas=[SCHEMA],
        tables=tables,
        views=views,
        settings=settings,
        unread=unread,
    )


def _stored(connection: sqlite3.Connection, unread: list[Unread]) -> list[Stored]:
    """What the schema table holds, without SQLite's own; by name, so that VACUUM doesn't reorder it."""
    found = []
    for kind, name, table, sql in connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_schema"):
        if fold(name).startswith(RESERVED):
            continue
        if _printable(name) != name or _printable(table) != table:
            unread.append(Unread(part=f"{kind} {_printable(name)}", reason="its name is not valid UTF-8"))
            continue
        if table not in NOTES:
            found.append(Stored(kind, name, table, _printable(sql or "")))
    return sorted(found, key=lambda row: (row.name, row.type))


def _listed(connection: sqlite3.Connection, stored: list[Stored]) -> dict[str, Listed]:
    statements = {fold(row.name): row.sql for row in stored if row.type == "table"}
    found: dict[str, Listed] = {}
    for _, name, kind, _, without_rowid, strict in connection.execute("PRAGMA main.table_list"):
        if fold(name) in statements and kind != "view":
            found[fold(name)] = Listed(name, kind, bool(without_rowid), bool(strict), statements[fold(name)])
    return dict(sorted(found.items(), key=lambda item: item[1].name))


def _tables(connection: sqlite3.Connection, listed: dict[str, Listed], unread: list[Unread]) -> list[Table]:
    tables = []
    for table in listed.values():
        try:
            tables.append(TableReader(connection, table, listed).read())
        except sqlite3.Error as error:
            unread.append(_unread(f"table {table.name}", error))
    return tables


def _unread(part: str, error: sqlite3.Error) -> Unread:
    """The part and SQLite's reason; the error itself where it is the file and not the schema that is broken."""
    if getattr(error, "sqlite_errorcode", None) != SQLITE_ERROR:
        raise error
    return Unread(part=part, reason=str(error))


def _triggers(stored: list[Stored]) -> dict[str, list[Trigger]]:
    found: dict[str, list[Trigger]] = {}
    for row in stored:
        if row.type == "trigger":
            timing, events = parse_trigger(row.sql)
            trigger = Trigger(name=row.name, timing=timing, events=events, definition=row.sql)
            found.setdefault(fold(row.table), []).append(trigger)
    return found


def _views(
    connection: sqlite3.Connection, stored: list[Stored], known: dict[str, Any], unread: list[Unread]
) -> list[View]:
    views = []
    names = {key: value.name if isinstance(value, Listed) else str(value) for key, value in known.items()}
    view_names = {fold(row.name) for row in stored if row.type == "view"}
    for row in stored:
        if row.type != "view":
            continue
        definition, columns = parse_view(row.sql), list[Column]()
        try:
            columns = [_column(*column[:3]) for column in pragma(connection, "table_xinfo", row.name)]
            used = _read_by_view(connection, row.name, view_names)
        except sqlite3.Error as error:
            unread.append(_unread(f"view {row.name}", error))
            used = names_in(definition)
        depends_on = [f"{SCHEMA}.{names[name]}" for name in sorted(used) if name in names and name != fold(row.name)]
        names_of_columns = [column.name for column in columns]
        view = View(
            schema_name=SCHEMA, name=row.name, definition=definition, columns=names_of_columns, depends_on=depends_on
        )
        view.typed.extend(columns)
        views.append(view)
    return views


def _column(place: int, name: str, native: str) -> Column:
    """A column of a view: SQLite hands on the declared type of a table's column, and has none for an expression."""
    return Column(name=str(name), position=int(place) + 1, native=native or "", type=logical_type(native or ""))


def _read_by_view(connection: sqlite3.Connection, view: str, views: set[str]) -> set[str]:
    """Folded names of the tables and views that a view reads itself, as SQLite's compiler reports them.

    The authorizer is told which view or common table expression an access comes from; what comes from inside
    another view is that view's. An access without a column (count(*)) doesn't say, and is counted as this view's.
    """
    used: set[str] = set()

    def notice(action: int, table: str | None, _column: str | None, _schema: str | None, inside: str | None) -> int:
        elsewhere = inside is not None and fold(inside) in views - {fold(view)}
        if action == sqlite3.SQLITE_READ and table is not None and not elsewhere:
            used.add(fold(table))
        return sqlite3.SQLITE_OK

    connection.set_authorizer(notice)
    try:
        connection.execute(f"EXPLAIN SELECT * FROM {quote_identifier(view)}").close()
    finally:
        connection.set_authorizer(None)
    return used


def _sizes(connection: sqlite3.Connection, stored: list[Stored], path: Path) -> dict[str, int]:
    """Bytes per folded table name, indexes included; empty without dbstat or for a huge file."""
    built_in = connection.execute("SELECT sqlite_compileoption_used('ENABLE_DBSTAT_VTAB')").fetchone()[0]
    if not built_in or path.stat().st_size > MAX_DBSTAT_BYTES:
        return {}
    owner = {
        str(name): fold(str(table)) for name, table in connection.execute("SELECT name, tbl_name FROM sqlite_schema")
    }
    sizes: dict[str, int] = {}
    for name, size in connection.execute("SELECT name, pgsize FROM dbstat WHERE aggregate = TRUE"):
        if name in owner:
            sizes[owner[name]] = sizes.get(owner[name], 0) + int(size)
    return sizes


def _setting(connection: sqlite3.Connection, name: str) -> Any:
    row = connection.execute(f"PRAGMA main.{name}").fetchone()
    return row[0] if row else None


def _printable(text: str) -> str:
    """Text of the schema with bytes that aren't UTF-8 written as \\xNN."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
