"""A document as rows: each value into its column or table, what they can't say into the residue of its row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from conversion.documents.codecs import storable_text
from conversion.documents.keys import KEY_LENGTH
from conversion.documents.mapping import CollectionMapping
from conversion.documents.plan import Plan, RowPlan, Step
from conversion.documents.residue import Path, Residue
from conversion.documents.values import MISSING, as_object, is_array, same
from engines.errors import UsageError

Row = dict[str, Any]
Rows = dict[str, list[Row]]
KEY_FIELD = "_id"
MOST_ROWS = 1_000
EMPTY = {"missing": MISSING, "null": None}


class Shredder:
    """Shreds the documents of one collection, one at a time; memory is that of one document and its rows.

    full: called in the middle of a document when a table has 1,000 rows: it may take all rows away, and memory is then
    that of the document itself.
    """

    def __init__(self, mapping: CollectionMapping, full: Callable[[Rows], None] | None = None) -> None:
        self.plan = Plan(mapping)
        self.tables = [found.table for found in mapping.tables]
        self.full = full

    def rows(self, document: Any) -> Rows:
        """The rows by table, every row with all columns of its table.

        UsageError DOCUMENT_WITHOUT_ID for a document without _id, NOT_BSON for values that no document can hold.
        """
        fields = as_object(document)
        if fields is None or KEY_FIELD not in fields:
            raise UsageError(
                "DOCUMENT_WITHOUT_ID",
                f"A document of {self.plan.mapping.source} has no _id, so its rows would have no key.",
                "Read documents whole, with their _id.",
            )
        rows: Rows = {table: [] for table in self.tables}
        self.add(fields, rows)
        return rows

    def add(self, fields: dict[str, Any], rows: Rows) -> None:
        """Add the rows of a document's fields (with its _id) to those of others; a row is whole once it is added."""
        key = (self.plan.key.encode(fields[KEY_FIELD]),)
        row, residue = self._row(self.plan.root, key)
        self._fields(self.plan.root.value, fields, row, residue, (), key, rows)
        row[self.plan.root.residue] = residue.text()
        rows[self.plan.root.table].append(row)

    def _row(self, plan: RowPlan, key: tuple[Any, ...]) -> tuple[Row, Residue]:
        row = plan.blank.copy()
        row.update(zip(plan.key, key, strict=True))
        return row, Residue()

    def _put(
        self, step: Step, value: Any, row: Row, residue: Residue, path: Path, key: tuple[Any, ...], rows: Rows
    ) -> bool:
        """Store one value; True when that left a trace: something not NULL, a row, or a word in the residue."""
        if value is MISSING or value is None:
            if step.kind == "key":
                return self._key(step, value, row, residue, path)
            if value is EMPTY.get(step.default, step):
                return False
            if value is MISSING:
                residue.absent[path] = None
            else:
                residue.values[path] = None
            return True
        match step.kind:
            case "column":
                return self._column(step, value, row, residue, path)
            case "object":
                return self._object(step, value, row, residue, path, key, rows)
            case "rows":
                return self._elements(step, value, row, residue, path, key, rows)
            case "columns":
                return self._one_of(step, value, row, residue, path)
            case "key":
                return self._key(step, value, row, residue, path)
        residue.values[path] = value
        return True

    def _key(self, step: Step, value: Any, row: Row, residue: Residue, path: Path) -> bool:
        assert step.codec is not None
        if type(value) in step.codec.certain:
            return True
        back = step.codec.decode(row[step.columns[0]])
        if back is MISSING or not same(back, value):
            residue.values[path] = value
        return True

    def _column(self, step: Step, value: Any, row: Row, residue: Residue, path: Path) -> bool:
        assert step.codec is not None
        stored = step.codec.encode(value)
        if stored is None:
            residue.values[path] = value
            return True
        if len(step.columns) == 1:
            row[step.columns[0]] = stored
        else:
            row.update(zip(step.columns, stored, strict=True))
        if step.node.encoding == "json" or type(value) in step.codec.certain:
            return True
        if step.codec.exact is None or not step.codec.exact(value, stored):
            back = step.codec.decode(stored)
            if back is MISSING or not same(back, value):
                residue.values[path] = value
        return True

    def _one_of(self, step: Step, value: Any, row: Row, residue: Residue, path: Path) -> bool:
        """The first of the typed columns that gives the value back as it is."""
        for choice in step.children:
            assert choice.codec is not None
            stored = choice.codec.encode(value)
            if stored is None:
                continue
            back = choice.codec.decode(stored)
            if back is not MISSING and same(back, value):
                row.update(zip(choice.columns, stored if len(choice.columns) > 1 else (stored,), strict=True))
                return True
        residue.values[path] = value
        return True

    def _object(
        self, step: Step, value: Any, row: Row, residue: Residue, path: Path, key: tuple[Any, ...], rows: Rows
    ) -> bool:
        fields = as_object(value)
        if fields is None:
            residue.values[path] = value
            return True
        if self._fields(step, fields, row, residue, path, key, rows):
            return True
        if fields or step.default != "empty":
            residue.values[path] = value  # nothing of it shows in the row, so the row can't say that it is there
            return True
        return False

    def _fields(
        self, step: Step, fields: Row, row: Row, residue: Residue, path: Path, key: tuple[Any, ...], rows: Rows
    ) -> bool:
        traced = False
        for child in step.children:
            value = fields.get(child.name, MISSING)
            if type(value) in child.certain:
                stored = child.encode(value)
                if stored is not None:
                    row[child.column] = stored
                    traced = True
                    continue
            traced |= self._put(child, value, row, residue, (*path, child.name), key, rows)
        names = list(fields)
        if names == step.order:
            return traced
        expected = [name for name in step.order if name in fields]
        for name in names:
            if name not in step.names:
                expected.append(name)
                residue.values[(*path, name)] = fields[name]
                traced = True
        if traced and expected != names:
            residue.orders[path] = names
        return traced

    def _elements(
        self, step: Step, value: Any, row: Row, residue: Residue, path: Path, key: tuple[Any, ...], rows: Rows
    ) -> bool:
        plan = step.rows
        assert plan is not None
        entries = as_object(value) if plan.map_key else value
        if entries is None or (plan.map_key is None and not is_array(value)):
            residue.values[path] = value
            return True
        if not entries:
            if step.default == "empty":
                return False
            residue.values[path] = value
            return True
        found, inside = rows[plan.table], plan.value
        left = Residue()
        for place, entry in enumerate(entries):
            own = (*key, place)
            made = plan.blank.copy()
            made.update(zip(plan.key, own, strict=True))
            if plan.map_key is not None:
                made[plan.map_key] = storable_text(entry, self.plan.target, KEY_LENGTH)
                left.key = entry if made[plan.map_key] is None else None
            item = entries[entry] if plan.map_key is not None else entry
            stored = inside.encode(item) if type(item) in inside.certain else None
            if stored is not None:
                made[inside.column] = stored
            else:
                self._put(inside, item, made, left, (), own, rows)
            if left:
                made[plan.residue] = left.text()
                left = Residue()
            found.append(made)
            if self.full is not None and len(found) >= MOST_ROWS:
                self.full(rows)
        return True


def shred(document: Any, mapping: CollectionMapping) -> Rows:
    """The rows of one document by table; Shredder does the same for many documents."""
    return Shredder(mapping).rows(document)
