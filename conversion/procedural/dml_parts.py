"""Parts of INSERT, UPDATE and DELETE: the table they write, assignments, RETURNING, and what has no translation."""

from __future__ import annotations

from conversion.procedural.assign import Value, coerced
from conversion.procedural.context import Context, Place
from conversion.procedural.scope import Scope
from conversion.procedural.tokens import Reader, split
from conversion.shapes import ColumnShape, Untranslatable

STOPS = ("WHERE", "ORDER", "LIMIT", "RETURNING", "FROM", "SET", "USING")
CONFLICT = {
    "IGNORE": "IGNORE also turns other errors into warnings and changes values so that they fit",
    "OR": "its conflict clause has no counterpart",
    "ON": "what it does on a conflict (ON CONFLICT, ON DUPLICATE KEY) depends on every unique key of the table",
}


def target(reader: Reader, stop: str) -> tuple[list[str], str]:
    """Name parts of the table, and table and alias as written."""
    start = reader.peek().start
    parts = reader.dotted()
    if reader.take("AS") or (reader.peek().kind in ("word", "quoted") and not reader.peek().is_word(stop, *STOPS)):
        reader.name()
    if reader.peek().text == ",":
        raise Untranslatable("it writes several tables at once")
    return parts, reader.text[start : reader.peek(-1).end]


def assignments(text: str, place: Place, context: Context) -> list[tuple[ColumnShape, str]]:
    """Columns and what they are set to, as written."""
    found = []
    for part in split(text, context.languages.source):
        reader = Reader(part, context.languages.source)
        if reader.peek().text == "(":
            raise Untranslatable("it sets several columns from one row")
        parts = reader.dotted()
        reader.expect("=")
        found.append((column(place, parts[-1], context), part[reader.peek().start :].strip()))
    return found


def check_order(pairs: list[tuple[ColumnShape, str]], place: Place, context: Context) -> None:
    """MySQL computes a later assignment with the values of the earlier ones, the others with the row as it was."""
    if "mysql" not in context.ends or context.ends[0] == context.ends[1]:
        return
    assigned: set[str] = set()
    for column, value in pairs:
        tokens = Reader(value, context.languages.source).tokens
        names = [
            token.name.lower()
            for token, before in zip(tokens, [None, *tokens], strict=False)
            if token.kind in ("word", "quoted") and not (before is not None and before.text == ".")
        ]
        if any(place.shape.find(name) is not None and name in assigned for name in names):
            raise Untranslatable("an assignment of an UPDATE reads what an earlier one sets: MySQL sees the new value")
        assigned |= {name for name, shape in place.shape.columns.items() if shape == column}


def returning(reader: Reader, place: Place, scope: Scope, context: Context) -> list[Value] | None:
    """The values of RETURNING on the target; None where there is none."""
    if not reader.take("RETURNING"):
        return None
    items = split(reader.until(";"), context.languages.source)
    if "*" in items:
        raise Untranslatable("it returns all columns of a changed row")
    asked = [f"SELECT {item} FROM {_written_name(place)}" for item in items]
    return context.languages.query(asked[0], scope, asked).values


def _written_name(place: Place) -> str:
    if place.source is None:
        raise Untranslatable("it returns columns of what isn't a table")
    return '"' + place.source.name.replace('"', '""') + '"'


def stored(value: Value, column: ColumnShape, place: Place, context: Context) -> str:
    """A value as the column takes it."""
    return coerced(value, column.kind, place.native(column), context.ends, place.zoned(column))


def plain(text: str, context: Context) -> str:
    """The name that a column list holds, without its table and quotes."""
    reader = Reader(text, context.languages.source)
    name = reader.dotted()[-1]
    if not reader.done:
        raise Untranslatable(f"its text can't be read at {reader.shown()}")
    return name


def column(place: Place, name: str, context: Context) -> ColumnShape:
    """The column of the table on the target; Untranslatable where it isn't there."""
    found = place.shape.find(name)
    if found is None:
        raise Untranslatable(f"column {name} of {place.shape.name} isn't on the target")
    return found


def aliased(alias: str, place: Place, context: Context) -> str:
    """The table to write; its alias only where the target's statements may have one and it is another name."""
    name = context.table_name(place.shape)
    if not alias or alias == place.shape.name:
        return name
    if context.languages.target == "sqlite":
        raise Untranslatable("statements of SQLite's triggers can't give the table they write another name")
    return f"{name} AS {context.quoted(alias)}"


def guard(place: Place, context: Context) -> None:
    """MySQL's triggers can't write the table they belong to (its manual, Restrictions on Stored Programs)."""
    if context.own_table is not None and context.own_table == place.shape and context.languages.target == "mysql":
        raise Untranslatable("it writes its own table, which MySQL forbids triggers")


def end(reader: Reader) -> None:
    """Nothing follows that has no translation; else Untranslatable with what it is."""
    for word, reason in CONFLICT.items():
        if reader.peek().is_word(word):
            raise Untranslatable(reason)
    if reader.peek().is_word("ORDER", "LIMIT"):
        raise Untranslatable("it changes only the first rows of an order (ORDER BY, LIMIT)")
    if reader.peek().is_word("FROM", "USING", "JOIN"):
        raise Untranslatable("it changes a table by joining others")
    if not reader.done:
        raise Untranslatable(f"its text can't be read at {reader.shown()}")
