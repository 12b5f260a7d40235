"""Defaults as expression trees, whatever the engine."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from engines.catalog import Column
from engines.families import family

if TYPE_CHECKING:
    from sqlglot import exp

DIALECTS = {"postgresql": "postgres", "mysql": "mysql", "sqlite": "sqlite"}


def default_tree(column: Column, engine: str) -> exp.Expr | None:
    """The column's default as a tree of sqlglot that is the caller's own; None for none, or one it can't read.

    engine: as Catalog.engine says. KeyError for an engine without expressions.
    """
    if column.default is None:
        return None
    tree = _parsed(column.default, DIALECTS[family(engine)])
    return None if tree is None else tree.copy()


@lru_cache(maxsize=4096)
def _parsed(text: str, dialect: str) -> exp.Expr | None:
    # it takes longer to load than most catalogs to read
    import sqlglot
    from sqlglot.errors import SqlglotError

    try:
        tree = sqlglot.parse_one(f"SELECT {text}", read=dialect)
    except SqlglotError:
        return None
    items = tree.expressions if isinstance(tree, sqlglot.exp.Select) else []
    return items[0] if len(items) == 1 else None
