"""Tables and columns that may be one thing under two names, with what speaks for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import Field

from conversion.forms import default_form, fold, generated_form, identity_form
from conversion.normal_types import collation_form, type_form
from conversion.rename_evidence import Facts, alike, in_words, overlap, same, weighed
from conversion.sides import Sides
from engines.catalog import Catalog, Column, Model, Table

# What speaks for a renamed column, and how much (0..1 together): weights of this project, not measurements. A type
# alone is no evidence, because most schemas have many columns of one type; a place, keys and names are.
COLUMN_WEIGHTS = {
    "name": 0.30, "position": 0.20, "keys and indexes": 0.20, "values": 0.15, "default": 0.05, "nullability": 0.05,
    "comment": 0.05,
}  # fmt: skip
TABLE_WEIGHTS = {
    "columns": 0.55, "name": 0.15, "keys and indexes": 0.10, "references": 0.10, "rows": 0.05, "comment": 0.05,
}  # fmt: skip
SHOWN = 0.35  # below it two things have little in common and aren't named together
CLEAR = 0.60  # above it, and with nobody near, a rename may be proposed
NEARLY = 0.75  # names this alike are one name written otherwise; two columns of other names may hold other things
WHOLE = 0.90  # tables with so many columns in common
MARGIN = 0.15  # how far the next best must be behind
MIN_COLUMNS = 3  # a table of one or two columns is like many others
MANY_PAIRS = 100_000  # beyond it only tables of exactly the same columns are paired


class Rename(Model):
    """source is missing in the second catalog, target was added there: perhaps the same thing under another name.

    kind: table or column; both are full names. score: 0 to 1. evidence: what speaks for and against it, a phrase each.
    proposed: no other pair comes near, and it is clear: columns of one type and nearly one name, or with equal values;
    tables with nearly all columns in common. All others are only named, for a person to confirm.
    """

    kind: str
    source: str
    target: str
    score: float
    evidence: list[str] = Field(default_factory=list)
    proposed: bool = False


@dataclass(frozen=True)
class Pair:
    """Two things that may be one, before it is known what else may be."""

    source: str
    target: str
    score: float
    evidence: tuple[str, ...]
    clear: bool


def renames(
    a: Catalog,
    b: Catalog,
    rows: tuple[Mapping[str, int], Mapping[str, int]] = ({}, {}),
    values: tuple[Mapping[str, str], Mapping[str, str]] = ({}, {}),
) -> list[Rename]:
    """Candidates from a (before) to b (after), tables first, the likeliest first.

    rows: exact counts by full name of the table on both sides; values: any fingerprint of a column's values by its
    full name. Both are optional; where they are given for both, equal ones speak for a rename and others against it.
    """
    sides, facts = Sides(a, b), Facts(rows, values)
    tables = _tables(sides, facts)
    found = _chosen("table", tables)
    same = [(one, other) for _, one, other in sides.paired(a.tables, b.tables) if one and other]
    sure = {item.source: item.target for item in found if item.proposed}
    moved = [(a.table(source), b.table(target)) for source, target in sure.items()]
    for one, other in (*same, *moved):
        found += _chosen("column", _columns(sides, facts, one, other))
    return found


def _chosen(kind: str, pairs: list[Pair]) -> list[Rename]:
    """Pairs worth naming; proposed are those that are clear and the best for both of their ends by a margin."""
    worth = sorted(
        (pair for pair in pairs if pair.score >= SHOWN), key=lambda pair: (-pair.score, pair.source, pair.target)
    )
    found = []
    for pair in worth:
        rivals = [other for other in worth if other is not pair and _meet(pair, other)]
        alone = all(pair.score - other.score >= MARGIN and not other.clear for other in rivals)
        evidence = [*pair.evidence, *([] if alone else ["another pair is nearly as likely"])]
        proposed = alone and pair.clear and pair.score >= CLEAR
        found.append(
            Rename(kind=kind, source=pair.source, target=pair.target, score=round(pair.score, 2), evidence=evidence,
                   proposed=proposed)
        )  # fmt: skip
    return found


def _meet(one: Pair, other: Pair) -> bool:
    return one.source == other.source or one.target == other.target


def _columns(sides: Sides, facts: Facts, a: Table, b: Table) -> list[Pair]:
    engine = sides.engine
    there = {fold(column.name, engine) for column in b.columns}
    before = {fold(column.name, engine) for column in a.columns}
    gone = [column for column in a.columns if fold(column.name, engine) not in there]
    new = [column for column in b.columns if fold(column.name, engine) not in before]
    return [pair for one in gone for other in new if (pair := _column_pair(engine, facts, (a, one), (b, other)))]


def _column_pair(engine: str, facts: Facts, one: tuple[Table, Column], other: tuple[Table, Column]) -> Pair | None:
    """None where the types differ, or one is computed otherwise: values can't simply have stayed."""
    a, b = one[1], other[1]
    if type_form(a, engine) != type_form(b, engine) or generated_form(a, engine) != generated_form(b, engine):
        return None
    if identity_form(a) != identity_form(b) or collation_form(a, engine) != collation_form(b, engine):
        return None
    names = tuple(f"{table.full_name}.{column.name}" for table, column in (one, other))
    shares: dict[str, float | None] = {
        "name": alike(a.name, b.name),
        "position": _place(one, other, engine),
        "keys and indexes": _uses(one, other),
        "values": facts.same_values(names[0], names[1]),
        "default": same(default_form(a, engine), default_form(b, engine), ""),
        "nullability": float(a.nullable == b.nullable),
        "comment": same(a.comment, b.comment, None),
    }
    evidence = [f"both are {a.native}", *in_words(shares)]
    clear = shares["values"] == 1.0 or ((shares["name"] or 0) >= NEARLY and shares["values"] is None)
    return Pair(names[0], names[1], weighed(shares, COLUMN_WEIGHTS), tuple(evidence), clear)


def _place(one: tuple[Table, Column], other: tuple[Table, Column], engine: str) -> float:
    """1 where the same columns stand before and behind it, or its number is the same; half where one neighbour is."""
    sides = []
    for table, column in (one, other):
        names = [fold(item.name, engine) for item in table.columns]
        at = names.index(fold(column.name, engine))
        sides.append((names[at - 1] if at else None, names[at + 1] if at + 1 < len(names) else None))
    same = sum(left == right for left, right in zip(*sides, strict=True))
    return 1.0 if same == 2 or one[1].position == other[1].position else same / 2


def _uses(one: tuple[Table, Column], other: tuple[Table, Column]) -> float | None:
    """How alike the keys, references and indexes are that the columns take part in; None where neither does."""
    uses = [_parts(table, column.name) for table, column in (one, other)]
    if not any(uses):
        return None
    return 2 * len(uses[0] & uses[1]) / (len(uses[0]) + len(uses[1]))


def _parts(table: Table, name: str) -> set[tuple[object, ...]]:
    """Each part of the table that names the column, with the column's place in it and not its name."""
    found: set[tuple[object, ...]] = set()
    if table.primary_key is not None and name in table.primary_key.columns:
        found.add(("primary key", table.primary_key.columns.index(name), len(table.primary_key.columns)))
    for key in table.uniques:
        if name in key.columns:
            found.add(("unique", key.columns.index(name), len(key.columns)))
    for reference in table.foreign_keys:
        if name in reference.columns:
            place = reference.columns.index(name)
            found.add(("reference", reference.referenced_table, reference.referenced_columns[place]))
    for index in table.indexes:
        columns = [part.column for part in index.keys]
        if name in columns:
            found.add(("index", columns.index(name), len(columns), index.unique, index.method))
    return found


def _tables(sides: Sides, facts: Facts) -> list[Pair]:
    paired = sides.paired(sides.a.tables, sides.b.tables)
    gone = [one for _, one, other in paired if other is None]
    new = [other for _, one, other in paired if one is None]
    pairs = [(one, other) for one in gone for other in new] if len(gone) * len(new) <= MANY_PAIRS else []
    if not pairs:
        shapes: dict[frozenset[tuple[str | None, str]], list[Table]] = {}
        for other in new:
            shapes.setdefault(frozenset(_shape(other, sides.engine)), []).append(other)
        pairs = [(one, other) for one in gone for other in shapes.get(frozenset(_shape(one, sides.engine)), ())]
    return [_table_pair(sides.engine, facts, one, other) for one, other in pairs if one.kind == other.kind]


def _table_pair(engine: str, facts: Facts, a: Table, b: Table) -> Pair:
    left, right = _shape(a, engine), _shape(b, engine)
    common = len(left & right)
    shares: dict[str, float | None] = {
        "columns": 2 * common / ((len(left) + len(right)) or 1),
        "name": alike(a.name, b.name),
        "keys and indexes": _counts(a, b),
        "references": overlap(_references(a, engine), _references(b, engine)),
        "rows": facts.same_rows(a.full_name, b.full_name),
        "comment": same(a.comment, b.comment, None),
    }
    whole = (shares["columns"] or 0) >= WHOLE and min(len(left), len(right)) >= MIN_COLUMNS
    two_of_a_kind = a.name != b.name and shares["name"] == 0.0
    clear = shares["rows"] == 1.0 or (whole and shares["rows"] is None and not two_of_a_kind)
    evidence = [f"{common} of {max(len(left), len(right))} columns have the same name and type", *in_words(shares)]
    return Pair(a.full_name, b.full_name, weighed(shares, TABLE_WEIGHTS), tuple(evidence), clear)


def _shape(table: Table, engine: str) -> set[tuple[str | None, str]]:
    return {(fold(column.name, engine), type_form(column, engine)) for column in table.columns}


def _counts(a: Table, b: Table) -> float:
    """How alike the primary keys, uniques and indexes are, by their columns."""
    parts = [
        {
            ("primary key", tuple(table.primary_key.columns) if table.primary_key else ()),
            *(("unique", tuple(key.columns)) for key in table.uniques),
            *(("index", tuple(str(part.column) for part in index.keys)) for index in table.indexes),
        }
        for table in (a, b)
    ]
    return overlap(parts[0], parts[1]) or 0.0


def _references(table: Table, engine: str) -> set[tuple[object, ...]]:
    return {
        (tuple(str(fold(name, engine)) for name in key.columns), key.referenced_table) for key in table.foreign_keys
    }
