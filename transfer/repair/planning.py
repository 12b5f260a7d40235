"""Says what a repair will do, before anything is written."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from engines.catalog import Catalog, Trigger
from engines.errors import Aborted, DbmoError
from transfer.canonical.columns import ComparedTable
from transfer.canonical.encoding import shown
from transfer.compare.findings import Findings
from transfer.compare.model import Problem, TableComparison
from transfer.quarantined import Quarantined
from transfer.repair.carrying import meaning
from transfer.repair.held import HeldRows
from transfer.repair.model import Left, RepairPlan, TablePlan
from transfer.repair.order import followed_columns, groups
from transfer.repair.prepared import Prepared, prepare
from transfer.repair.rows import DOCUMENT, Row, state
from transfer.repair.statements import statements
from transfer.repair.steps import Step, step, values
from transfer.repair.unholdable import Unholdable
from transfer.sides.open import check_amounts
from transfer.sides.side import Side

SUM = 1 << 256
TRIGGERED = {"insert": "INSERT", "update": "UPDATE", "delete": "DELETE"}


@dataclass
class _Counted:
    """What was found of one table so far; left: reason -> rows and the first key."""

    insert: int = 0
    update: int = 0
    delete: int = 0
    columns: set[str] = field(default_factory=set)
    left: dict[str, Left] = field(default_factory=dict)
    sum: int = 0

    def leave(self, reason: str, table: ComparedTable, row: Row) -> None:
        """Count a row that is not repaired."""
        known = self.left.setdefault(reason, Left(rows=0, reason=reason, key=key_of(table, row)))
        known.rows += 1


def plan_repair(
    source: Side,
    target: Side,
    tables: Sequence[ComparedTable],
    compared: Sequence[TableComparison],
    findings: Findings,
    key: str,
    catalog: Catalog,
    aside: Mapping[str, Sequence[Quarantined]] | None = None,
) -> RepairPlan:
    """What repair() would do with the tables that differ; what they hold now is kept beside the findings.

    compared: the results that the findings are of; key: the one that keyed their hashes; catalog: the target's;
    aside: by source table, what the migration set aside. The plan's hash is the same as long as nothing changes.
    """
    results = {result.name: result for result in compared}
    engines = source.engine, target.engine
    held = HeldRows(findings)
    planned: dict[str, TablePlan] = {}
    ready: dict[str, Prepared] = {}
    for table in tables:
        result = results.get(table.name)
        if result is None or result.equal or not (result.different or result.missing or result.extra):
            continue
        try:
            check_amounts(source, target, table)
            made = prepare(table, result, key, catalog, engines, (aside or {}).get(table.source, ()))
            planned[table.name] = _table(made, source, target, findings, held, catalog)
            ready[made.target.full_name] = made
        except DbmoError as error:
            planned[table.name] = _empty(table, Problem.of(error))
    ordered: list[TablePlan] = []
    for number, group in enumerate(groups([made.target for made in ready.values()])):
        for one in group:
            name = ready[one.full_name].table.name
            ordered.append(planned.pop(name).model_copy(update={"group": number}))
    return RepairPlan(source=source.display, target=target.display, tables=[*ordered, *planned.values()])


def _table(
    made: Prepared, source: Side, target: Side, findings: Findings, held: HeldRows, catalog: Catalog
) -> TablePlan:
    table = made.table
    counted = _Counted()
    held.start(table.name)
    for keys in made.lots(findings):
        here, there = made.source_rows(source, keys), made.target_rows(target, keys)
        states = {key: state(table, there.get(key, ())) for key in keys}
        needs = {key: _count(made, counted, here.get(key, []), there.get(key, [])) for key in keys}
        kept = {key: (states[key], found) for key, found in needs.items() if found is not None}
        counted.sum += sum(_digest(state(table, here.get(key, ())) + states[key]) for key in keys)
        held.keep(table.name, kept)
    planned = _empty(table).model_copy(
        update={
            "by": "key" if table.key else "whole rows",
            "insert": counted.insert,
            "update": counted.update,
            "delete": counted.delete,
            "columns": _set(made, counted.columns),
            "carried": {c.compared: how for c in made.columns if (how := meaning(c)) is not None},
            "left": list(counted.left.values()),
            "rows": f"{counted.sum % SUM:064x}",
        }
    )
    _refuse(planned, made, catalog, target.engine)
    return planned.model_copy(update={"statements": statements(target.engine, made, planned)})


def _set(made: Prepared, differing: set[str]) -> list[str]:
    """The columns that updates set: those that differ in any row; documents are replaced whole."""
    if made.columns == made.columns[:1] and made.columns[0].read is DOCUMENT:
        return [DOCUMENT.name] if differing else []
    return [column.name for column in made.table.columns if column.name in differing - made.computed]


def _count(made: Prepared, counted: _Counted, here: list[Row], there: list[Row]) -> str | None:
    """Count what one key needs, as letters; None where it can't be done, which is counted as left."""
    needed = step(made.table, here, there)
    reason = _obstacle(made, needed)
    if reason is not None:
        for row in [*needed.insert, *(row for _, row in needed.update)]:
            counted.leave(reason, made.table, row)
        return None
    counted.insert += len(needed.insert)
    counted.update += len(needed.update)
    counted.delete += len(needed.delete)
    counted.columns |= needed.columns
    wanted = {"d": needed.delete, "u": needed.update, "i": needed.insert}
    return "".join(letter for letter, rows in wanted.items() if rows)


def _obstacle(made: Prepared, needed: Step) -> str | None:
    if needed.columns and needed.columns <= made.computed:
        return f"only {', '.join(sorted(needed.columns))} differs, which the target computes itself"
    try:
        for row in [*needed.insert, *(row for _, row in needed.update)]:
            values(made.table, made.columns, row)
    except Unholdable as error:
        return str(error)
    return None


def _refuse(planned: TablePlan, made: Prepared, catalog: Catalog, engine: str) -> None:
    """Aborted where the table's triggers would fire or references would follow; PostgreSQL's triggers can be held."""
    kinds = [event for kind, event in TRIGGERED.items() if getattr(planned, kind)]
    firing = [trigger.name for trigger in made.target.triggers if engine != "postgresql" and _fires(trigger, kinds)]
    if firing:
        raise Aborted(
            "TRIGGERS_WOULD_FIRE",
            f"{planned.target} has triggers that would run on every repaired row: {', '.join(sorted(firing))}.",
            "Drop them for the time of the repair, then repair again.",
            triggers=sorted(firing),
        )
    targets = {column.target.name for column in made.table.columns if column.name in planned.columns}
    followed = sorted(followed_columns(catalog, made.target) & targets)
    if followed:
        raise Aborted(
            "REFERENCES_WOULD_FOLLOW",
            f"Rows of other tables would change with {planned.target} ({', '.join(followed)}): ON UPDATE acts on them.",
            "Mend these values by hand, then compare again.",
            columns=followed,
        )


def _fires(trigger: Trigger, kinds: list[str]) -> bool:
    return trigger.enabled and bool({event.upper() for event in trigger.events} & set(kinds))


def _empty(table: ComparedTable, refused: Problem | None = None) -> TablePlan:
    return TablePlan(name=table.name, source=table.source, target=table.target, refused=refused)


def _digest(states: bytes) -> int:
    return int.from_bytes(hashlib.sha256(states).digest(), "big")


def key_of(table: ComparedTable, row: Row) -> dict[str, str | None]:
    """A row's key for people; the whole row where the table has none."""
    named = zip(table.columns, row.texts, strict=True)
    return {column.name: shown(text) for column, text in named if not table.key or column.name in table.key}
