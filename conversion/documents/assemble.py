"""Rows as the document that they were made of: columns and child rows by the mapping, corrected by the residue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from conversion.documents.mapping import CollectionMapping
from conversion.documents.plan import Plan, RowPlan, Step
from conversion.documents.residue import Path, Residue, read
from conversion.documents.values import MISSING
from engines.errors import Aborted

Row = Mapping[str, Any]
Placed = dict[str, dict[tuple[int, ...], list[Row]]]  # table -> places of the row around -> rows by their own place
DEFAULTS = {"missing": MISSING, "null": None}


class Assembler:
    """Assembles the documents of one collection, one at a time."""

    def __init__(self, mapping: CollectionMapping) -> None:
        self.plan = Plan(mapping)
        self.mapping = mapping

    def document(self, rows: Mapping[str, Sequence[Row]]) -> dict[str, Any]:
        """The document whose rows these are, by table, in any order; values as drivers give them, JSON as text.

        Aborted ROWS_WITHOUT_DOCUMENT where there isn't exactly one row for the document itself.
        """
        root = rows.get(self.plan.root.table, ())
        if len(root) != 1:
            raise Aborted(
                "ROWS_WITHOUT_DOCUMENT",
                f"{self.plan.root.table} has {len(root)} rows for one document of {self.mapping.source}.",
                "Give the rows of exactly one document; check that no row was added or removed by hand.",
            )
        value = _Reader(self._placed(rows), root[0], self.plan.root).value()
        assert isinstance(value, dict)
        return value

    def _placed(self, rows: Mapping[str, Sequence[Row]]) -> Placed:
        found: Placed = {}
        for table in self.mapping.tables[1:]:
            places = table.key[1:]
            groups = found.setdefault(table.table, {})
            for row in sorted(rows.get(table.table, ()), key=lambda row: [row[name] for name in places]):
                groups.setdefault(tuple(row[name] for name in places[:-1]), []).append(row)
        return found


class _Reader:
    """Reads the value of one row."""

    def __init__(self, placed: Placed, row: Row, plan: RowPlan) -> None:
        self.placed = placed
        self.row = row
        self.plan = plan
        self.places = tuple(row[name] for name in plan.key[1:])
        self.residue: Residue = read(row[plan.residue])
        self.said = self.residue.prefixes() if self.residue else set()
        self.extras = self.residue.children() if self.residue else {}

    def value(self) -> Any:
        """The value that the row stands for; null where an element says nothing else."""
        return self._get(self.plan.value, ())[0]

    def key(self) -> str:
        """The entry's key, of a row that is an entry of an object."""
        if self.residue.key is not None:
            return self.residue.key
        return str(self.row[self.plan.map_key or ""])

    def _get(self, step: Step, path: Path) -> tuple[Any, bool]:
        """The value, and whether anything in the row tells of it."""
        if path in self.residue.values:
            return self.residue.values[path], True
        if path in self.residue.absent:
            return MISSING, True
        match step.kind:
            case "column" | "key":
                return self._column(step)
            case "object":
                return self._object(step, path)
            case "rows":
                return self._elements(step)
            case "columns":
                for choice in step.children:
                    value, traced = self._column(choice)
                    if traced:
                        return value, True
        return _default(step), False

    def _column(self, step: Step) -> tuple[Any, bool]:
        assert step.codec is not None
        if len(step.columns) == 1:
            stored = self.row[step.columns[0]]
        else:
            stored = tuple(self.row[name] for name in step.columns)
            stored = None if None in stored else stored
        return (_default(step), False) if stored is None else (step.codec.decode(stored), True)

    def _object(self, step: Step, path: Path) -> tuple[Any, bool]:
        traced = path in self.said
        found: dict[str, Any] = {}
        for child in step.children:
            value, told = self._get(child, (*path, child.name))
            traced |= told
            if value is not MISSING:
                found[child.name] = value
        if not traced:
            return _default(step, {}), False
        for name, value in self.extras.get(path, {}).items():
            found.setdefault(name, value)
        order = self.residue.orders.get(path)
        return (found if order is None else {name: found[name] for name in order}), True

    def _elements(self, step: Step) -> tuple[Any, bool]:
        assert step.rows is not None
        entries = [_Reader(self.placed, row, step.rows) for row in self.placed[step.rows.table].get(self.places, ())]
        if step.rows.map_key is not None:
            return ({entry.key(): entry.value() for entry in entries}, True) if entries else (_default(step, {}), False)
        return ([entry.value() for entry in entries], True) if entries else (_default(step, []), False)


def _default(step: Step, empty: Any = None) -> Any:
    return DEFAULTS.get(step.default, empty)


def assemble(rows: Mapping[str, Sequence[Row]], mapping: CollectionMapping) -> dict[str, Any]:
    """The document of its rows by table; Assembler does the same for many documents."""
    return Assembler(mapping).document(rows)
