"""Columns and key of a pair of tables: what is compared in which form, and by what rows are told apart."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Literal

from engines.catalog import Kind
from engines.errors import UsageError
from engines.families import family
from engines.model import Model
from transfer.canonical.choose import compared_column
from transfer.canonical.columns import ComparedColumn, ComparedTable, Form, Held, Uncompared
from transfer.canonical.values_mongodb import ANY
from transfer.compare.model import Problem
from transfer.compare.pairing_names import match_columns
from transfer.compare.relations import Relation
from transfer.compare.row_times import row_times

NO_KEY = "No key is the same on both sides: rows are a multiset, a changed one is one missing and one extra."
WHOLE = frozenset({Kind.INTEGER, Kind.DECIMAL})
TYPELESS = {"sqlite": "jsonb_any", "mongodb": ANY}  # readings: the JSON value of a value's own class


class Refused(Model):
    """A table of both sides that can't be compared."""

    name: str
    source: str
    target: str
    problem: Problem


@dataclass
class Paired:
    """A table to compare, columns left out by wish, and notes for people."""

    table: ComparedTable
    ignored: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def paired_table(
    source: Relation, target: Relation, engines: tuple[str, str], ignored: Collection[str]
) -> Paired | Refused:
    """The comparison of two tables or views; ignored: schema.table.column of the source.

    Refused where both have a key over the same columns whose values can't be compared, or a view can't be read.
    """
    for side, relation in (("source", source), ("target", target)):
        if relation.unreadable is not None:
            return _unreadable(side, relation, source, target)
    families = family(engines[0]), family(engines[1])
    names = [column.name for column in source.columns], [column.name for column in target.columns]
    matched = match_columns(*names, engines)
    wished = [name for name in names[0] if f"{source.full_name}.{name}" in ignored]
    counterparts = {names[0][here]: names[1][there] for here, there in matched.pairs}
    told = row_times(source.columns, target.columns, counterparts)
    columns: list[ComparedColumn] = []
    uncompared = _alone(matched.left(len(names[0]), len(names[1])), names)
    uncompared += _ambiguous("source", names, matched.source_ambiguous)
    uncompared += _ambiguous("target", names[::-1], matched.target_ambiguous)
    uncompared = [one for one in uncompared if one.side == "target" or one.column not in wished]
    for here, there in sorted(matched.pairs):
        if names[0][here] in wished or names[0][here] in told:
            continue
        chosen = _column(source, here, target, there, families)
        if isinstance(chosen, ComparedColumn):
            columns.append(chosen)
        else:
            uncompared.append(chosen)
    table = ComparedTable(
        name=source.full_name,
        source=source.full_name,
        target=target.full_name,
        columns=columns,
        uncompared=uncompared,
        view=source.view or target.view,
    )
    return _keyed(table, source, target, _common_keys(source, target, counterparts, told), wished)


def _column(
    source: Relation, here: int, target: Relation, there: int, families: tuple[str, str]
) -> ComparedColumn | Uncompared:
    """Two columns of SQLite that hold integers and nothing else are numbers, though values there bring their types.

    One beside a field of any type: by value and class, as JSON.
    """
    ours, theirs = source.columns[here], target.columns[there]
    if families == ("sqlite", "sqlite") and ours.name in source.integers and theirs.name in target.integers:
        return ComparedColumn(name=ours.name, form=Form.NUMBER, source=Held.of(ours), target=Held.of(theirs))
    documents = theirs if families[1] == "mongodb" else ours
    if set(families) == TYPELESS.keys() and documents.type.kind is Kind.DYNAMIC:
        sides = [Held.of(one, TYPELESS[side]) for one, side in zip((ours, theirs), families, strict=True)]
        return ComparedColumn(name=ours.name, form=Form.JSON, source=sides[0], target=sides[1])
    return compared_column(ours.name, Held.of(ours), Held.of(theirs), families)


def _keyed(
    table: ComparedTable, source: Relation, target: Relation, common: list[tuple[str, ...]], wished: list[str]
) -> Paired | Refused:
    compared = {column.name for column in table.columns}
    usable = [key for key in common if compared.issuperset(key)]
    paired = Paired(table, wished)
    if usable:
        table.key = list(usable[0])
        table.range_column = _range_column(table, source, target)
    elif any(not set(key) & set(wished) for key in common):
        return _key_types_differ(table, common[0])
    else:
        paired.notes.append(NO_KEY)
    return paired


def _common_keys(
    source: Relation, target: Relation, counterparts: dict[str, str], told: Collection[str]
) -> list[tuple[str, ...]]:
    """Keys of the source, in its order, over columns that are together a key on the target as well.

    told: columns that stand in keys of the present rows with one value in all of them, and are left out.
    """
    there = {frozenset(key) for key in target.keys}
    return [
        tuple(name for name in key if name not in told)
        for key in source.keys
        if all(name in counterparts for name in key) and frozenset(counterparts[name] for name in key) in there
    ]


def _key_types_differ(table: ComparedTable, key: tuple[str, ...]) -> Refused:
    reasons = [f"{one.column}: {one.reason}" for one in table.uncompared if one.column in key]
    error = UsageError(
        "KEY_TYPES_DIFFER",
        f"The key ({', '.join(key)}) can't be compared: {'; '.join(reasons)}",
        "Give the key columns types that hold the same values, or ignore the key's columns to compare a multiset.",
    )
    return Refused(name=table.name, source=table.source, target=table.target, problem=Problem.of(error))


def _unreadable(side: str, relation: Relation, source: Relation, target: Relation) -> Refused:
    error = UsageError(
        "VIEW_UNREADABLE",
        f"{relation.full_name} can't be read on the {side}: {relation.unreadable}",
        "Mend or fill the view, give the right to what it reads, or leave it out.",
    )
    return Refused(name=source.full_name, source=source.full_name, target=target.full_name, problem=Problem.of(error))


def _range_column(table: ComparedTable, source: Relation, target: Relation) -> str | None:
    """The first column of the key, where it is a whole number and leads an index on both sides."""
    first = table.key_columns[0]
    indexed = first.source.name in source.led and first.target.name in target.led
    whole = first.form is Form.NUMBER and _whole(first.source) and _whole(first.target)
    return first.name if indexed and whole else None


def _whole(column: Held) -> bool:
    """An integer, or a decimal without a fraction (numeric(20) for an unsigned bigint)."""
    scaled = column.type.kind is Kind.DECIMAL and (column.type.precision is None or bool(column.type.scale))
    return column.type.kind in WHOLE and not scaled and column.reading == "native"


def _alone(left: tuple[list[int], list[int]], names: tuple[list[str], list[str]]) -> list[Uncompared]:
    gone = [Uncompared(column=names[0][n], side="source", reason="The target has no such column.") for n in left[0]]
    return gone + [
        Uncompared(column=names[1][n], side="target", reason="The source has no such column.") for n in left[1]
    ]


def _ambiguous(
    side: Literal["source", "target"], names: tuple[list[str], ...], found: dict[int, list[int]]
) -> list[Uncompared]:
    other = "target" if side == "source" else "source"
    return [
        Uncompared(
            column=names[0][number],
            side=side,
            reason=f"Its name fits several columns of the {other}: {', '.join(names[1][n] for n in fits)}.",
        )
        for number, fits in found.items()
    ]
