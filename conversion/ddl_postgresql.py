"""PostgreSQL statements that make what a catalog describes, each with its way back."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from conversion.ddl_beyond_postgresql import beyond
from conversion.ddl_comments import comments
from conversion.ddl_order_postgresql import layout
from conversion.ddl_policies import row_security
from conversion.ddl_postgresql_parts import (
    check_sql,
    column_options_sql,
    column_sql,
    foreign_key_sql,
    index_sql,
    key_sql,
    sequence_sql,
)
from conversion.mapping import Statement
from conversion.order import dependency_order
from engines.catalog import Catalog, Index, Routine, Sequence, Table, Trigger, UserType, View
from engines.full_names import column_parts, parts, qualified
from engines.postgresql.quoting import quote_identifier, quote_name

PRE, POST = "pre_data", "post_data"


def statements(catalog: Catalog) -> list[Statement]:
    """The statements that make what the catalog describes, in the order in which they run."""
    return PostgresqlWriter(catalog).statements()


class PostgresqlWriter:
    """Writes the statements of one catalog; existing schemas are not made again."""

    def __init__(self, catalog: Catalog, existing_schemas: frozenset[str] = frozenset({"public"})) -> None:
        self.catalog = catalog
        self.existing = existing_schemas
        self.layout = layout(catalog, self.ordered_tables())

    def statements(self) -> list[Statement]:
        """All statements in the order in which they run: those before the rows, then those after."""
        return [*self._before(), *self._after()]

    def _before(self) -> Iterator[Statement]:
        for schema in self.catalog.schemas:
            if schema not in self.existing:
                name = quote_identifier(schema)
                yield _made("schema", schema, f"CREATE SCHEMA {name}", f"DROP SCHEMA {name}", PRE)
        for extension in self.catalog.extensions:
            name = quote_identifier(extension.name)
            sql = f"CREATE EXTENSION IF NOT EXISTS {name} WITH SCHEMA {quote_identifier(extension.schema_name)}"
            yield _made("extension", extension.name, sql, f"DROP EXTENSION IF EXISTS {name}", PRE)
        yield from beyond(self.catalog.unread, first=True)
        for sequence in self._free_sequences():
            name = quote_name(sequence.schema_name, sequence.name)
            yield _made("sequence", sequence.full_name, sequence_sql(sequence), f"DROP SEQUENCE {name}", PRE)
        for item in self.layout.before:
            if isinstance(item, Table):
                yield from self.table(item)
            else:
                yield definition(item, PRE)

    def _after(self) -> Iterator[Statement]:
        tables = self.ordered_tables()
        parts_first = sorted(tables, key=lambda table: table.kind == "partitioned")
        for table in parts_first:
            yield from self.keys(table)
        for item in self.layout.after:
            if isinstance(item, View):
                yield from self.view(item)
            else:
                yield definition(item, POST)
        for table in parts_first:
            for index in table.indexes:
                yield self.index(table, index)
        for table in tables:
            yield from self.checks(table)
        for table in tables:
            yield from self.foreign_keys(table)
        yield from comments(self.catalog)
        owners: list[Table | View] = [*tables, *self.catalog.views]
        for owner in owners:
            for trigger in owner.triggers:
                yield from self.trigger(owner, trigger)
        for table in tables:
            yield from row_security(table)
        yield from beyond(self.catalog.unread)

    @cached_property
    def _tables(self) -> dict[str, Table]:
        return {table.full_name: table for table in self.catalog.tables}

    @cached_property
    def _sequences(self) -> dict[str, Sequence]:
        return {sequence.full_name: sequence for sequence in self.catalog.sequences}

    @cached_property
    def _owned(self) -> dict[str, list[Sequence]]:
        """Sequences that a column owns, by the table's full name."""
        found: dict[str, list[Sequence]] = {}
        for sequence in self._free_sequences():
            if sequence.owned_by:
                found.setdefault(column_parts(sequence.owned_by)[0], []).append(sequence)
        return found

    def _free_sequences(self) -> list[Sequence]:
        return [sequence for sequence in self.catalog.sequences if not sequence.identity]

    def ordered_tables(self) -> list[Table]:
        """Tables so that parents come before parts and, where possible, referenced tables before their children."""
        by_name = self._tables
        needs: dict[str, list[str]] = {}
        for name, table in by_name.items():
            parent = table.partitioning.parent if table.partitioning else None
            needs[name] = [*table.inherits, *([parent] if parent else [])]
        hard, _ = dependency_order(needs)
        references = {
            name: [
                *needs[name],
                *(key.referenced for key in by_name[name].foreign_keys),
            ]
            for name in by_name
        }
        soft, cyclic = dependency_order(references)
        rest = sorted(cyclic, key=hard.index)
        return [by_name[name] for name in [*soft, *rest]]

    def table(self, table: Table) -> Iterator[Statement]:
        """CREATE TABLE with columns, defaults, generated columns and identity; parts are attached at once."""
        name = quote_name(table.schema_name, table.name)
        columns = ",\n    ".join(column_sql(column, self._sequences) for column in table.columns)
        sql = f"CREATE {'UNLOGGED ' if table.kind == 'unlogged' else ''}TABLE {name} (\n    {columns}\n)"
        if not table.columns:
            sql = f"CREATE TABLE {name} ()"
        if table.inherits:
            sql += " INHERITS (" + ", ".join(_qualified(parent) for parent in table.inherits) + ")"
        if table.kind == "partitioned" and table.partitioning:
            sql += f" PARTITION BY {table.partitioning.strategy} ({table.partitioning.key})"
        elif table.options:
            sql += " WITH (" + ", ".join(f"{key}={value}" for key, value in sorted(table.options.items())) + ")"
        yield _made("table", table.full_name, sql, f"DROP TABLE {name}", PRE)
        if options := column_options_sql(table):
            yield _made("column_options", table.full_name, options, "", PRE)
        if table.partitioning and table.partitioning.parent:
            parent = _qualified(table.partitioning.parent)
            attach = f"ALTER TABLE ONLY {parent} ATTACH PARTITION {name} {table.partitioning.bound}"
            yield _made("partition", table.full_name, attach, f"ALTER TABLE {parent} DETACH PARTITION {name}", PRE)
        for sequence in self._owned.get(table.full_name, ()):
            column = quote_identifier(column_parts(sequence.owned_by or "")[1])
            own = quote_name(sequence.schema_name, sequence.name)
            sql = f"ALTER SEQUENCE {own} OWNED BY {name}.{column}"
            yield _made("owned", sequence.full_name, sql, f"ALTER SEQUENCE {own} OWNED BY NONE", PRE)

    def keys(self, table: Table) -> Iterator[Statement]:
        """Primary key, unique constraints, exclusions."""
        if table.primary_key is not None and not self._from_parent(table):
            yield self._constraint(
                table, "pk", table.primary_key.name or "", key_sql("PRIMARY KEY", table.primary_key), True
            )
        for key in table.uniques:
            yield self._constraint(table, "unique", key.name or "", key_sql("UNIQUE", key))
        for exclusion in table.exclusions:
            yield self._constraint(table, "exclusion", exclusion.name, exclusion.definition)
        if table.replica_identity in ("FULL", "NOTHING"):
            name = quote_name(table.schema_name, table.name)
            sql = f"ALTER TABLE {name} REPLICA IDENTITY {table.replica_identity}"
            yield _made("replica_identity", table.full_name, sql, f"ALTER TABLE {name} REPLICA IDENTITY DEFAULT", POST)

    def _from_parent(self, table: Table) -> bool:
        """The primary key of a part is its parent's."""
        parent = table.partitioning.parent if table.partitioning else None
        found = self._tables.get(parent or "")
        return found is not None and found.primary_key is not None

    def _constraint(self, table: Table, kind: str, name: str, sql: str, whole: bool = False) -> Statement:
        owner = quote_name(table.schema_name, table.name)
        quoted = quote_identifier(name)
        identifier = table.full_name if whole else f"{table.full_name}:{name}"
        add = f"ALTER TABLE {owner} ADD CONSTRAINT {quoted} {sql}"
        return Statement(
            id=f"{kind}:{identifier}", sql=add, undo=f"ALTER TABLE {owner} DROP CONSTRAINT {quoted}",
            object=f"{table.full_name}.{name}", kind=kind, stage=POST,
        )  # fmt: skip

    def index(self, owner: Table | View, index: Index) -> Statement:
        """CREATE INDEX, in the server's own words where it has them."""
        undo = f"DROP INDEX {quote_name(owner.schema_name, index.name)}"
        return _made("index", qualified(owner.schema_name, index.name), index_sql(owner, index), undo, POST)

    def checks(self, table: Table) -> Iterator[Statement]:
        """CHECK constraints."""
        for check in table.checks:
            yield self._constraint(table, "check", check.name or "", check_sql(check))

    def foreign_keys(self, table: Table) -> Iterator[Statement]:
        """FOREIGN KEY constraints, NOT VALID where rows are known to break them."""
        for key in table.foreign_keys:
            yield self._constraint(table, "fk", key.name or "", foreign_key_sql(key))

    def view(self, view: View) -> Iterator[Statement]:
        """CREATE VIEW with its column names, and a materialized view's indexes; it is filled after the rows."""
        name = quote_name(view.schema_name, view.name)
        kind = "MATERIALIZED VIEW" if view.materialized else "VIEW"
        columns = ", ".join(quote_identifier(column) for column in view.columns)
        options = ", ".join(f"{key}={value}" for key, value in sorted(view.options.items()) if key != "check_option")
        sql = f"CREATE {kind} {name}" + (f" ({columns})" if columns else "")
        sql += (f" WITH ({options})" if options else "") + f" AS\n{view.definition}"
        if "check_option" in view.options:
            sql += f"\nWITH {view.options['check_option'].upper()} CHECK OPTION"
        yield _made("view", view.full_name, sql, f"DROP {kind} {name}", POST)
        for index in view.indexes:
            yield self.index(view, index)

    def trigger(self, owner: Table | View, trigger: Trigger) -> Iterator[Statement]:
        """CREATE TRIGGER in the server's own words."""
        name, table = quote_identifier(trigger.name), quote_name(owner.schema_name, owner.name)
        full_name = f"{owner.full_name}:{trigger.name}"
        yield _made("trigger", full_name, trigger.definition, f"DROP TRIGGER {name} ON {table}", POST)
        state = {"always": "ENABLE ALWAYS", "replica": "ENABLE REPLICA"}.get(trigger.options.get("fires", ""))
        if state is not None or not trigger.enabled:
            sql = f"ALTER TABLE {table} {state or 'DISABLE'} TRIGGER {name}"
            yield _made("trigger_state", full_name, sql, f"ALTER TABLE {table} ENABLE TRIGGER {name}", POST)


def _qualified(full_name: str) -> str:
    return quote_name(*parts(full_name))


def definition(item: UserType | Routine, stage: str) -> Statement:
    """A type or routine in the server's own words."""
    name = quote_name(item.schema_name, item.name)
    if isinstance(item, Routine):
        undo = f"DROP {item.kind.upper()} {name}({item.signature or ('*' if item.kind == 'aggregate' else '')})"
        return _made("routine", item.full_name, item.definition, undo, stage)
    undo = f"DROP {'DOMAIN' if item.kind == 'domain' else 'TYPE'} {name}"
    return _made("type", item.full_name, item.definition, undo, stage)


def _made(kind: str, full_name: str, sql: str, undo: str, stage: str) -> Statement:
    return Statement(id=f"{kind}:{full_name}", sql=sql, undo=undo, object=full_name, kind=kind, stage=stage)
