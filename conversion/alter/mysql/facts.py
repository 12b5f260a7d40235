"""How MySQL (InnoDB) and MariaDB carry out each change of a table: algorithm, lock, and from which version.

Sources: MySQL manual 8.0 and 8.4, "Online DDL Operations" (innodb-online-ddl-operations.html); MariaDB documentation,
"InnoDB Online DDL Operations with the INPLACE/INSTANT/NOCOPY Alter Algorithm". MySQL was not tested live.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from conversion.alter.model import Lock

Version = tuple[int, ...]
INSTANT, NOCOPY, INPLACE, COPY = "INSTANT", "NOCOPY", "INPLACE", "COPY"
ORDER = (INSTANT, NOCOPY, INPLACE, COPY)
NONE, SHARED, EXCLUSIVE = "NONE", "SHARED", "EXCLUSIVE"
LOCKS = (NONE, SHARED, EXCLUSIVE)


@dataclass(frozen=True)
class Fact:
    """instant: version from which the change only touches metadata (None: never); else algorithm, lock and rebuild."""

    mysql_instant: Version | None
    mariadb_instant: Version | None
    algorithm: str
    lock: str
    rebuild: bool


# fmt: off
FACTS: dict[str, Fact] = {
    #                            MySQL instant  MariaDB instant  otherwise  lock      rebuild
    "add column":           Fact((8, 0, 12),    (10, 3, 2),      INPLACE,   NONE,     True),
    "add column in between": Fact((8, 0, 29),   (10, 4, 0),      INPLACE,   NONE,     True),
    "add numbered column":  Fact(None,          None,            INPLACE,   SHARED,   True),
    "add virtual column":   Fact((8, 0, 0),     (10, 3, 2),      INPLACE,   NONE,     False),
    "add stored column":    Fact(None,          None,            COPY,      SHARED,   True),
    "drop column":          Fact((8, 0, 29),    (10, 4, 0),      INPLACE,   NONE,     True),
    "rename column":        Fact((8, 0, 28),    (10, 3, 2),      INPLACE,   NONE,     False),
    "move column":          Fact(None,          (10, 4, 0),      INPLACE,   NONE,     True),
    "default":              Fact((8, 0, 0),     (10, 3, 2),      INPLACE,   NONE,     False),
    "column comment":       Fact((8, 0, 0),     (10, 3, 2),      INPLACE,   NONE,     False),
    "longer text":          Fact(None,          (10, 4, 3),      INPLACE,   NONE,     False),
    "more labels":          Fact((8, 0, 0),     (10, 3, 2),      INPLACE,   NONE,     False),
    "type":                 Fact(None,          None,            COPY,      SHARED,   True),
    "numbering":            Fact(None,          None,            COPY,      SHARED,   True),
    "null":                 Fact(None,          None,            INPLACE,   NONE,     True),
    "not null":             Fact(None,          None,            INPLACE,   NONE,     True),
    "add primary key":      Fact(None,          None,            INPLACE,   NONE,     True),
    "drop primary key":     Fact(None,          None,            COPY,      SHARED,   True),
    "add index":            Fact(None,          None,            INPLACE,   NONE,     False),
    "add fulltext index":   Fact(None,          None,            INPLACE,   SHARED,   False),
    "add spatial index":    Fact(None,          None,            INPLACE,   SHARED,   False),
    "drop index":           Fact(None,          None,            INPLACE,   NONE,     False),
    "rename index":         Fact(None,          (10, 5, 2),      INPLACE,   NONE,     False),
    "add foreign key":      Fact(None,          None,            COPY,      SHARED,   True),
    "drop foreign key":     Fact(None,          (10, 3, 2),      INPLACE,   NONE,     False),
    "add check":            Fact(None,          None,            COPY,      SHARED,   True),
    "drop check":           Fact(None,          (10, 3, 2),      INPLACE,   NONE,     False),
    "table comment":        Fact(None,          (10, 3, 2),      INPLACE,   NONE,     False),
    "default charset":      Fact(None,          (10, 3, 2),      INPLACE,   NONE,     False),
    "engine":               Fact(None,          None,            COPY,      SHARED,   True),
    "storage option":       Fact(None,          None,            INPLACE,   NONE,     True),
    "partition by":         Fact(None,          None,            COPY,      SHARED,   True),
    "add partition":        Fact(None,          None,            INPLACE,   NONE,     False),
    "drop partition":       Fact(None,          None,            INPLACE,   NONE,     False),
    "rename table":         Fact((8, 0, 0),     (10, 3, 2),      INPLACE,   NONE,     False),
}
# fmt: on
METADATA = Lock(name="metadata lock", blocks="reads and writes of that object", held="a moment")
NO_TABLE = Lock(name="none on tables that are there", blocks="nothing", held="a moment")
ROWS = Lock(name="row locks", blocks="writes of the same rows", held="until the statement ends")
TOOL = "gh-ost or pt-online-schema-change"
TOOL_NOTE = "they copy the table in small pieces beside it and swap the names; foreign keys and triggers limit both"


@dataclass(frozen=True)
class Way:
    """How a whole ALTER TABLE is carried out: the heaviest of its changes decides."""

    algorithm: str
    lock: str
    rebuild: bool

    def as_lock(self) -> Lock:
        """What the statement blocks, for how long; every ALTER TABLE begins and ends with a short metadata lock."""
        blocks = {NONE: "nothing", SHARED: "writes", EXCLUSIVE: "reads and writes"}[self.lock]
        held = "a moment" if self.algorithm == INSTANT else "while the table is read"
        if self.rebuild:
            held = "while the table is written anew"
        return Lock(name=f"ALGORITHM={self.algorithm}, LOCK={self.lock}", blocks=blocks, held=held)


def way(changes: Iterable[str], engine: str, version: Version) -> Way:
    """The way of an ALTER TABLE of those changes; KeyError for a change that the table doesn't know."""
    names = set(changes)
    if {"add primary key", "drop primary key"} <= names:
        names.discard("drop primary key")  # together they are INPLACE
    ways = [_one(FACTS[name], engine, version) for name in sorted(names)]
    return Way(
        max((item.algorithm for item in ways), key=ORDER.index),
        max((item.lock for item in ways), key=LOCKS.index),
        any(item.rebuild for item in ways),
    )


def _one(fact: Fact, engine: str, version: Version) -> Way:
    since = fact.mariadb_instant if engine == "mariadb" else fact.mysql_instant
    if since is not None and version >= since:
        return Way(INSTANT, NONE, False)
    return Way(fact.algorithm, fact.lock, fact.rebuild)
