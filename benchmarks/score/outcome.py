"""One schema converted, its statements run on a real server, and the result read back."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass, field

from benchmarks.score.corpus import Corpus
from conversion.convert import convert
from conversion.mapping import Statement
from conversion.result import Conversion
from engines.catalog import Catalog
from engines.errors import DbmoError
from engines.families import family
from engines.grant import Grant
from engines.profile import TableProfile
from engines.registry import open_database, open_writer


@dataclass
class Outcome:
    """source, the conversion asked for, what the target's server then has, and the statements that it refused."""

    name: str
    source: Catalog
    target: str  # engine of the target
    conversion: Conversion
    made: Catalog
    refused: list[tuple[Statement, str]] = field(default_factory=list)

    @property
    def direction(self) -> str:
        """`mysql -> postgresql`; MariaDB counts as mysql."""
        return f"{family(self.source.engine)} -> {self.target}"


def converted(corpus: Corpus, name: str, engine: str, target: str) -> Outcome:
    """Convert the engine's schema of that name and make it on an empty database of the target engine."""
    return carried(corpus, name, corpus.catalog(name, engine), corpus.profiles(name, engine), target)


def carried(corpus: Corpus, name: str, source: Catalog, profiles: dict[str, TableProfile], target: str) -> Outcome:
    """Convert a catalog, whose tables may have profiles, and make it on an empty database of the target engine."""
    url = corpus.empty(target)
    if target == "sqlite":
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
            connection.execute("PRAGMA user_version = 1")
            connection.commit()
    with closing(open_database(url)) as database:
        version, flavour = database.version, database.engine
        home = database.catalog().database if target == "mysql" else "public"
    conversion = convert(source, profiles, flavour, version, target_schema=home)
    refused = run(url, conversion.statements)
    with closing(open_database(url)) as database:
        return Outcome(name, source, target, conversion, database.catalog(), refused)


def run(url: str, statements: list[Statement]) -> list[tuple[Statement, str]]:
    """Run each statement in a transaction of its own; those that the server refused, with its words."""
    refused = []
    with closing(open_database(url)) as database:
        grant = Grant(migration="score", target=database.identity, plan_hash="", scratch=True)
    with closing(open_writer(url, grant)) as writer:
        for statement in statements:
            try:
                with writer.begin() as connection:
                    writer.run(connection, statement.sql)
            except DbmoError as error:
                refused.append((statement, str(error)))
    return refused
