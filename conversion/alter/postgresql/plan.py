"""The migration script of PostgreSQL, in the order in which everything finds what it needs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property

from conversion.alter.changes import Changes, unreadable
from conversion.alter.model import Choices, Migration, Step
from conversion.alter.postgresql import types
from conversion.alter.postgresql.columns import ColumnSteps, Context
from conversion.alter.postgresql.comments import comment_steps
from conversion.alter.postgresql.creates import Creates
from conversion.alter.postgresql.dependants import Dependants, from_parents, uses_type
from conversion.alter.postgresql.drops import Drops
from conversion.alter.postgresql.facts import lock
from conversion.alter.postgresql.renames import rename_steps
from conversion.alter.postgresql.tables import TableSteps
from conversion.ddl_policies import grants
from conversion.ddl_postgresql import PostgresqlWriter
from conversion.ddl_postgresql_parts import sequence_options
from conversion.mapping import Omission
from engines.catalog import Sequence
from engines.postgresql.quoting import quote_identifier, quote_name

# Bodies of functions are not checked while what they name is on its way; moments are read in UTC; rows that the script
# changes are checked at once, so that no later ALTER TABLE meets pending checks.
OPENING = ["SET check_function_bodies = off", "SET TimeZone = 'UTC'"]
CLOSING = ["RESET check_function_bodies", "RESET TimeZone"]
IMMEDIATE = "SET CONSTRAINTS ALL IMMEDIATE"
LATE_DROPS = ("routine", "type", "extension", "schema")
COLUMN_ORDER = "PostgreSQL adds columns at the end only; the order of columns changes by a new table alone"


class PostgresqlPlan:
    """Plans one direction; the way back is another plan."""

    def __init__(self, changes: Changes, choices: Choices) -> None:
        self.changes = changes
        self.choices = choices
        self.grown = types.grown(changes)
        self.replaced_types = {changes.old.by_key[key].item.full_name for key in changes.replaced("type")}
        self.sequences = [
            (changes.old.by_key[key].item, changes.new.by_key[key].item) for key in changes.replaced("sequence")
        ]
        changes.make -= {f"sequence:{item.full_name}" for _, item in self.sequences}
        changes.drop -= {f"sequence:{item.full_name}" for _, item in self.sequences}
        changes.rename_parts("unique", "fk", "check", "index")
        self.dependants = Dependants(changes, self.replaced_types)
        self.dependants.mark()
        self.drops = Drops(changes, self.dependants, self._context, self._inherited)
        self.creates = Creates(changes)

    def migration(self) -> Migration:
        """The script, without its way back."""
        steps = [*self._steps()]
        if steps and any(step.action == "fill" for step in steps):
            at = next(number for number, step in enumerate(steps) if step.transactional)
            steps.insert(at, _session(IMMEDIATE))
        return Migration(
            engine="postgresql", version=self.changes.b.version, opening=OPENING if steps else [], steps=steps,
            closing=CLOSING if steps else [], remaining=[*self._remaining()],
        )  # fmt: skip

    def _steps(self) -> Iterator[Step]:
        yield from self._new_labels()
        yield from self.drops.first()
        yield from rename_steps(self.changes)
        yield from self._on_columns("loosen")
        yield from self.drops.statements("routine", again=True)
        yield from self.drops.statements("sequence")
        for name in sorted(self.replaced_types):
            yield types.step_aside(self.changes.old.by_key[f"type:{name}"].item)
        yield from self.creates.statements(early=True)
        yield from self._altered_sequences()
        yield from self._on_columns("retype")
        yield from self._on_columns("add")
        yield from self._on_columns("settle")
        for name, pair in sorted(self.changes.pairs.items()):
            if not any(item.object == name for item in self._remaining()):
                yield from TableSteps(pair).steps()
        yield from self.creates.statements(early=False)
        yield from comment_steps(self.changes, self._added_columns())
        yield from self._regrants()
        for name in sorted(self.replaced_types):
            yield types.drop_aside(self.changes.old.by_key[f"type:{name}"].item)
        yield from self.drops.statements(*LATE_DROPS, again=False)

    # what changes in place

    def _new_labels(self) -> Iterator[Step]:
        for a, b in self.grown:
            columns = [
                (
                    quote_name(pair.before.schema_name, pair.before.name),
                    quote_identifier(own.name),
                    own.default or "",
                )
                for pair in self.changes.pairs.values()
                for own in pair.before.columns
                if uses_type(own, {a.full_name})
            ]
            yield from types.add_values(a, b, columns)

    def _on_columns(self, what: str) -> Iterator[Step]:
        for name in self._parents_first():
            yield from getattr(self._columns[name], what)()

    @cached_property
    def _columns(self) -> dict[str, ColumnSteps]:
        return {
            name: ColumnSteps(
                pair,
                self._context,
                self._inherited(name),
                frozenset(column for table, column in self.dependants.recomputed if table == name),
            )
            for name, pair in self.changes.pairs.items()
        }

    @cached_property
    def _context(self) -> Context:
        return Context(
            sequences_before={item.full_name: item for item in self.changes.a.sequences},
            sequences_after={item.full_name: item for item in self.changes.b.sequences},
            types={item.full_name: item for item in self.changes.b.types},
            replaced_types=self.replaced_types,
            choices=self.choices,
        )

    def _parents_first(self) -> list[str]:
        wanted = [table.full_name for table in PostgresqlWriter(self.changes.b).ordered_tables()]
        return [name for name in wanted if name in self.changes.pairs]

    def _inherited(self, name: str) -> frozenset[str]:
        """Columns of a part or child that its parent's statements change, by every name they may have."""
        pair = self.changes.pairs[name]
        parents = [
            self.changes.pairs[other] for other in self.changes.pairs if from_parents(pair.after, {other})
            and from_parents(pair.seen, {other})
        ]  # fmt: skip
        found: set[str] = set()
        for parent in parents:
            found |= {column.name for column in (*parent.after.columns, *parent.before.columns)}
        return frozenset(found)

    def _added_columns(self) -> Iterator[tuple[str, str]]:
        for name, pair in self.changes.pairs.items():
            yield from ((name, column.name) for column in pair.added)
        yield from self.dependants.recomputed

    def _altered_sequences(self) -> Iterator[Step]:
        for a, b in self.sequences:
            name = quote_name(b.schema_name, b.name)
            sql, undo = (f"ALTER SEQUENCE {name} AS {x.data_type}{_options(x)}" for x in (b, a))
            yield Step(sql=sql, undo=[undo], object=b.full_name, kind="sequence", action="alter", lock=lock("sequence"))

    def _regrants(self) -> Iterator[Step]:
        """Rights on what was dropped and made again are given again."""
        again = {
            (piece.kind, piece.name)
            for piece in self.changes.new.of_kind("view", "routine", "sequence", "type")
            if piece.key in self.changes.make and piece.key in self.changes.drop
        }
        names = {name for _, name in again}
        privileges = [item for item in self.changes.a.privileges if _whose(item.object, item.kind, names)]
        there = {"privileges": privileges, "database": self.changes.a.database}
        for sql in grants(self.changes.b.model_copy(update=there)) if privileges else ():
            yield Step(sql=sql.rstrip(";"), object="", kind="privileges", action="create", lock=lock("create"))

    # what stays as it is

    def _remaining(self) -> Iterator[Omission]:
        yield from unreadable(self.changes)
        for name, pair in sorted(self.changes.pairs.items()):
            yield from TableSteps(pair).remaining()
            order = [column.name for column in pair.after.columns]
            recomputed = {column for table, column in self.dependants.recomputed if table == name}
            kept = [
                column.name for column in pair.seen.columns if column.name in order and column.name not in recomputed
            ]
            coming = [column for column in order if column not in kept]
            if kept + coming != order:
                yield Omission(object=name, kind="column order", reason=COLUMN_ORDER)


def _options(sequence: Sequence) -> str:
    """Its options; ALTER SEQUENCE must take a CYCLE back by name."""
    return sequence_options(sequence) + ("" if sequence.cycle else " NO CYCLE")


def _whose(name: str, kind: str, names: Iterable[str]) -> bool:
    return name in names or (kind == "column" and any(name.startswith(f"{owner}.") for owner in names))


def _session(sql: str) -> Step:
    return Step(sql=sql, object="", kind="session", action="alter", lock=lock("create"))


def planned(changes: Changes, choices: Choices) -> Migration:
    """The script of the changes, without its way back."""
    return PostgresqlPlan(changes, choices).migration()
