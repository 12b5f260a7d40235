"""A SQLite table as PostgreSQL table: columns, types, defaults, generated columns, and how its rows get there."""

from __future__ import annotations

from conversion.declared import INT64, RANGES, Facts
from conversion.default_convert import convert_default
from conversion.draft import Draft
from conversion.expressions import scalar
from conversion.mapping import ColumnMapping, TableMapping
from conversion.names import joined
from conversion.postgresql_types import kind_of, logical
from conversion.shapes import ColumnShape, TableShape, Untranslatable
from conversion.type_overrides import overridden
from conversion.types_sqlite_postgresql import Choice, choose
from engines.catalog import Check, Column, Generated, Identity, Kind, Sequence, Table
from engines.full_names import column_name, qualified
from engines.postgresql.quoting import quote_identifier
from engines.profile import ColumnProfile

ROUTES_OF_MIXED_VALUES = {"text_any", "jsonb_any", "bytea_any", "json"}


class TableConverter:
    """Converts the columns of one table; constraints and indexes follow when all tables have theirs."""

    def __init__(self, draft: Draft, table: Table) -> None:
        self.draft = draft
        self.table = table
        self.name = draft.table_name(table.full_name, table.name)
        self.target = Table(schema_name=draft.schema, name=self.name, columns=[], comment=table.comment)
        self.choices: dict[str, Choice] = {}
        self.names: dict[str, str] = {}

    def convert(self) -> None:
        """Put the table into the draft's target, its mapping into the tables, its shape where expressions find it."""
        for column in self.table.columns:
            self._choose(column)
        shape = self._shape()
        mappings = [self._column(column, shape) for column in self.table.columns]
        self.draft.target.tables.append(self.target)
        self.draft.table_shapes[self.table.full_name] = shape
        for name in (self.table.name, self.table.full_name):
            self.draft.shapes.add(name, shape)
        self.draft.tables.append(self._mapping(mappings))

    def _choose(self, column: Column) -> None:
        full_name = f"{self.table.full_name}.{column.name}"
        profile = self.draft.profiles.get(self.table.full_name)
        found = profile.columns.get(column.name) if profile else None
        facts = Facts(column, found or ColumnProfile(column=column.name))
        choice = choose(facts)
        wanted = self.draft.overrides.type_for(self.table.full_name, column.name, column.native)
        self.choices[column.name] = overridden(facts, choice, wanted) if wanted else choice
        name = self.draft.overrides.names.get(full_name, column.name)
        self.names[column.name] = self.draft.namer.take_recorded(f"columns:{self.table.full_name}", name, full_name)

    def _shape(self) -> TableShape:
        columns: dict[str, ColumnShape] = {}
        for column in self.table.columns:
            choice = self.choices[column.name]
            kind = Kind.DYNAMIC if choice.route in ROUTES_OF_MIXED_VALUES else kind_of(choice.native)
            collation = (column.collation or "").upper()
            collation = "" if collation == "BINARY" else collation
            shape = ColumnShape(self.names[column.name], kind, choice.route, collation, column.generated is not None)
            columns[column.name.lower()] = shape
        key = self.table.primary_key.columns if self.table.primary_key else []
        rowid = next((column.name.lower() for column in self.table.columns if column.identity), None)
        return TableShape(self.draft.schema, self.name, columns, frozenset(self.names[name] for name in key), rowid)

    def _column(self, column: Column, shape: TableShape) -> ColumnMapping:
        choice = self.choices[column.name]
        in_key = self.table.primary_key is not None and column.name in self.table.primary_key.columns
        target = Column(
            name=self.names[column.name],
            position=len(self.target.columns) + 1,
            native=choice.native,
            type=logical(choice.native),
            nullable=column.nullable and not in_key and column.identity is None,
            comment=column.comment,
        )
        reason = choice.reason
        if in_key and column.nullable and column.identity is None:
            reason += "; rows with NULL in this key column go to quarantine, PostgreSQL's primary keys are NOT NULL"
        if choice.set_aside and not target.nullable:
            reason += self._keep_rows(target, in_key)
        if column.identity is not None:
            self._identity(target)
        elif column.generated is not None:
            self._generated(target, column, shape)
        elif column.default is not None:
            target.default = self._default(column, choice)
        self.target.columns.append(target)
        return ColumnMapping(
            source=column.name,
            target=target.name,
            source_type=column.native,
            target_type=choice.native,
            route=choice.route,
            reason=reason,
            alternatives=list(choice.alternatives),
            copied=target.generated is None,
            nullable=target.nullable,
        )

    def _keep_rows(self, target: Column, in_key: bool) -> str:
        """What becomes of NOT NULL where values are set aside; the words for the column's reason.

        Rows stay, with NULL in place of the value; a check that isn't validated holds for every change from now on.
        Only a primary key can't be without its value: those rows are withheld, and so may be missed by references.
        """
        if in_key:
            self.draft.withholding.add(self.target.full_name)
            return "; rows with such a value in this key column go to quarantine whole"
        target.nullable = True
        name = self.draft.namer.take(
            f"constraints:{self.target.full_name}", joined([self.name, target.name], "not_null")
        )
        expression = f"{quote_identifier(target.name)} IS NOT NULL"
        self.target.checks.append(Check(name=name, expression=expression, validated=False))
        return "; their rows stay with NULL there, and NOT NULL becomes a check that holds for every change from now on"

    def _identity(self, target: Column) -> None:
        """Numbering starts at 1, so that a plan does not change with every new row; the load sets the next value."""
        name = self.draft.relation_name(joined([self.name, target.name], "seq"))
        target.identity = Identity(sequence=qualified(self.draft.schema, name))
        self.draft.target.sequences.append(
            Sequence(
                schema_name=self.draft.schema,
                name=name,
                data_type=target.native,
                minimum=1,
                maximum=RANGES.get(target.native, INT64)[1],
                owned_by=column_name(self.target.full_name, target.name),
                identity=True,
            )
        )

    def _default(self, column: Column, choice: Choice) -> str | None:
        try:
            return convert_default(column.default or "", choice.native, choice.route)
        except Untranslatable as error:
            self.draft.omit(f"{self.table.full_name}.{column.name}", "default", _sentence(error), column.default)
            return None

    def _generated(self, target: Column, column: Column, shape: TableShape) -> None:
        """Computed on the target where that is proved to give the same value, else plain, with copied values."""
        expression = column.generated.expression if column.generated else ""
        try:
            translated = scalar(expression, _stored_columns(shape))
            if not translated.immutable:
                raise Untranslatable("PostgreSQL doesn't hold it to be immutable")
            if translated.kind is not kind_of(target.native):
                raise Untranslatable(f"it gives {translated.kind.value}, the values found need {target.native}")
            if translated.notes:
                raise Untranslatable(translated.notes[0])
            if column.collation and column.collation.upper() != "BINARY":
                raise Untranslatable(f"the column compares with collation {column.collation}")
        except Untranslatable as error:
            reason = f"{_sentence(error)}; the values of today are copied into a plain column"
            self.draft.omit(f"{self.table.full_name}.{column.name}", "generated column", reason, expression)
            return
        target.generated = Generated(expression=translated.sql, stored=True)

    def _mapping(self, columns: list[ColumnMapping]) -> TableMapping:
        rowid = next((column for column in self.table.columns if column.identity), None)
        source_key, range_column = "rowid", None
        if rowid is not None:
            source_key, range_column = rowid.name, self.names[rowid.name]
        elif self.table.options.get("without_rowid"):
            source_key, range_column = self._integer_key()
        elif self._rowid_hidden():
            source_key = ""
        return TableMapping(
            source=self.table.full_name,
            target=self.target.full_name,
            columns=columns,
            source_key=source_key,
            range_column=range_column,
            rows=self.table.rows,
            size_bytes=self.table.size_bytes,
        )

    def _integer_key(self) -> tuple[str, str | None]:
        key = self.table.primary_key.columns if self.table.primary_key else []
        if len(key) == 1 and self.choices[key[0]].route == "integer" and self._all_integers(key[0]):
            return key[0], self.names[key[0]]
        return "", None

    def _all_integers(self, column: str) -> bool:
        profile = self.draft.profiles.get(self.table.full_name)
        found = profile.columns.get(column) if profile else None
        return found is not None and {name for name, count in found.classes.items() if count} <= {"integer"}

    def _rowid_hidden(self) -> bool:
        return "rowid" in {column.name.lower() for column in self.table.columns}


def _stored_columns(shape: TableShape) -> TableShape:
    """The columns a generated one may use: PostgreSQL refuses other generated columns."""
    columns = {name: column for name, column in shape.columns.items() if not column.generated}
    return TableShape(shape.schema, shape.name, columns, shape.key, shape.rowid)


def _sentence(error: Untranslatable) -> str:
    return error.reason
