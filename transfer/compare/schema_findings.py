"""What movers forget and a diff of schemas doesn't show: numbers behind the rows, unchecked rules, triggers off."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from collections.abc import Sequence as SequenceOf
from typing import Literal

from conversion.differences import Difference, missing
from conversion.forms import sequence_of
from conversion.mapping import Omission
from engines.catalog import Catalog, Column, Sequence, Table, View
from engines.errors import EngineError
from engines.families import family
from engines.full_names import qualified
from engines.model import Model
from engines.mysql import quoting as mysql
from engines.postgresql import quoting as postgresql
from engines.protocols import Database
from engines.sqlite import quoting as sqlite
from engines.sqlite.types import affinity
from transfer.canonical.columns import ComparedTable

# kind -> (severity as of conversion/differences.py, what to do)
KINDS: dict[str, tuple[str, str]] = {
    "numbers_behind": ("critical", "Set it behind the largest value before anybody writes."),
    "numbers_again": ("low", "Set it to the source's next number where numbers must not come twice."),
    "numbers_unknown": ("medium", "Give the right to read its state, or look yourself."),
    "constraint_unchecked": ("high", "Validate it: rows may break it."),
    "constraint_off": ("critical", "Enable the table's triggers again, then check the rows: nothing checks them now."),
    "trigger_off": ("high", "Enable it, if it is to fire as on the source."),
    "view_unfilled": ("medium", "Run REFRESH MATERIALIZED VIEW: nobody can read it."),
    "large_objects": ("critical", "Move them: rows name them by their oid. What they hold is not compared."),
    "index_invalid": ("medium", "Build it again: no query uses it, and it may not keep rows unique."),
}
# Kinds of objects that a person misses on the target, whether they can be converted or not.
LOST = frozenset({
    "table", "view", "materialized view", "trigger", "routine", "event", "check", "foreign key", "unique constraint",
    "primary key", "exclusion", "policy", "row security",
})  # fmt: skip
QUOTED: dict[str, Callable[[str, str], str]] = {
    "postgresql": lambda schema, name: postgresql.quote_name(schema, name),
    "mysql": lambda schema, name: f"{mysql.quote_identifier(schema)}.{mysql.quote_identifier(name)}",
    "sqlite": lambda schema, name: f"{sqlite.quote_identifier(schema)}.{sqlite.quote_identifier(name)}",
}
# Triggers that check references are ordinary rows of pg_trigger, and DISABLE TRIGGER ALL turns them off as well.
REFERENCES_OFF = """
    SELECT DISTINCT n.nspname, r.relname, c.conname
      FROM pg_catalog.pg_trigger t
      JOIN pg_catalog.pg_constraint c ON c.oid = t.tgconstraint
      JOIN pg_catalog.pg_class r ON r.oid = t.tgrelid
      JOIN pg_catalog.pg_namespace n ON n.oid = r.relnamespace
     WHERE t.tgisinternal AND t.tgenabled = 'D' AND n.nspname !~ '^pg_'
     ORDER BY 1, 2, 3
"""


class SchemaFinding(Model):
    """Something of a schema that differs, or that a mover left half done on the target.

    object: its full name; kind: what of it differs (conversion/differences.py), or one of KINDS; side: which has it;
    severity: critical, high, medium or low; do: what to do, where that is always the same.
    """

    kind: str
    object: str
    severity: str
    side: Literal["source", "target", "both"]
    detail: str
    do: str = ""


def of_difference(found: Difference, converted: str | None = None) -> SchemaFinding:
    """A difference as a finding; converted: the target's engine, where the source's schema was converted to it.

    Another type that holds the same values is another mover's choice then.
    """
    wider = converted is not None and found.kind == "type" and _as_wide(found, converted)
    sides: dict[str, Literal["source", "target"]] = {"missing": "source", "added": "target"}
    return SchemaFinding(
        kind=found.kind,
        object=found.object,
        severity="low" if wider else found.severity,
        side=sides.get(found.detail, "both"),
        detail=found.detail,
    )


def _as_wide(found: Difference, engine: str) -> bool:
    """SQLite looks at nothing but the affinity of a type, and not at its length."""
    before, arrow, after = found.detail.partition(" -> ")
    if not arrow:
        return False
    return not found.data_loss or (engine == "sqlite" and affinity(before) == affinity(after))


def finding(kind: str, name: str, detail: str) -> SchemaFinding:
    """A finding with the severity and advice of its kind."""
    severity, do = KINDS[kind]
    return SchemaFinding(kind=kind, object=name, severity=severity, side="target", detail=detail, do=do)


def forgotten(source: Database, target: Database, pairs: SequenceOf[ComparedTable]) -> Iterator[SchemaFinding]:
    """What is left half done on the target; what is the same on the source is not said."""
    ends = source.catalog(), target.catalog()
    tables = {table.full_name: table for table in ends[0].tables}
    counterparts = {pair.target: tables[pair.source] for pair in pairs if pair.source in tables}
    columns = {(pair.target, column.target.name): column.source.name for pair in pairs for column in pair.columns}
    for table in ends[1].tables:
        there = counterparts.get(table.full_name)
        yield from _numbers(source, target, table, there, columns)
        yield from _unchecked(table, there)
        yield from _triggers(table, there)
        for index in table.indexes:
            if not index.valid:
                yield finding("index_invalid", f"{table.full_name}.{index.name}", "It was not built to its end.")
    filled = {view.full_name for view in ends[0].views if view.materialized and view.populated}
    for view in ends[1].views:
        if not view.populated and view.full_name in filled:
            yield finding("view_unfilled", view.full_name, "It was made WITH NO DATA; the source's is filled.")
    yield from _large_objects(source, target)
    if family(target.engine) == "postgresql":
        for schema, name, constraint in target.query(REFERENCES_OFF):
            label = f"{qualified(schema, name)}.{constraint}"
            yield finding("constraint_off", label, "The triggers that check it are disabled.")


def left_out(omissions: SequenceOf[Omission], target: Catalog) -> Iterator[SchemaFinding]:
    """Objects of the source that no conversion carries over, where the target has none of that kind and name either."""
    there = set(_names(target))
    for one in omissions:
        if one.kind in LOST and not any((one.kind, name) in there for name in _own_names(one.object)):
            lost = missing(one.object, one.kind)
            yield of_difference(lost).model_copy(update={"detail": f"missing: {one.reason}"})


def _own_names(label: str) -> Iterator[str]:
    """What may be the object's own name in `schema.table.name` or `schema.name(signature)`: names may have dots."""
    words = label.partition("(")[0].lower().split(".")
    yield from (".".join(words[number:]) for number in range(len(words)))


def _names(catalog: Catalog) -> Iterator[tuple[str, str]]:
    owners: list[Table | View] = [*catalog.tables, *catalog.views]
    for owner in owners:
        yield ("table" if isinstance(owner, Table) else "view"), owner.name.lower()
        yield from (("trigger", trigger.name.lower()) for trigger in owner.triggers)
    for table in catalog.tables:
        yield from (("check", (check.name or "").lower()) for check in table.checks)
        yield from (("foreign key", (key.name or "").lower()) for key in table.foreign_keys)
        yield from (("unique constraint", (key.name or "").lower()) for key in table.uniques)
    yield from (("routine", routine.name.lower()) for routine in catalog.routines)


def _large_objects(source: Database, target: Database) -> Iterator[SchemaFinding]:
    """Large objects of PostgreSQL are in no table of a user's: a mover of tables leaves them out."""
    counts = [
        database.query("SELECT count(*) FROM pg_catalog.pg_largeobject_metadata")[0][0]
        if family(database.engine) == "postgresql"
        else 0
        for database in (source, target)
    ]
    if counts[1] < counts[0]:
        yield finding("large_objects", "pg_largeobject", f"The source has {counts[0]:,}, the target {counts[1]:,}.")


def _numbers(
    source: Database, target: Database, table: Table, there: Table | None, columns: dict[tuple[str, str], str]
) -> Iterator[SchemaFinding]:
    """Where the next number of a column is not behind those of its rows, or is one that the source gave already."""
    catalog = target.catalog()
    if table.kind == "foreign" or (table.partitioning is not None and table.partitioning.parent):
        return  # numbered elsewhere, or with the table that it is a part of
    for column in table.columns:
        numbers = _next(catalog, table, column)
        if numbers is None:
            continue
        name = f"{table.full_name}.{column.name}"
        following, step = numbers
        if following is None:
            yield finding("numbers_unknown", name, "The state of its sequence can't be read.")
            continue
        last = _extreme(target, table, column, step)
        if isinstance(last, str):
            yield finding("numbers_unknown", name, last)
        elif last is not None and (following <= last if step > 0 else following >= last):
            yield finding("numbers_behind", name, f"The next number is {following}, the rows go to {last}.")
        elif there is not None and (name_there := columns.get((table.full_name, column.name))):
            theirs = _next(source.catalog(), there, there.column(name_there))
            if theirs and theirs[0] is not None and step > 0 and following < theirs[0]:
                detail = f"The next number is {following}, the source's {theirs[0]}: deleted rows' numbers come again."
                yield finding("numbers_again", name, detail)


def _next(catalog: Catalog, table: Table, column: Column) -> tuple[int | None, int] | None:
    """(next number, step) of a column that the engine numbers; None where it doesn't."""
    name = column.identity.sequence if column.identity else sequence_of(column.default)
    if name is None:
        return (column.identity.next_value, 1) if column.identity else None
    sequence = next((one for one in catalog.sequences if one.full_name == name), None)
    if sequence is None:
        return None, 1
    return _following(sequence), sequence.increment


def _following(sequence: Sequence) -> int | None:
    if sequence.last_value is None:
        return None
    return sequence.last_value + (sequence.increment if sequence.is_called else 0)


def _extreme(database: Database, table: Table, column: Column, step: int) -> int | str | None:
    """The largest value of a column (the smallest, where it counts down), or why it can't be read."""
    engine = family(database.engine)
    quote = {"postgresql": postgresql, "mysql": mysql, "sqlite": sqlite}[engine].quote_identifier
    function = "max" if step > 0 else "min"
    sql = f"SELECT {function}({quote(column.name)}) FROM {QUOTED[engine](table.schema_name, table.name)}"
    try:
        value = database.query(sql)[0][0]
    except EngineError as error:
        if error.code == "CONNECTION_LOST":
            raise
        return f"Its rows can't be read: {error.what}"
    return None if value is None or not isinstance(value, int) else value


def _unchecked(table: Table, there: Table | None) -> Iterator[SchemaFinding]:
    """References and checks that the server didn't hold against all rows, where the source's are held."""
    loose = {tuple(key.columns) for key in there.foreign_keys if not key.validated} if there else set()
    for key in table.foreign_keys:
        if not (key.validated and key.enforced) and tuple(key.columns) not in loose:
            words = "It is not enforced." if not key.enforced else "It is NOT VALID: old rows were not checked."
            yield finding("constraint_unchecked", f"{table.full_name}.{key.name}", words)
    known = {check.name for check in there.checks if not (check.validated and check.enforced)} if there else set()
    for check in table.checks:
        if not (check.validated and check.enforced) and check.name not in known:
            words = "It is not enforced." if not check.enforced else "It is NOT VALID: old rows were not checked."
            yield finding("constraint_unchecked", f"{table.full_name}.{check.name}", words)


def _triggers(table: Table, there: Table | None) -> Iterator[SchemaFinding]:
    off = {trigger.name for trigger in there.triggers if not trigger.enabled} if there else set()
    for trigger in table.triggers:
        if not trigger.enabled and trigger.name not in off:
            yield finding("trigger_off", f"{table.full_name}.{trigger.name}", "It is disabled.")
