"""How a workload reads tables: alone, or joined with the table they refer to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from engines.families import family

DIALECTS = {"postgresql": "postgres", "mysql": "mysql", "sqlite": "sqlite"}


@dataclass(frozen=True)
class Access:
    """Queries that read a table together with its parent, and those that read it without."""

    joined: int = 0
    alone: int = 0


class Workload:
    """Which tables each query names; queries that can't be parsed count as not there (unread says how many)."""

    def __init__(self, queries: Iterable[str], engine: str) -> None:
        self.unread = 0
        self._tables: list[set[str]] = []
        for query in queries:
            try:
                found = sqlglot.parse(query, read=DIALECTS[family(engine)])
            except SqlglotError:
                self.unread += 1
                continue
            self._tables += [{table.name.lower() for table in one.find_all(exp.Table)} for one in found if one]

    def access(self, child: str, parent: str) -> Access:
        """How the queries read the child; names without schema."""
        reading = [tables for tables in self._tables if child.lower() in tables]
        joined = sum(parent.lower() in tables for tables in reading)
        return Access(joined, len(reading) - joined)
