"""INSERT, UPDATE and DELETE of programs, part by part; what isn't understood to the last word is refused."""

from __future__ import annotations

from dataclasses import dataclass

from conversion.procedural import dml_parts as parts
from conversion.procedural.assign import Value
from conversion.procedural.context import Context, Place
from conversion.procedural.scope import Scope
from conversion.procedural.select_parts import select_items
from conversion.procedural.tokens import Reader
from conversion.shapes import ColumnShape, Untranslatable

MODIFIERS = ("LOW_PRIORITY", "HIGH_PRIORITY", "DELAYED", "QUICK")


@dataclass
class Written:
    """A statement of the target; place: the table it writes; single: it adds exactly one row.

    head: all before VALUES, or before WHERE; rows: those of VALUES; condition: that of WHERE; returning: values of
    RETURNING, to be put into variables.
    """

    head: str
    place: Place
    single: bool = False
    rows: list[str] | None = None
    condition: str = ""
    returning: list[Value] | None = None

    @property
    def text(self) -> str:
        """The whole statement."""
        if self.rows is not None:
            return f"{self.head} VALUES {', '.join(f'({row})' for row in self.rows)}"
        return self.head + (f" WHERE {self.condition}" if self.condition else "")

    def guarded(self, guard: str) -> str:
        """The statement that does nothing unless the condition holds; Untranslatable where it has no place for it."""
        if self.rows is not None and "DEFAULT" not in {part.strip() for row in self.rows for part in row.split(",")}:
            return f"{self.head} " + " UNION ALL ".join(f"SELECT {row} WHERE {guard}" for row in self.rows)
        if self.head.startswith(("UPDATE", "DELETE")):
            return f"{self.head} WHERE " + (f"({self.condition}) AND ({guard})" if self.condition else guard)
        raise Untranslatable("a part of it that depends on a condition is an INSERT of a query")


def written(text: str, scope: Scope, context: Context) -> Written:
    """The statement on the target; Untranslatable with the reason."""
    reader = Reader(text, context.languages.source)
    word = reader.next().text.upper()
    for modifier in MODIFIERS:
        reader.take(modifier)
    for conflict, reason in parts.CONFLICT.items():
        if reader.take(conflict):
            raise Untranslatable(reason)
    if word == "INSERT":
        return _insert(reader, scope, context)
    if word == "UPDATE":
        return _update(reader, scope, context)
    if word == "DELETE":
        return _delete(reader, scope, context)
    raise Untranslatable(f"it uses {word}")


def _insert(reader: Reader, scope: Scope, context: Context) -> Written:
    reader.take("INTO")
    place = context.place(reader.dotted())
    parts.guard(place, context)
    columns = None
    if reader.peek().text == "(" and not reader.peek(1).is_word("SELECT", "WITH", "VALUES"):
        columns = [parts.column(place, parts.plain(name, context), context) for name in reader.parts()]
    if columns is None:
        columns = [column for column in place.shape.columns.values() if not column.generated]
    if reader.take("SET"):
        pairs = parts.assignments(reader.until("ON"), place, context)
        parts.end(reader)
        return _values([[value for _, value in pairs]], [column for column, _ in pairs], place, scope, context)
    if reader.take("DEFAULT", "VALUES"):
        parts.end(reader)
        return Written(f"INSERT INTO {context.table_name(place.shape)} DEFAULT VALUES", place, single=True)
    if reader.take("VALUES") or reader.take("VALUE"):
        rows = [reader.parts()]
        while reader.take(","):
            rows.append(reader.parts())
        returning = parts.returning(reader, place, scope, context)
        parts.end(reader)
        found = _values(rows, columns, place, scope, context)
        found.returning = returning
        return found
    query = reader.until("ON", "RETURNING")
    parts.end(reader)
    return _from_query(query, columns, place, scope, context)


def _values(rows: list[list[str]], columns: list[ColumnShape], place: Place, scope: Scope, context: Context) -> Written:
    kept = _without_generated_numbers(rows, columns, place)
    lines = []
    for row in rows:
        if len(row) != len(columns):
            raise Untranslatable("an INSERT has another number of values than of columns")
        lines.append(", ".join(_row(row, columns, kept, place, scope, context)))
    names = ", ".join(context.quoted(columns[number].name) for number in kept)
    head = f"INSERT INTO {context.table_name(place.shape)} ({names})"
    return Written(head, place, len(rows) == 1, lines)


def _row(
    row: list[str], columns: list[ColumnShape], kept: list[int], place: Place, scope: Scope, context: Context
) -> list[str]:
    found = {number: clock for number in kept if (clock := context.clock(row[number], columns[number], place))}
    asked = [number for number in kept if row[number].upper() != "DEFAULT" and number not in found]
    values = context.languages.values([row[number] for number in asked], scope)
    for number, value in zip(asked, values, strict=True):
        found[number] = parts.stored(value, columns[number], place, context)
    if len(found) < len(kept) and context.languages.target == "sqlite":
        raise Untranslatable("SQLite has no DEFAULT as a value")
    return [found.get(number, "DEFAULT") for number in kept]


def _without_generated_numbers(rows: list[list[str]], columns: list[ColumnShape], place: Place) -> list[int]:
    """Columns by number, without one that MySQL and SQLite number themselves when NULL is given."""
    identity = next((c.name.lower() for c in place.source.columns if c.identity), None) if place.source else None
    kept = []
    for number, column in enumerate(columns):
        numbered = identity is not None and place.shape.find(identity) == column
        given = {row[number].upper() for row in rows if number < len(row)}
        if not (numbered and given <= {"NULL", "DEFAULT", "0"} and given):
            kept.append(number)
    return kept


def _from_query(query: str, columns: list[ColumnShape], place: Place, scope: Scope, context: Context) -> Written:
    items = select_items(query, context.languages.source)
    sentence = context.languages.query(query, scope, items)
    stored: list[str] = []
    if items is not None:
        if len(items) != len(columns):
            raise Untranslatable("an INSERT has another number of values than of columns")
        stored = [
            parts.stored(value, column, place, context) for value, column in zip(sentence.values, columns, strict=True)
        ]
    names = ", ".join(context.quoted(column.name) for column in columns)
    head = f"INSERT INTO {context.table_name(place.shape)} ({names})"
    return Written(f"{head} {sentence.text(stored)}", place)


def _update(reader: Reader, scope: Scope, context: Context) -> Written:
    reader.take("ONLY")
    source = parts.target(reader, "SET")
    place = context.place(source[0])
    parts.guard(place, context)
    reader.expect("SET")
    pairs = parts.assignments(reader.until(*parts.STOPS), place, context)
    where = reader.until(*parts.STOPS) if reader.take("WHERE") else None
    returning = parts.returning(reader, place, scope, context)
    parts.end(reader)
    parts.check_order(pairs, place, context)
    query = f"FROM {source[1]}" + (f" WHERE {where}" if where else "")
    clocks = [context.clock(value, column, place) for column, value in pairs]
    asked = [f"SELECT {'1' if clock else value} {query}" for (_, value), clock in zip(pairs, clocks, strict=True)]
    sentence = context.languages.query(asked[0], scope, asked)
    sets = ", ".join(
        f"{context.quoted(column.name)} = {clock or parts.stored(value, column, place, context)}"
        for (column, _), value, clock in zip(pairs, sentence.values, clocks, strict=True)
    )
    alias, condition = sentence.target()
    text = f"UPDATE {parts.aliased(alias, place, context)} SET {sets}"
    return Written(text, place, condition=condition, returning=returning)


def _delete(reader: Reader, scope: Scope, context: Context) -> Written:
    reader.expect("FROM")
    reader.take("ONLY")
    source = parts.target(reader, "WHERE")
    place = context.place(source[0])
    parts.guard(place, context)
    where = reader.until(*parts.STOPS) if reader.take("WHERE") else None
    returning = parts.returning(reader, place, scope, context)
    parts.end(reader)
    query = f"SELECT 1 FROM {source[1]}" + (f" WHERE {where}" if where else "")
    sentence = context.languages.query(query, scope, [query])
    alias, condition = sentence.target()
    text = f"DELETE FROM {parts.aliased(alias, place, context)}"
    return Written(text, place, condition=condition, returning=returning)
