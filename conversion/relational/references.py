"""Foreign keys and checks of a table on the target."""

from __future__ import annotations

from conversion.names import joined
from conversion.relational.plan import TablePlan
from conversion.shapes import Untranslatable
from engines.catalog import Check, ForeignKey, Table
from engines.full_names import qualified


class ReferenceConverter:
    """Adds foreign keys and checks to one converted table; all tables have their keys by then."""

    def __init__(self, plan: TablePlan, plans: dict[str, TablePlan]) -> None:
        self.plan = plan
        self.plans = plans
        self.draft = plan.draft
        self.direction = plan.direction
        self.source = plan.source
        self.target = plan.target

    def convert(self) -> None:
        """Foreign keys and checks, each under a free name."""
        for number, key in enumerate(self.source.foreign_keys):
            label = reference_label(self.source, key)
            try:
                self.target.foreign_keys.append(self._foreign_key(number, key, label))
            except Untranslatable as error:
                self.draft.omit(label, "foreign key", error.reason, reference_text(key))
        for number, check in enumerate(self.source.checks, 1):
            self._check(number, check)
        for exclusion in self.source.exclusions:
            reason = "the target has no exclusion constraints"
            self.draft.omit(f"{self.source.full_name}.{exclusion.name}", "exclusion", reason, exclusion.definition)

    def _foreign_key(self, number: int, key: ForeignKey, label: str) -> ForeignKey:
        parent = self.plans.get(key.referenced)
        if parent is None:
            raise Untranslatable(f"table {key.referenced_table} isn't on the target")
        wanted = key.referenced_columns or (parent.source.primary_key.columns if parent.source.primary_key else [])
        lost = [name for name in wanted if name not in parent.names] + [
            n for n in key.columns if n not in self.plan.names
        ]
        if lost or len(wanted) != len(key.columns):
            raise Untranslatable(f"its columns aren't those of a key ({', '.join(lost) or 'numbers differ'})")
        columns = [self.plan.names[name] for name in key.columns]
        referenced = [parent.names[name] for name in wanted]
        for one, other in zip(columns, referenced, strict=True):
            ends = self.target.column(one), parent.target.column(other)
            if not self.direction.comparable(*ends):
                raise Untranslatable(f"{one} became {ends[0].native} and {parent.target.name}.{other} {ends[1].native}")
        if not self.direction.abilities.reference_any_index and not _is_key(parent.target, referenced):
            raise Untranslatable(f"{parent.target.name} has no unique key over {', '.join(referenced)}")
        actions = [self._action(action, columns, label) for action in (key.on_update, key.on_delete)]
        return ForeignKey(
            name=self._free_name(label, key.name or joined([self.target.name, *columns], "fkey")),
            columns=columns,
            referenced_schema=parent.target.schema_name,
            referenced_table=parent.target.name,
            referenced_columns=referenced,
            on_update=actions[0],
            on_delete=actions[1],
            deferrable=key.deferrable and self.direction.abilities.deferrable,
            initially_deferred=key.initially_deferred and self.direction.abilities.deferrable,
            validated=self._validated(number, key, parent, label),
        )

    def _free_name(self, label: str, wanted: str) -> str:
        """A free name for a constraint, recorded where it isn't the wanted one."""
        name = self.plan.take_constraint(wanted)
        if name != wanted:
            self.draft.namer.renames[label] = qualified(self.draft.schema, name)
        return name

    def _action(self, action: str, columns: list[str], label: str) -> str:
        if action.startswith("SET NULL") and any(not self.target.column(name).nullable for name in columns):
            self.draft.note(label, "SET NULL on a NOT NULL column fails when it fires")
        if action.startswith("SET DEFAULT") and not self.direction.abilities.set_default:
            self.draft.note(label, "the target has no SET DEFAULT: the parent's change is refused instead")
            return "NO ACTION"
        return action.split(" (")[0]

    def _validated(self, number: int, key: ForeignKey, parent: TablePlan, label: str) -> bool:
        reason = None
        if (self.source.full_name, number) in self.draft.unvalidated:
            reason = "rows break it today"
        elif parent.target.full_name in self.draft.withholding:
            reason = "rows of its parent may go to quarantine"
        elif not key.validated:
            reason = "it isn't validated on the source"
        if reason is None:
            return True
        if not self.direction.abilities.not_valid:
            raise Untranslatable(f"{reason}, and the target checks every row or none")
        self.draft.note(label, f"{reason}: it is added NOT VALID and holds for every change from now on")
        return False

    def _check(self, number: int, check: Check) -> None:
        wanted = check.name or joined([self.target.name, str(number)], "check")
        label = f"{self.source.full_name}.{check.name or f'check {number}'}"
        abilities = self.direction.abilities
        try:
            if not check.validated and not abilities.not_valid:
                raise Untranslatable("it is NOT VALID: rows of today may break it, and the target checks every row")
            translated = self.direction.predicate(check.expression, self.plan.shape)
        except Untranslatable as error:
            self.draft.omit(label, "check", error.reason, check.expression)
            return
        for sentence in translated.notes:
            self.draft.note(label, sentence)
        made = Check(name=self._free_name(label, wanted), expression=translated.sql, validated=check.validated)
        made.comment = check.comment if abilities.comments else None
        self.target.checks.append(made)


def reference_label(table: Table, key: ForeignKey) -> str:
    """How outputs name a foreign key: with its constraint's name, else by its columns."""
    return f"{table.full_name}.{key.name}" if key.name else f"{table.full_name}({', '.join(key.columns)})"


def reference_text(key: ForeignKey) -> str:
    """The reference as a person reads it."""
    text = f"({', '.join(key.columns)}) -> {key.referenced_table}({', '.join(key.referenced_columns)})"
    return f"{text} ON UPDATE {key.on_update} ON DELETE {key.on_delete}"


def _is_key(table: Table, columns: list[str]) -> bool:
    """True when a key, or a unique index without condition, is over exactly these columns."""
    wanted = set(columns)
    keys = [*table.uniques, *([table.primary_key] if table.primary_key else [])]
    indexes = [index for index in table.indexes if index.unique and not index.predicate]
    plain = [{key.column for key in index.keys} for index in indexes if all(key.column for key in index.keys)]
    return any(set(key.columns) == wanted for key in keys) or wanted in plain
