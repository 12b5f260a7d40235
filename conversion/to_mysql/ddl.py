"""MySQL and MariaDB statements that make what a catalog describes, each with its way back.

The server commits with every DDL statement, so a script has no transaction to fall back on: each statement makes one
object that kind and object name, so that it can be looked for before it is run again. Indexes are one statement each
rather than one ALTER TABLE per table: a scan more per index, but one that fails or was interrupted is that one alone.
The primary key stands in CREATE TABLE, because InnoDB keeps the rows in its order (load in that order), and with it
the key that an AUTO_INCREMENT column needs. Checks stand there as well: adding one later copies the whole table.
AUTO_INCREMENT starts at 1 unless the table's options say otherwise: InnoDB goes on after the highest number loaded.
"""

from __future__ import annotations

from collections.abc import Iterator

from conversion.mapping import Statement
from conversion.order import dependency_order
from conversion.to_mysql.ddl_parts import (
    check_sql,
    column_sql,
    comment_sql,
    foreign_key_sql,
    index_sql,
    key_sql,
    names,
    partitioning_sql,
    sequence_sql,
    table_options_sql,
    versions_sql,
)
from conversion.to_mysql.flavour import Flavour
from engines.catalog import Catalog, Index, Key, Table, Trigger, View
from engines.mysql.quoting import quote_identifier

PRE, POST = "pre_data", "post_data"
SECURITY = ("DEFINER", "INVOKER")
ALGORITHMS = ("MERGE", "TEMPTABLE", "UNDEFINED")
CHECK_OPTIONS = ("LOCAL", "CASCADED")

__all__ = ["MysqlWriter", "comment_sql", "statements"]


def statements(catalog: Catalog) -> list[Statement]:
    """The statements that make what the catalog describes, in the order in which they run."""
    return MysqlWriter(catalog).statements()


class MysqlWriter:
    """Writes the statements of one catalog; tables are named without the database, which the connection has."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.flavour = Flavour.of(catalog.engine, catalog.version)

    def statements(self) -> list[Statement]:
        """Sequences and tables before the rows; indexes, references, stored code and views after them."""
        return [*self._before(), *self._after()]

    def _before(self) -> Iterator[Statement]:
        for sequence in self.catalog.sequences:
            if not sequence.identity:
                drop = f"DROP SEQUENCE {quote_identifier(sequence.name)}"
                yield _made("sequence", sequence.full_name, sequence_sql(sequence), drop, PRE)
        for table in self.ordered_tables():
            yield self.table(table)

    def _after(self) -> Iterator[Statement]:
        tables = self.ordered_tables()
        for table in tables:
            yield from self.keys(table)
        for table in tables:
            yield from self.foreign_keys(table)
        for routine in self.catalog.routines:
            name = f"{routine.kind.upper()} {quote_identifier(routine.name)}"
            yield _made("routine", routine.full_name, routine.definition, f"DROP {name}", POST)
        views = {view.full_name: view for view in self.catalog.views}
        order, cyclic = dependency_order({name: view.depends_on for name, view in views.items()})
        for name in [*order, *cyclic]:
            yield self.view(views[name])
        owners: list[Table | View] = [*tables, *self.catalog.views]
        for owner in owners:
            for trigger in sorted(owner.triggers, key=lambda item: (item.timing, item.events, item.order or 0)):
                yield self.trigger(owner, trigger)
        for event in self.catalog.events:
            drop = f"DROP EVENT {quote_identifier(event.name)}"
            yield _made("event", event.full_name, event.definition, drop, POST)

    def ordered_tables(self) -> list[Table]:
        """Tables by name, referenced ones before their children where possible."""
        by_name = {table.full_name: table for table in self.catalog.tables}
        needs = {name: [key.referenced for key in table.foreign_keys] for name, table in by_name.items()}
        order, cyclic = dependency_order(needs)
        return [by_name[name] for name in [*order, *cyclic]]

    def table(self, table: Table) -> Statement:
        """CREATE TABLE with columns, primary key, checks, the key of an AUTO_INCREMENT column, options, partitions."""
        parts = [column_sql(column, table, self.flavour) for column in table.columns]
        if table.primary_key is not None:
            parts.append(key_sql("PRIMARY KEY", table.primary_key))
        numbering = self._numbering_key(table)
        if isinstance(numbering, Key):
            parts.append(key_sql("UNIQUE KEY", numbering))
        elif numbering is not None:
            parts.append(index_sql(numbering, self.flavour, _in_memory(table)))
        parts += [check_sql(check) for check in table.checks]
        versioned = bool(table.options.get("system_versioned"))
        parts += versions_sql(table) if versioned else []
        name = quote_identifier(table.name)
        sql = f"CREATE TABLE {name} (\n    " + ",\n    ".join(parts) + "\n)" + table_options_sql(table)
        sql += " WITH SYSTEM VERSIONING" if versioned else ""
        if table.partitioning is not None and table.partitioning.strategy:
            sql += partitioning_sql(table.partitioning)
        return _made("table", table.full_name, sql, f"DROP TABLE {name}", PRE)

    def _numbering_key(self, table: Table) -> Key | Index | None:
        """The key that must stand in CREATE TABLE because an AUTO_INCREMENT column has to lead one."""
        column = next((column.name for column in table.columns if column.identity), None)
        if column is None or (table.primary_key is not None and table.primary_key.columns[0] == column):
            return None
        for key in table.uniques:
            if key.columns[0] == column:
                return key
        return next((index for index in table.indexes if index.keys[0].column == column), None)

    def keys(self, table: Table) -> Iterator[Statement]:
        """Unique constraints and indexes that CREATE TABLE doesn't hold."""
        owner, numbering = quote_identifier(table.name), self._numbering_key(table)
        for key in table.uniques:
            if key is not numbering:
                name = key.name or key.columns[0]
                add = f"ALTER TABLE {owner} ADD {key_sql('UNIQUE KEY', key)}"
                yield _part(table, "unique", name, add, f"ALTER TABLE {owner} DROP INDEX {quote_identifier(name)}")
        for index in table.indexes:
            if index is not numbering:
                yield self.index(table, index)

    def index(self, table: Table, index: Index) -> Statement:
        """ALTER TABLE ... ADD of an index."""
        owner = quote_identifier(table.name)
        add = f"ALTER TABLE {owner} ADD {index_sql(index, self.flavour, _in_memory(table))}"
        return _part(table, "index", index.name, add, f"ALTER TABLE {owner} DROP INDEX {quote_identifier(index.name)}")

    def foreign_keys(self, table: Table) -> Iterator[Statement]:
        """FOREIGN KEY constraints; the server makes an index over their columns where none leads with them."""
        owner = quote_identifier(table.name)
        for key in table.foreign_keys:
            name = quote_identifier(key.name or "_".join([table.name, *key.columns, "fkey"])[:64])
            add = f"ALTER TABLE {owner} ADD CONSTRAINT {name} {foreign_key_sql(key)}"
            yield _part(table, "fk", key.name or "", add, f"ALTER TABLE {owner} DROP FOREIGN KEY {name}")

    def view(self, view: View) -> Statement:
        """CREATE VIEW with its column names and options; who makes it is its definer."""
        name = quote_identifier(view.name)
        algorithm = view.options.get("algorithm", "").upper()
        security = view.options.get("security", "").upper()
        sql = "CREATE "
        sql += f"ALGORITHM={algorithm} " if algorithm in ALGORITHMS and algorithm != "UNDEFINED" else ""
        sql += f"SQL SECURITY {security} " if security in SECURITY and security != "DEFINER" else ""
        sql += f"VIEW {name}" + (f" ({names(view.columns)})" if view.columns else "") + f" AS\n{view.definition}"
        option = view.options.get("check_option", "").upper()
        sql += f"\nWITH {option} CHECK OPTION" if option in CHECK_OPTIONS else ""
        return _made("view", view.full_name, sql, f"DROP VIEW {name}", POST)

    def trigger(self, owner: Table | View, trigger: Trigger) -> Statement:
        """CREATE TRIGGER in its own words."""
        drop = f"DROP TRIGGER {quote_identifier(trigger.name)}"
        return _made("trigger", f"{owner.full_name}:{trigger.name}", trigger.definition, drop, POST)


def _in_memory(table: Table) -> bool:
    return table.options.get("engine", "").upper() in ("MEMORY", "HEAP")


def _part(table: Table, kind: str, name: str, sql: str, undo: str) -> Statement:
    return Statement(
        id=f"{kind}:{table.full_name}:{name}", sql=sql, undo=undo, object=f"{table.full_name}.{name}", kind=kind,
        stage=POST,
    )  # fmt: skip


def _made(kind: str, full_name: str, sql: str, undo: str, stage: str) -> Statement:
    return Statement(id=f"{kind}:{full_name}", sql=sql, undo=undo, object=full_name, kind=kind, stage=stage)
