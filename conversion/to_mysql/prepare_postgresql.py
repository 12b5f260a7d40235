"""A PostgreSQL catalog in words that MySQL has too: domains, serial columns, partitions and inheritance taken apart."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from conversion.to_mysql.defaults import sequence_of
from conversion.to_mysql.domains import Domain, read_domain
from engines.catalog import Catalog, Check, Column, Identity, Index, IndexKey, Kind, Part, Sequence, Table
from engines.full_names import column_name
from engines.postgresql.quoting import quote_identifier

PART = "its rows live in {parent}, whose part it is"
CHILD = "MySQL has no inheritance: {parent} no longer shows the rows of {child}"


@dataclass
class Prepared:
    """The catalog to convert, and what is to be said: omissions (object, kind, reason, original), notes."""

    catalog: Catalog
    omissions: list[tuple[str, str, str, str]] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)


def prepare(source: Catalog, has_sequences: bool) -> Prepared:
    """A copy of the catalog; has_sequences: columns may be numbered by nextval() (MariaDB)."""
    made = Prepared(Catalog.model_validate(source.model_dump()))  # a deep copy, and faster than one
    catalog = made.catalog
    domains = {item.full_name: read_domain(item) for item in catalog.types if item.kind == "domain"}
    sequences = {sequence.full_name: sequence for sequence in catalog.sequences}
    _join_parts(made)
    _inherit(made)
    uses = Counter(
        sequence_of(column.default, table.schema_name) or "" for table in catalog.tables for column in table.columns
    )
    for table in catalog.tables:
        for column in table.columns:
            domain = domains.get(column.type.name or "")
            if domain is not None:
                _unfold(table, column, domain, domains, made.notes)
        _number(made, table, sequences, uses, has_sequences)
        for key in [key for key in table.uniques if not key.nulls_distinct]:
            table.uniques.remove(key)
            keys = [IndexKey(column=name) for name in key.columns]
            table.indexes.append(Index(name=key.name or "", keys=keys, unique=True, nulls_distinct=False))
        if table.kind == "unlogged":
            made.notes.append((table.full_name, "MySQL logs every table"))
        if table.options:
            words = ", ".join(f"{name}={value}" for name, value in sorted(table.options.items()))
            made.notes.append((table.full_name, f"PostgreSQL's storage options stay behind: {words}"))
    return made


def _unfold(
    table: Table, column: Column, domain: Domain, domains: dict[str, Domain], notes: list[tuple[str, str]]
) -> None:
    """The column with its domain's base type, default, NOT NULL and checks, those of domains below it too."""
    seen: set[str] = set()
    step: Domain | None = domain
    while step is not None and step.full_name not in seen:
        seen.add(step.full_name)
        column.nullable = column.nullable and not step.not_null
        if column.default is None and column.generated is None and column.identity is None:
            column.default = step.default
        for number, (name, expression) in enumerate(step.checks, 1):
            text = step.for_column(expression, quote_identifier(column.name))
            check = Check(name=f"{table.name}_{column.name}_{name or number}", expression=text)
            table.checks.append(check)
            notes.append((f"{table.full_name}.{column.name}", f"the check {check.name} is its domain's"))
        below = domains.get(step.base_name)
        if below is None:
            column.type = column.type.model_copy(update={"name": step.base_name_of_built_in})
        step = below


def _number(
    made: Prepared, table: Table, sequences: dict[str, Sequence], uses: Counter[str], has_sequences: bool
) -> None:
    """The one column that AUTO_INCREMENT can number; the others keep nextval() of a sequence."""
    found = [column for column in table.columns if column.identity or _serial(table, column, sequences, uses)]
    leading = [key.columns[0] for key in (table.primary_key, *table.uniques) if key is not None]
    leading += [index.keys[0].column or "" for index in table.indexes]
    found.sort(
        key=lambda column: (column.name not in leading, leading.index(column.name) if column.name in leading else 0)
    )
    for place, column in enumerate(found):
        sequence = _sequence(table, column, sequences)
        if place > 0:
            _plain_number(made, table, column, sequence, has_sequences)
            continue
        if column.name not in leading:
            name = f"{table.name}_{column.name}_auto"
            table.indexes.append(Index(name=name, keys=[IndexKey(column=column.name)]))
            made.notes.append((f"{table.full_name}.{column.name}", f"AUTO_INCREMENT needs a key: the index {name}"))
        following = column.identity.next_value if column.identity else _following(sequence)
        column.default = None
        column.identity = Identity(sequence=sequence.full_name if sequence else None, next_value=following)
        if sequence is not None and sequence.increment != 1:
            text = f"AUTO_INCREMENT counts by the server's auto_increment_increment, not by {sequence.increment}"
            made.notes.append((f"{table.full_name}.{column.name}", text))
        if sequence is not None:
            if sequence.owned_by is None:
                text = f"AUTO_INCREMENT of {table.full_name}.{column.name} takes its place"
                made.notes.append((sequence.full_name, text))
            sequence.identity = True


def _plain_number(made: Prepared, table: Table, column: Column, sequence: Sequence | None, has_sequences: bool) -> None:
    if sequence is not None and has_sequences:
        column.identity = None
        column.default = (
            f"nextval('{quote_identifier(sequence.schema_name)}.{quote_identifier(sequence.name)}'::regclass)"
        )
        sequence.identity = False
        text = f"numbered by the sequence {sequence.full_name}: AUTO_INCREMENT numbers one column of a table"
        made.notes.append((f"{table.full_name}.{column.name}", text))
        return
    column.identity, column.default = None, None
    reason = "MySQL numbers one column of a table, and this is the second; inserts must bring their own number"
    made.omissions.append((f"{table.full_name}.{column.name}", "identity", reason, column.native))


def _serial(table: Table, column: Column, sequences: dict[str, Sequence], uses: Counter[str]) -> bool:
    """True for an integer column whose default is the next number of a sequence that no other column uses."""
    name = sequence_of(column.default, table.schema_name)
    sequence = sequences.get(name or "")
    if sequence is None or column.type.kind is not Kind.INTEGER or uses[name or ""] > 1:
        return False
    return sequence.owned_by in (None, column_name(table.full_name, column.name))


def _sequence(table: Table, column: Column, sequences: dict[str, Sequence]) -> Sequence | None:
    name = column.identity.sequence if column.identity else sequence_of(column.default, table.schema_name)
    return sequences.get(name or "")


def _following(sequence: Sequence | None) -> int | None:
    if sequence is None or sequence.last_value is None:
        return None
    return sequence.last_value + (sequence.increment if sequence.is_called else 0)


def _join_parts(made: Prepared) -> None:
    """Parts become entries of their topmost parent, whose rows are theirs."""
    catalog = made.catalog
    by_name = {table.full_name: table for table in catalog.tables}
    for table in [item for item in catalog.tables if item.partitioning and item.partitioning.parent]:
        assert table.partitioning is not None
        parent = by_name.get(table.partitioning.parent or "")
        if parent is None or parent.partitioning is None:
            continue
        if not parent.partitioning.parent:
            parent.partitioning.parts.append(Part(name=table.name, bound=table.partitioning.bound))
        top = parent
        while top.partitioning and top.partitioning.parent in by_name:
            top = by_name[top.partitioning.parent or ""]
        if table.partitioning.strategy and not parent.partitioning.parent:
            made.notes.append((top.full_name, f"{table.full_name} isn't split again"))
        made.notes.append((table.full_name, PART.format(parent=top.full_name)))
        top.rows = (top.rows or 0) + (table.rows or 0) if table.rows is not None else top.rows
        _own_objects(made, table)
        catalog.tables.remove(table)


def _own_objects(made: Prepared, part: Table) -> None:
    """What a part has of its own can't be kept for it alone."""
    reason = "MySQL's partitions have no objects of their own"
    for index in part.indexes:
        made.omissions.append((f"{part.full_name}.{index.name}", "index", reason, index.definition or ""))
    for check in part.checks:
        made.omissions.append((f"{part.full_name}.{check.name}", "check", reason, check.expression))
    for key in part.foreign_keys:
        made.omissions.append((f"{part.full_name}.{key.name}", "foreign key", reason, key.referenced_table))
    for unique in part.uniques:
        made.omissions.append(
            (f"{part.full_name}.{unique.name}", "unique constraint", reason, ", ".join(unique.columns))
        )
    for trigger in part.triggers:
        made.omissions.append((f"{part.full_name}.{trigger.name}", "trigger", reason, trigger.definition))


def _inherit(made: Prepared) -> None:
    """Children become tables of their own, with the checks of their parents."""
    by_name = {table.full_name: table for table in made.catalog.tables}
    for table in made.catalog.tables:
        for name in table.inherits:
            made.omissions.append(
                (table.full_name, "inheritance", CHILD.format(parent=name, child=table.full_name), name)
            )
        waiting, seen = list(table.inherits), set[str]()
        while waiting:
            name = waiting.pop()
            parent = by_name.get(name)
            if parent is None or name in seen:
                continue
            seen.add(name)
            waiting += parent.inherits
            known = {check.name for check in table.checks}
            table.checks += [
                check.model_copy() for check in parent.checks if not check.no_inherit and check.name not in known
            ]
        table.inherits = []
