"""Pairs of SQLite files with one table each, compared."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from engines.columns import Kind, LogicalType
from transfer.canonical.columns import ComparedColumn, ComparedTable, Form, Held
from transfer.compare.findings import Findings
from transfer.compare.model import Options, TableComparison
from transfer.compare.table import compare_table
from transfer.sides.open import open_side

KINDS = {Form.NUMBER: Kind.INTEGER, Form.TEXT: Kind.TEXT, Form.TIMESTAMP: Kind.TIMESTAMP, Form.BYTES: Kind.BINARY}
ROWS = [(n, f"name {n}", n * 7 % 1000) for n in range(1, 501)]
DDL = "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b INTEGER)"
NO_KEY = "CREATE TABLE t (id INTEGER, a TEXT, b INTEGER)"


def column(name: str, form: Form = Form.TEXT, digits: int | None = None) -> ComparedColumn:
    """A column of both sides."""
    held = Held(name=name, native=form.value, type=LogicalType(kind=KINDS[form]))
    words = None if digits is None else f"{digits} digits"
    return ComparedColumn(name=name, form=form, source=held, target=held, digits=digits, tolerance=words)


def table(
    key: Sequence[str] = ("id",), range_column: str | None = "id", columns: list[ComparedColumn] | None = None
) -> ComparedTable:
    """The table t (id, a, b), or one with other columns."""
    usual = [column("id", Form.NUMBER), column("a"), column("b", Form.NUMBER)]
    columns = columns or usual
    return ComparedTable(
        name="t", source="main.t", target="main.t", columns=columns, key=list(key), range_column=range_column
    )


KEYED = table()
BUCKETED = table(range_column=None)
UNKEYED = table(key=(), range_column=None)


def write(path: Path, rows: Iterable[Sequence[Any]], ddl: str = DDL) -> Path:
    """A fresh file with the table t and these rows."""
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute(ddl)
        marks = ",".join("?" * ddl.count(",") + "?")
        connection.executemany(f"INSERT INTO t VALUES ({marks})", rows)
        connection.commit()
    return path


def change(path: Path, *statements: str) -> None:
    """Run statements on a file."""
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def compare_files(
    source: Path, target: Path, compared: ComparedTable = KEYED, findings: Findings | None = None, **options: Any
) -> TableComparison:
    """Compare the tables t of two files."""
    with (
        closing(open_side(f"sqlite:{source}", "source")) as here,
        closing(open_side(f"sqlite:{target}", "target")) as there,
        closing(findings or Findings()) as kept,
    ):
        return compare_table(here, there, compared, Options(**options), kept)


def compare_rows(
    folder: Path,
    source: Iterable[Sequence[Any]],
    target: Iterable[Sequence[Any]],
    compared: ComparedTable = KEYED,
    ddl: str = DDL,
    **options: Any,
) -> TableComparison:
    """Compare two tables with these rows."""
    return compare_files(
        write(folder / "source.db", source, ddl), write(folder / "target.db", target, ddl), compared, **options
    )


def counted(result: TableComparison) -> tuple[int, int, int]:
    """Different, missing and extra rows."""
    return result.different, result.missing, result.extra
