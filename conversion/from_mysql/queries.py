"""Queries of MySQL for each target, behind one signature."""

from __future__ import annotations

from conversion.from_mysql import postgresql_expressions, sqlite_expressions
from conversion.shapes import Shapes, Translation


def query_postgresql(sql: str, shapes: Shapes) -> Translation:
    """A query as PostgreSQL text with its output columns; Untranslatable with the reason."""
    return postgresql_expressions.query(sql, shapes)


def query_sqlite(sql: str, shapes: Shapes) -> Translation:
    """A query as SQLite text with its output columns; Untranslatable with the reason."""
    return sqlite_expressions.query(sql, shapes)
