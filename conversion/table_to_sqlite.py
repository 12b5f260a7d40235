"""A PostgreSQL table as SQLite table: columns, keys, references, checks, indexes."""

from __future__ import annotations

import re

from conversion.ddl_policies import policy_sql
from conversion.draft import Draft
from conversion.mapping import ColumnMapping, TableMapping
from conversion.postgresql_to_postgresql import integer_key, row_key
from conversion.rewrite_postgresql import constant, scalar
from conversion.shapes import ColumnShape, TableShape, Untranslatable, column_keys
from conversion.types_postgresql_sqlite import choose
from engines.catalog import (
    Check,
    Column,
    ForeignKey,
    Generated,
    Identity,
    Index,
    IndexKey,
    Key,
    Kind,
    LogicalType,
    Table,
)
from engines.full_names import column_name
from engines.sqlite.quoting import quote_identifier, quote_literal

KINDS = {"INTEGER": Kind.INTEGER, "REAL": Kind.FLOAT, "BOOLEAN": Kind.BOOLEAN, "TEXT": Kind.TEXT, "BLOB": Kind.BINARY}
MONEY = re.compile(r"::money\b")  # its text has a sign of currency, and means what lc_monetary says
SEQUENCE_OF_DEFAULT = re.compile(r"nextval\('([^']+)'::regclass\)", re.IGNORECASE)
NO_USERS = "SQLite has no users, so no row-level security"
NOT_ENFORCED = "it is NOT ENFORCED: rows may break it, and SQLite checks every row or none"
# What a column's values may be used for in expressions: text that sorts like the value keeps its kind.
KEPT = {Kind.INTEGER, Kind.FLOAT, Kind.TEXT, Kind.BOOLEAN, Kind.UUID, Kind.DATE, Kind.BINARY, Kind.ENUM, Kind.TIMESTAMP}


class SqliteTable:
    """Converts one table in two steps: columns first, constraints when all tables are known."""

    def __init__(self, draft: Draft, table: Table) -> None:
        self.draft = draft
        self.table = table
        wanted = table.name if table.schema_name == "public" else f"{table.schema_name}_{table.name}"
        self.name = draft.table_name(table.full_name, wanted)
        self.target = Table(schema_name="main", name=self.name, columns=[])
        self.names: dict[str, str] = {}
        self.shape = TableShape("", self.name, {})

    def columns(self) -> None:
        """Columns, mapping and shape."""
        rowid = self._numbered()
        mappings = []
        keys = column_keys(column.name for column in self.table.columns)
        for column in self.table.columns:
            full_name = f"{self.table.full_name}.{column.name}"
            self.names[column.name] = self.draft.namer.take_recorded(
                f"columns:{self.table.full_name}", column.name, full_name
            )
            kind = column.type.kind if column.type.kind in KEPT and not column.type.with_zone else Kind.DYNAMIC
            self.shape.columns[keys[column.name]] = ColumnShape(self.names[column.name], kind)
        for column in self.table.columns:
            mappings.append(self._column(column, rowid))
        self.draft.target.tables.append(self.target)
        self.draft.table_shapes[self.table.full_name] = self.shape
        self.draft.shapes.add(self.table.full_name, self.shape)
        if self.table.schema_name == "public":
            self.draft.shapes.add(self.table.name, self.shape)
        single = integer_key(self.table)
        self.draft.tables.append(
            TableMapping(
                source=self.table.full_name,
                target=self.target.full_name,
                columns=mappings,
                key=[self.names[name] for name in row_key(self.table)],
                source_key=single or "ctid",
                range_column=self.names[single] if single else None,
                rows=self.table.rows,
                size_bytes=self.table.size_bytes,
            )
        )

    def _numbered(self) -> str | None:
        """The single integer key that PostgreSQL numbers itself, which becomes INTEGER PRIMARY KEY."""
        name = integer_key(self.table)
        if name is None:
            return None
        column = self.table.column(name)
        serial = column.default is not None and column.default.lower().startswith("nextval(")
        if column.identity is None and not serial:
            return None
        self.draft.numbered.add(column_name(self.table.full_name, name))
        used = SEQUENCE_OF_DEFAULT.search(column.default or "")
        if used:
            self.draft.numbered.add(used[1].replace('"', ""))
        return name

    def _column(self, column: Column, rowid: str | None) -> ColumnMapping:
        choice = choose(column)
        target = Column(
            name=self.names[column.name],
            position=len(self.target.columns) + 1,
            native=choice.native,
            type=LogicalType(kind=KINDS[choice.native], bits=64 if choice.native in ("INTEGER", "REAL") else None),
            nullable=column.nullable,
        )
        if column.name == rowid:
            following = column.identity.next_value if column.identity else None
            target.identity = Identity(strict=True, next_value=following)
            target.nullable = False
        elif choice.native == "INTEGER" and column.name == integer_key(self.table):
            target.identity = Identity()
            target.nullable = False
        elif column.generated is not None:
            self._generated(target, column)
        elif column.default is not None:
            target.default = self._default(column)
        if column.comment:
            self.draft.note(f"{self.table.full_name}.{column.name}", "SQLite keeps no comments")
        self.target.columns.append(target)
        return ColumnMapping(
            source=column.name,
            target=target.name,
            source_type=column.native,
            target_type=choice.native,
            route=choice.route,
            reason=choice.reason,
            alternatives=list(choice.alternatives),
            copied=target.generated is None,
            nullable=target.nullable,
        )

    def _generated(self, target: Column, column: Column) -> None:
        expression = column.generated.expression if column.generated else ""
        try:
            if column.type.kind not in (Kind.INTEGER, Kind.TEXT, Kind.BOOLEAN):
                raise Untranslatable(f"a {column.type.kind.value} value is computed otherwise in SQLite")
            target.generated = Generated(expression=scalar(expression, self.shape), stored=True)
        except Untranslatable as error:
            reason = f"{error.reason}; the values of today are copied into a plain column"
            self.draft.omit(f"{self.table.full_name}.{column.name}", "generated column", reason, expression)

    def _default(self, column: Column) -> str | None:
        try:
            if MONEY.search(column.default or ""):
                raise Untranslatable("a literal of type money")
            as_text = choose(column).native == "TEXT"
            found = constant(column.default or "", column.type.kind, as_text, column.type.with_zone)
        except Untranslatable as error:
            self.draft.omit(f"{self.table.full_name}.{column.name}", "default", error.reason, column.default)
            return None
        return None if found == "NULL" else found

    def constraints(self) -> None:
        """Keys, references, checks and indexes."""
        key = self.table.primary_key
        if key is not None:
            self.target.primary_key = Key(columns=self._own(key.columns))
        for unique in self.table.uniques:
            if unique.nulls_distinct:
                self.target.uniques.append(Key(name=unique.name, columns=self._own(unique.columns)))
            else:
                reason = "SQLite's unique constraints take NULLs as distinct"
                self.draft.omit(f"{self.table.full_name}.{unique.name}", "unique constraint", reason)
        for reference in self.table.foreign_keys:
            self._reference(reference)
        for column in self.table.columns:
            self._labels(column)
        for check in self.table.checks:
            self._check(check)
        for index in self.table.indexes:
            self._index(index)
        if self.table.row_security:
            self.draft.omit(self.table.full_name, "row security", NO_USERS)
        for policy in self.table.policies:
            original = policy_sql(self.table, policy)
            self.draft.omit(f"{self.table.full_name}.{policy.name}", "policy", NO_USERS, original)

    def _own(self, columns: list[str]) -> list[str]:
        return [self.names[name] for name in columns]

    def _reference(self, key: ForeignKey) -> None:
        parent = self.draft.table_shapes.get(key.referenced)
        name = f"{self.table.full_name}.{key.name}"
        if parent is None or not key.enforced:
            reason = "the table it refers to isn't carried over" if parent is None else NOT_ENFORCED
            self.draft.omit(name, "foreign key", reason)
            return
        referenced = [found.name for column in key.referenced_columns if (found := parent.find(column)) is not None]
        if key.match != "SIMPLE":
            self.draft.note(name, f"SQLite checks references as MATCH SIMPLE, not {key.match}")
        self.target.foreign_keys.append(
            ForeignKey(
                name=key.name,
                columns=self._own(key.columns),
                referenced_schema="main",
                referenced_table=parent.name,
                referenced_columns=referenced,
                on_update=key.on_update,
                on_delete=key.on_delete.split(" (")[0],
                deferrable=key.deferrable,
                initially_deferred=key.initially_deferred,
            )
        )

    def _labels(self, column: Column) -> None:
        """An enum's labels as CHECK; a domain over one has none of its own, and is an omission."""
        if column.type.kind is not Kind.ENUM:
            return
        found = next((item for item in self.draft.source.types if item.full_name == column.type.name), None)
        if found is not None and found.labels:
            labels = ", ".join(quote_literal(label) for label in found.labels)
            expression = f"{quote_identifier(self.names[column.name])} IN ({labels})"
            self.target.checks.append(Check(expression=expression))

    def _check(self, check: Check) -> None:
        if not check.validated:
            reason = "it is NOT VALID: rows of today may break it, and SQLite checks every row or none"
            self.draft.omit(f"{self.table.full_name}.{check.name}", "check", reason, check.expression)
            return
        try:
            self.target.checks.append(Check(name=check.name, expression=scalar(check.expression, self.shape)))
        except Untranslatable as error:
            self.draft.omit(f"{self.table.full_name}.{check.name}", "check", error.reason, check.expression)

    def _index(self, index: Index) -> None:
        name = f"{self.table.full_name}.{index.name}"
        try:
            if index.method != "btree":
                raise Untranslatable(f"SQLite has no {index.method} indexes")
            if index.unique and not index.nulls_distinct:
                raise Untranslatable("SQLite's unique indexes take NULLs as distinct")
            keys = [self._index_key(key) for key in index.keys]
            predicate = scalar(index.predicate, self.shape) if index.predicate else None
        except Untranslatable as error:
            self.draft.omit(name, "index", error.reason, index.definition)
            return
        chosen = self.draft.namer.take_recorded("relations:main", index.name, name, "main.")
        self.target.indexes.append(Index(name=chosen, keys=keys, unique=index.unique, predicate=predicate))

    def _index_key(self, key: IndexKey) -> IndexKey:
        if key.column is not None:
            return IndexKey(column=self.names[key.column], descending=key.descending)
        return IndexKey(expression=scalar(key.expression or "", self.shape), descending=key.descending)
