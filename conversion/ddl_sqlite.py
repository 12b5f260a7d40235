"""SQLite statements that make what a catalog describes; constraints stand inside CREATE TABLE."""

from __future__ import annotations

from collections.abc import Iterator

from conversion.mapping import Statement
from conversion.order import dependency_order
from engines.catalog import Catalog, Column, ForeignKey, Index, IndexKey, Key, Table, View
from engines.sqlite.quoting import quote_identifier

PRE, POST = "pre_data", "post_data"


def statements(catalog: Catalog) -> list[Statement]:
    """The statements that make what the catalog describes, in the order in which they run."""
    return SqliteWriter(catalog).statements()


class SqliteWriter:
    """Writes the statements of one catalog."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog

    def statements(self) -> list[Statement]:
        """Tables before the rows; indexes, views and triggers after them."""
        return [*self._tables(), *self._after()]

    def _tables(self) -> Iterator[Statement]:
        by_name = {table.full_name: table for table in self.catalog.tables}
        needs = {
            name: [f"main.{key.referenced_table}" for key in table.foreign_keys] for name, table in by_name.items()
        }
        order, cyclic = dependency_order(needs)
        for name in [*order, *cyclic]:
            table = by_name[name]
            sql = table.definition or table_sql(table)
            yield _made("table", name, sql, f"DROP TABLE {quote_identifier(table.name)}", PRE)

    def _after(self) -> Iterator[Statement]:
        for table in self.catalog.tables:
            for index in table.indexes:
                drop = f"DROP INDEX {quote_identifier(index.name)}"
                yield _made("index", f"main.{index.name}", index.definition or index_sql(table, index), drop, POST)
        by_name = {view.full_name: view for view in self.catalog.views}
        order, cyclic = dependency_order({name: view.depends_on for name, view in by_name.items()})
        for name in [*order, *cyclic]:
            view = by_name[name]
            yield _made("view", name, view_sql(view), f"DROP VIEW {quote_identifier(view.name)}", POST)
        owners: list[Table | View] = [*self.catalog.tables, *self.catalog.views]
        for owner in owners:
            for trigger in owner.triggers:
                drop = f"DROP TRIGGER {quote_identifier(trigger.name)}"
                yield _made("trigger", f"{owner.full_name}:{trigger.name}", trigger.definition, drop, POST)


def names(columns: list[str]) -> str:
    """Quoted names with commas."""
    return ", ".join(quote_identifier(name) for name in columns)


def table_sql(table: Table) -> str:
    """CREATE TABLE with columns and constraints."""
    rowid = next((column.name for column in table.columns if column.identity), None)
    parts = [column_sql(column, column.name == rowid) for column in table.columns]
    if table.primary_key is not None and rowid is None:
        parts.append(_key("PRIMARY KEY", table.primary_key))
    parts += [_key("UNIQUE", key) for key in table.uniques]
    parts += [_named(check.name) + f"CHECK ({check.expression})" for check in table.checks]
    parts += [_reference(key) for key in table.foreign_keys]
    options = ["STRICT"] if table.options.get("strict") else []
    options += ["WITHOUT ROWID"] if table.options.get("without_rowid") else []
    body = ",\n    ".join(parts)
    return f"CREATE TABLE {quote_identifier(table.name)} (\n    {body}\n)" + (
        " " + ", ".join(options) if options else ""
    )


def column_sql(column: Column, rowid: bool) -> str:
    """A column of CREATE TABLE or ADD COLUMN; rowid: it is the INTEGER PRIMARY KEY."""
    sql = f"{quote_identifier(column.name)} {column.native}".rstrip()
    if rowid:
        strict = " AUTOINCREMENT" if column.identity and column.identity.strict else ""
        return sql + " PRIMARY KEY" + strict
    if column.collation and column.collation.upper() != "BINARY":
        sql += f" COLLATE {quote_identifier(column.collation)}"
    if not column.nullable:
        sql += " NOT NULL"
    if column.generated is not None:
        storage = "STORED" if column.generated.stored else "VIRTUAL"
        return f"{sql} GENERATED ALWAYS AS ({column.generated.expression}) {storage}"
    return sql + (f" DEFAULT {column.default}" if column.default is not None else "")


def _named(name: str | None) -> str:
    return f"CONSTRAINT {quote_identifier(name)} " if name else ""


def _key(kind: str, key: Key) -> str:
    return f"{_named(key.name)}{kind} ({names(key.columns)})"


def _reference(key: ForeignKey) -> str:
    sql = f"{_named(key.name)}FOREIGN KEY ({names(key.columns)}) REFERENCES {quote_identifier(key.referenced_table)}"
    sql += f" ({names(key.referenced_columns)})"
    if key.on_update != "NO ACTION":
        sql += f" ON UPDATE {key.on_update}"
    if key.on_delete != "NO ACTION":
        sql += f" ON DELETE {key.on_delete}"
    if key.deferrable:
        sql += " DEFERRABLE INITIALLY " + ("DEFERRED" if key.initially_deferred else "IMMEDIATE")
    return sql


def index_sql(table: Table, index: Index) -> str:
    """CREATE INDEX with keys, collations, direction and condition."""
    keys = ", ".join(_index_key(key) for key in index.keys)
    unique = "UNIQUE " if index.unique else ""
    sql = f"CREATE {unique}INDEX {quote_identifier(index.name)} ON {quote_identifier(table.name)} ({keys})"
    return sql + (f" WHERE {index.predicate}" if index.predicate else "")


def _index_key(key: IndexKey) -> str:
    sql = quote_identifier(key.column) if key.column is not None else f"({key.expression})"
    if key.collation:
        sql += f" COLLATE {key.collation}"
    return sql + (" DESC" if key.descending else "")


def view_sql(view: View) -> str:
    """CREATE VIEW with its column names."""
    columns = f" ({names(view.columns)})" if view.columns else ""
    return f"CREATE VIEW {quote_identifier(view.name)}{columns} AS\n{view.definition}"


def _made(kind: str, full_name: str, sql: str, undo: str, stage: str) -> Statement:
    return Statement(id=f"{kind}:{full_name}", sql=sql, undo=undo, object=full_name, kind=kind, stage=stage)
