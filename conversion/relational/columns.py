"""The columns of a table on the target: type, NOT NULL, default, numbering, computed values, and how rows get there."""

from __future__ import annotations

from conversion.mapping import ColumnMapping, TableMapping
from conversion.names import joined
from conversion.relational.choice import Choice
from conversion.relational.plan import TablePlan
from conversion.shapes import TableShape, Untranslatable
from engines.catalog import Check, Column, Generated, Identity, Kind, LogicalType, Sequence
from engines.full_names import column_name, qualified

WIDEST = 2**63 - 1
LIMITS = {16: 2**15 - 1, 32: 2**31 - 1, 64: WIDEST}


class ColumnConverter:
    """Makes the columns of one table; keys and references follow when all tables have theirs."""

    def __init__(self, plan: TablePlan) -> None:
        self.plan = plan
        self.draft = plan.draft
        self.direction = plan.direction
        self.abilities = plan.direction.abilities
        self.source = plan.source
        self.target = plan.target

    def convert(self) -> None:
        """Put the table with its columns into the target, and its mapping into the draft."""
        self.target.comment = self._comment(self.source.full_name, self.source.comment)
        mappings = [self._column(column) for column in self.source.columns]
        self.draft.target.tables.append(self.target)
        self.draft.tables.append(self._mapping(mappings))
        self._on_update()

    def _column(self, column: Column) -> ColumnMapping:
        choice = self.plan.choices[column.name]
        full_name = f"{self.source.full_name}.{column.name}"
        in_key = self.source.primary_key is not None and column.name in self.source.primary_key.columns
        target = Column(
            name=self.plan.names[column.name],
            position=len(self.target.columns) + 1,
            native=choice.native,
            type=self._logical(choice),
            nullable=column.nullable and not in_key,
            collation=choice.collation,
            charset=choice.charset,
            comment=self._comment(full_name, column.comment),
        )
        self.target.columns.append(target)
        reason = choice.reason
        if in_key and column.nullable and column.identity is None:
            reason += "; rows with NULL in this key column can't go over, a primary key is NOT NULL there"
        if choice.set_aside != 0 and not target.nullable:
            reason += self._keep_rows(target, choice, in_key, full_name)
        self._value(target, column, choice, full_name)
        reason += self._checks(target, choice)
        if column.invisible:
            self.draft.note(full_name, "it is invisible to SELECT * on the source, and visible on the target")
        for sentence in choice.notes:
            self.draft.note(full_name, sentence)
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

    def _logical(self, choice: Choice) -> LogicalType:
        found = self.direction.logical(choice.native)
        if choice.labels:
            found.kind = Kind.ENUM
        return found

    def _value(self, target: Column, column: Column, choice: Choice, full_name: str) -> None:
        if column.identity is not None and self._numbers(column):
            self._identity(target, column)
        elif self._is_rowid(target, column):
            target.identity, target.nullable = Identity(), False
        elif column.generated is not None:
            self._generated(target, column)
        elif column.default is not None:
            try:
                target.default = self.direction.default(self.plan.facts[column.name], choice)
            except Untranslatable as error:
                self.draft.omit(full_name, "default", error.reason, column.default)
        elif column.identity is not None:
            reason = "the target numbers only a single integer primary key; inserts must bring their own number"
            self.draft.omit(full_name, "identity", reason)

    def _comment(self, full_name: str, comment: str | None) -> str | None:
        if comment and not self.abilities.comments:
            self.draft.note(full_name, f"the target keeps no comments: {comment}")
            return None
        return comment or None

    def _keep_rows(self, target: Column, choice: Choice, in_key: bool, full_name: str) -> str:
        """What becomes of NOT NULL where values are set aside; the words for the column's reason.

        Rows stay, with NULL in place of the value; a check that isn't validated holds for every change from now on.
        Only a primary key can't be without its value: those rows are withheld, and so may be missed by references. So
        may those of a table that a scan left out, where nobody knows of a reason to give NOT NULL up.
        """
        if choice.set_aside is None:
            self.draft.withholding.add(self.target.full_name)
            return "; nobody looked at the values: rows with one that doesn't fit go to quarantine whole"
        if in_key:
            self.draft.withholding.add(self.target.full_name)
            return "; rows with such a value in this key column go to quarantine whole"
        target.nullable = True
        if not self.abilities.not_valid:
            self.draft.omit(full_name, "not null", "values are set aside, and their rows stay with NULL there")
            return "; their rows stay with NULL there, so the column takes NULL"
        name = self.plan.take_constraint(joined([self.target.name, target.name], "not_null"))
        expression = f"{self.direction.quote(target.name)} IS NOT NULL"
        self.target.checks.append(Check(name=name, expression=expression, validated=False))
        return "; their rows stay with NULL there, and NOT NULL becomes a check that holds for every change from now on"

    def _checks(self, target: Column, choice: Choice) -> str:
        """What the type itself doesn't keep; the words for the column's reason."""
        words = ""
        for text in choice.checks:
            name = self.plan.take_constraint(joined([self.target.name, target.name], "check"))
            expression = text.replace("{column}", self.direction.quote(target.name))
            self.target.checks.append(Check(name=name, expression=expression))
            words += f"; the check {name} keeps what the type doesn't"
        return words

    def _numbers(self, column: Column) -> bool:
        """True when the target can number this column itself."""
        if self.abilities.identity == "any":
            return True
        key = self.source.primary_key.columns if self.source.primary_key else []
        if self.abilities.identity == "rowid":
            alone = [item.columns for item in self.source.uniques] if not key else [key]
            return [column.name] in alone and self.plan.choices[column.name].route == "integer"
        leading = [item.columns[0] for item in (*self.source.uniques, self.source.primary_key) if item]
        leading += [index.keys[0].column or "" for index in self.source.indexes]
        return column.name in leading

    def _is_rowid(self, target: Column, column: Column) -> bool:
        """A single INTEGER key is SQLite's rowid whether or not the source numbered it."""
        key = self.source.primary_key.columns if self.source.primary_key else []
        return self.abilities.identity == "rowid" and target.native == "INTEGER" and key == [column.name]

    def _identity(self, target: Column, column: Column) -> None:
        """Numbering starts at 1, so that a plan does not change with every new row; next_value says where to go on."""
        following = column.identity.next_value if column.identity else None
        strict = bool(column.identity and column.identity.strict) or self.abilities.identity == "rowid"
        target.nullable = False
        target.identity = Identity(next_value=following, strict=strict and self.abilities.identity == "rowid")
        self.draft.numbered.add(column_name(self.source.full_name, column.name))
        if not self.abilities.sequences or self.abilities.identity != "any":
            return
        name = self.draft.relation_name(joined([self.target.name, target.name], "seq"))
        target.identity.sequence = qualified(self.draft.schema, name)
        self.draft.target.sequences.append(
            Sequence(
                schema_name=self.draft.schema,
                name=name,
                data_type=target.native,
                minimum=1,
                maximum=LIMITS.get(target.type.bits or 64, WIDEST),
                last_value=following - 1 if following is not None and following > 1 else None,
                is_called=following is not None and following > 1,
                owned_by=column_name(self.target.full_name, target.name),
                identity=True,
            )
        )

    def _generated(self, target: Column, column: Column) -> None:
        """Computed on the target where that is proved to give the same value, else plain, with copied values."""
        assert column.generated is not None
        try:
            translated = self.direction.scalar(column.generated.expression, _plain_columns(self.plan.shape))
            if not translated.immutable:
                raise Untranslatable("the target doesn't hold it to be immutable")
            sql = self.direction.assigned(translated, target)
        except Untranslatable as error:
            reason = f"{error.reason}; the values of today are copied into a plain column"
            self.draft.omit(
                f"{self.source.full_name}.{column.name}", "generated column", reason, column.generated.expression
            )
            return
        for sentence in translated.notes:
            self.draft.note(f"{self.source.full_name}.{column.name}", sentence)
        virtual = self.abilities.virtual_columns and not column.generated.stored
        target.generated = Generated(expression=sql, stored=not virtual and self.abilities.stored_columns)

    def _on_update(self) -> None:
        """Columns that every UPDATE sets: by a clause of the column, or by a trigger."""
        found = [column for column in self.source.columns if column.on_update]
        if not found:
            return
        names, facts, choices = self.plan.names, self.plan.facts, self.plan.choices
        columns = [(self.target.column(names[item.name]), facts[item.name], choices[item.name]) for item in found]
        try:
            made = self.direction.on_update(self.target, columns)
        except Untranslatable as error:
            for column in found:
                self.draft.omit(f"{self.source.full_name}.{column.name}", "on update", error.reason, column.on_update)
            return
        for column, _, _ in columns:
            column.on_update = made.clauses.get(column.name)
        self.target.triggers += made.triggers
        self.draft.target.routines += made.routines
        if made.note:
            self.draft.note(self.source.full_name, made.note)

    def _mapping(self, columns: list[ColumnMapping]) -> TableMapping:
        source_key = self.direction.source_key(self.source, self.plan.choices)
        return TableMapping(
            source=self.source.full_name,
            target=self.target.full_name,
            columns=columns,
            source_key=source_key,
            range_column=self.plan.names.get(source_key),
            rows=self.source.rows,
            size_bytes=self.source.size_bytes,
        )


def _plain_columns(shape: TableShape) -> TableShape:
    """The columns a generated one may use: those that aren't computed themselves."""
    columns = {name: column for name, column in shape.columns.items() if not column.generated}
    return TableShape(shape.schema, shape.name, columns, shape.key, shape.rowid)
