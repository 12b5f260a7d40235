"""A schema that goes to another engine and back differs only where one of the two conversions said so."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.score.corpus import Corpus
from benchmarks.score.outcome import carried
from benchmarks.score.round_trip import PAIRS, RoundTrip, travelled
from engines.registry import open_database
from tests.mysql_servers import connected
from tests.servers import MysqlServer, Server, load_sql

VARIED = ["sakila", "ulogd2", "kamailio56", "mediawiki139", "powerdns"]
# SET NULL on a NOT NULL column, which InnoDB refuses to make: named by a note
REFUSED_BY_INNODB = {"public.payment.payment_rental_id_fkey"}

MYSQL = """
CREATE TABLE parent (id int unsigned NOT NULL AUTO_INCREMENT, code char(4) NOT NULL, PRIMARY KEY (id), UNIQUE (code));
CREATE TABLE child (
    parent int unsigned NOT NULL, title varchar(20) NOT NULL,
    CONSTRAINT one FOREIGN KEY (parent) REFERENCES parent (id) ON DELETE CASCADE
);
CREATE SQL SECURITY INVOKER VIEW titles AS SELECT title FROM child;
"""
POSTGRESQL = """
CREATE TABLE parent (id bigint PRIMARY KEY);
CREATE TABLE a (b bigint NOT NULL, CONSTRAINT x FOREIGN KEY (b) REFERENCES parent (id));
CREATE TABLE c (b bigint, CONSTRAINT x FOREIGN KEY (b) REFERENCES parent (id) ON DELETE RESTRICT ON UPDATE CASCADE);
CREATE VIEW asked WITH (security_invoker = true) AS SELECT b FROM a;
"""


@pytest.fixture
def corpus(corpora: Path, tmp_path: Path, postgresql_15: Server, mariadb: MysqlServer) -> Corpus:
    return Corpus(corpora, tmp_path, postgresql_15.create_database, mariadb.create_database)


@pytest.mark.parametrize("name", VARIED)
@pytest.mark.parametrize(("engine", "other"), PAIRS)
def test_differences_only_where_listed(corpus: Corpus, name: str, engine: str, other: str) -> None:
    if name not in corpus.names(engine, other):
        pytest.skip(f"{name} is missing")
    trip = travelled(corpus, name, engine, other)
    assert trip.unlisted == []
    assert {item.object for item in trip.core} <= REFUSED_BY_INNODB
    assert trip.refused == []


def round_trip(corpus: Corpus, url: str, engine: str, other: str) -> RoundTrip:
    database = open_database(url)
    source = database.catalog()
    database.close()
    there = carried(corpus, "own", source, {}, other)
    return RoundTrip(there, carried(corpus, "own", there.made, {}, engine))


def test_from_mysql(corpus: Corpus) -> None:
    """An index over lower() of a char, actions of references, and the rights of a view."""
    url = corpus.empty("mysql")
    with connected(url) as connection, connection.cursor() as cursor:
        for statement in MYSQL.split(";\n"):
            if statement.strip():
                cursor.execute(statement)
    trip = round_trip(corpus, url, "mysql", "postgresql")
    assert (trip.refused, trip.unlisted, trip.core) == ([], [], [])
    assert trip.back.made.views[0].options["security"] == "INVOKER"
    child = next(table for table in trip.back.made.tables if table.name == "child")
    assert (child.foreign_keys[0].on_update, child.foreign_keys[0].on_delete) == ("RESTRICT", "CASCADE")


def test_from_postgresql(corpus: Corpus) -> None:
    """NO ACTION and RESTRICT stay apart, and a name that had to change is among the renames."""
    url = corpus.empty("postgresql")
    script = corpus.workspace / "own.sql"
    script.write_text(POSTGRESQL)
    load_sql(url, script)
    trip = round_trip(corpus, url, "postgresql", "mysql")
    assert (trip.refused, trip.unlisted, trip.core) == ([], [], [])
    actions = {table.name: [(k.on_update, k.on_delete) for k in table.foreign_keys] for table in trip.back.made.tables}
    assert actions == {"parent": [], "a": [("NO ACTION", "NO ACTION")], "c": [("CASCADE", "RESTRICT")]}
    assert trip.back.made.views[0].options == {"security_invoker": "true"}
    assert [name for name in trip.there.conversion.renames if name.endswith(".x")] == ["public.c.x"]
