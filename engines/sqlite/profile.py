"""What the values of a table are: classes, ranges and forms, found by scanning it once.

The first scan counts, per column, the values, those of the class its declared type makes SQLite prefer, and the
forms that can apply; a quick second pass looks for text that isn't plain ASCII. Only columns that hold something
else are looked at again, in the same read transaction. 250,000 rows of eight columns take 1.2 s of one idle core.
Rows with large values are looked at one by one (profile_rows.py), so that memory stays small.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from engines.catalog import Column, Kind, Table
from engines.profile import ColumnProfile, TableProfile
from engines.scanning import Told, merged, silent
from engines.sqlite.forms import FORMS, FORMS_OF_STRAY_TEXT, forms_for
from engines.sqlite.profile_large import Key, LargeRow, Results
from engines.sqlite.profile_rows import Range, Rows
from engines.sqlite.quoting import quote_identifier

__all__ = ["CLASSES", "FORMS", "forms_for", "profile_table"]

CLASSES = ("integer", "real", "text", "blob")
EXPRESSIONS_PER_QUERY = 400  # of SQLite's 2,000 result columns; more tables-wide queries cost a scan each
INT32 = (-2_147_483_648, 2_147_483_647)

# Declared kind -> the classes that most of its values have; all other kinds are kept as text.
EXPECTED: dict[Kind, tuple[str, ...]] = {
    Kind.INTEGER: ("integer",),
    Kind.BOOLEAN: ("integer",),
    Kind.FLOAT: ("real",),
    Kind.DECIMAL: ("integer", "real"),
    Kind.BINARY: ("blob",),
    Kind.DYNAMIC: CLASSES,
}
# Class -> what is measured of its values.
MEASURES: dict[str, dict[str, str]] = {
    "integer": {"minimum": "min({c})", "maximum": "max({c})"},
    "real": {},
    "text": {"max_length": "max(length({c}))"},
    "blob": {"blob_bytes": "max(length({c}))"},
}
# In a UTF-16 database CAST gives two bytes per character; what counts is UTF-8, in which rows travel.
UTF8_BYTES = "max(length(CAST({c} AS BLOB)))"
UTF16_BYTES = "max(dbmo_utf8_bytes(CAST({c} AS BLOB)))"
EXACT_LENGTH = "max(CASE WHEN instr({c}, char(0)) > 0 THEN dbmo_characters(CAST({c} AS BLOB)) ELSE length({c}) END)"
COLUMNS_PER_CALL = 100  # of the 127 arguments that a function may have
FORMS_OF_FIRST_LOOK = {"iso_date", "iso_timestamp"}  # the usual forms of a moment; the rest is tried if they don't fit
FORMS_OF_WIDE_TEXT = ("nul", "invalid_utf8")
FORMS_OF_REAL = ("infinite", "beyond_int64")


def profile_table(connection: sqlite3.Connection, table: Table, told: Told = silent) -> TableProfile:
    """Scan the table on a connection of open_read_only(); sqlite3.Error where it can't be read.

    told: of the rows that the first scan saw so far, a range of rowids at a time.
    """
    encoding = str(connection.execute("PRAGMA encoding").fetchone()[0])
    with _transaction(connection):
        scan = _Scan(connection, table, encoding)
        look = {key: sql for column in table.columns for key, sql in _first_look(column).items()}
        rows, results = scan.aggregates(look, told)
        wide = scan.not_plain()
        look = {}
        for column in table.columns:
            look |= _second_look(column, results, encoding != "UTF-8", column.name in wide)
        results |= scan.aggregates(look)[1] if look else {}
    found: dict[str, Results] = {column.name: {} for column in table.columns}
    for key, value in results.items():
        found[key[0]][key] = value
    columns = {name: _assemble(name, rows, values) for name, values in found.items()}
    return TableProfile(table=table.full_name, rows=rows, columns=columns)


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    if connection.in_transaction:
        yield
        return
    connection.execute("BEGIN")
    try:
        yield
    finally:
        connection.execute("COMMIT")


class _Scan:
    """Asks aggregates of all rows of a table, whatever their size."""

    def __init__(self, connection: sqlite3.Connection, table: Table, encoding: str) -> None:
        self.connection, self.table, self.encoding = connection, table, encoding
        self.rows = Rows(connection, table)

    def aggregates(self, look: dict[Key, str], told: Told = silent) -> tuple[int, Results]:
        """Rows of the table and the result of each aggregate; a scan per EXPRESSIONS_PER_QUERY of them."""
        rows = 0
        found: Results = {}
        for counted, results in self.rows.each(
            lambda at, large: self._several(look, at, 1 if large else EXPRESSIONS_PER_QUERY),
            lambda rowid: (1, LargeRow(self.rows, rowid, self.encoding).results(look)),
        ):
            rows += counted
            found = merged((found, results), lambda key: key[2])
            told(rows)
        return rows, found

    def _several(self, look: dict[Key, str], at: Range, together: int) -> tuple[int, Results]:
        keys, (where, given) = list(look), at.where(self.rows.rowid)
        counted = 0
        results: Results = {}
        for start in range(0, len(keys) or 1, together):
            part = keys[start : start + together]
            aggregates = ["count(*)", *(look[key].format(c=quote_identifier(key[0])) for key in part)]
            sql = f"SELECT {', '.join(aggregates)} FROM {self.rows.name}{where}"
            counted, *values = self.connection.execute(sql, given).fetchone()
            results.update(zip(part, values, strict=True))
        return counted, results

    def not_plain(self) -> set[str]:
        """The text columns with anything but ASCII, or with a NUL.

        Comparing length() with the number of bytes would miss Latin-1 in a UTF-8 database: it counts each such byte.
        """
        names = [column.name for column in self.table.columns if "text" in _expected(column)]
        found: set[str] = set()
        for seen in self.rows.each(
            lambda at, large: self._seen(names, at, 1 if large else COLUMNS_PER_CALL),
            lambda rowid: LargeRow(self.rows, rowid, self.encoding).not_plain(names),
        ):
            found |= seen
        return found

    def _seen(self, names: list[str], at: Range, together: int) -> set[str]:
        where, given = at.where(self.rows.rowid)
        found: set[str] = set()
        for start in range(0, len(names), together):
            part = names[start : start + together]
            values = ", ".join(f"CAST(coalesce({quote_identifier(name)}, '') AS BLOB)" for name in part)
            sql = f"SELECT dbmo_not_plain({values}) FROM {self.rows.name}{where}"
            (numbers,) = self.connection.execute(sql, given).fetchone()
            found.update(part[int(number)] for number in (numbers or "").split())
        return found


def _expected(column: Column) -> tuple[str, ...]:
    return EXPECTED.get(column.type.kind, ("text",))


def _first_look(column: Column) -> dict[Key, str]:
    """Aggregates that are right if the column holds nothing but its expected class, and tell when it does not."""
    name, expected = column.name, _expected(column)
    look = {(name, "value", "present"): "count({c})"}
    for storage in expected:
        look[name, "class", storage] = _class_count(storage)
        for measure, sql in MEASURES[storage].items():
            look[name, "measure", measure] = sql if len(expected) == 1 else _of_values(sql, storage)
    forms = forms_for(column)
    if column.type.kind in (Kind.FLOAT, Kind.DECIMAL, Kind.DYNAMIC):
        forms["infinite"] = FORMS["infinite"]
    usual = FORMS_OF_FIRST_LOOK if forms.keys() >= FORMS_OF_FIRST_LOOK else forms.keys()
    return look | {(name, "form", form): _rows_where(sql) for form, sql in forms.items() if form in usual}


def _second_look(column: Column, results: Results, utf16: bool, wide: bool) -> dict[Key, str]:
    """What is left to find in a column that holds classes its type doesn't suggest, or text beyond ASCII."""
    name, expected = column.name, _expected(column)
    present = results[name, "value", "present"] or 0
    forms = _unusual_forms(column, results, present)
    look: dict[Key, str] = {}
    surprise = sum(results[name, "class", storage] or 0 for storage in expected) < present
    if surprise:
        for storage in CLASSES:
            look |= {} if storage in expected else {(name, "class", storage): _class_count(storage)}
            look |= {(name, "measure", m): _of_values(sql, storage) for m, sql in MEASURES[storage].items()}
        forms.extend(() if "real" in expected else FORMS_OF_REAL)
        forms.extend(() if "text" in expected else FORMS_OF_STRAY_TEXT)
    stray_text = surprise and "text" not in expected
    if stray_text or wide or (utf16 and "text" in expected and present):
        look[name, "measure", "max_length"] = _of_values(EXACT_LENGTH, "text")
        look[name, "measure", "text_bytes"] = _of_values(UTF16_BYTES if utf16 else UTF8_BYTES, "text")
        forms.extend(FORMS_OF_WIDE_TEXT)
    low, high = results.get((name, "measure", "minimum")), results.get((name, "measure", "maximum"))
    if surprise or not (low is None or high is None or INT32[0] <= low <= high <= INT32[1]):
        forms.append("fits_int32")
    return look | {(name, "form", form): _rows_where(FORMS[form]) for form in forms}


def _unusual_forms(column: Column, results: Results, present: int) -> list[str]:
    """The forms of a moment that are only looked for where the usual ones don't account for every value."""
    usual = [results[column.name, "form", form] or 0 for form in FORMS_OF_FIRST_LOOK & forms_for(column).keys()]
    if not usual or sum(usual) == present:
        return []
    return [form for form in forms_for(column) if (column.name, "form", form) not in results]


def _class_count(storage: str) -> str:
    return _rows_where(f"typeof({{c}}) = '{storage}'")


def _of_values(aggregate: str, storage: str) -> str:
    return f"{aggregate} FILTER (WHERE typeof({{c}}) = '{storage}')"


def _rows_where(condition: str) -> str:
    return f"count(*) FILTER (WHERE {condition})"


def _assemble(name: str, rows: int, results: Results) -> ColumnProfile:
    classes = {storage: results.get((name, "class", storage)) or 0 for storage in CLASSES}
    classes["null"] = rows - (results[name, "value", "present"] or 0)
    forms = {key[2]: count or 0 for key, count in results.items() if key[1] == "form"}
    if classes["integer"]:
        forms.setdefault("fits_int32", classes["integer"])
    measures = {key[2]: value for key, value in results.items() if key[1] == "measure"}
    text_bytes = measures.get("text_bytes", measures.get("max_length"))  # plain ASCII: a byte per character
    sizes = [size for size in (text_bytes, measures.get("blob_bytes")) if size is not None]
    return ColumnProfile(
        column=name,
        classes={storage: count for storage, count in classes.items() if count},
        forms={form: count for form, count in forms.items() if count},
        minimum=measures.get("minimum"),
        maximum=measures.get("maximum"),
        max_length=measures.get("max_length"),
        max_bytes=max(sizes) if sizes else None,
    )
