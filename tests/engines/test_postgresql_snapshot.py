"""A moment of PostgreSQL: whether it can still be read, and whether it still shows all rows of a table."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import psycopg
import pytest

from engines.errors import DbmoError, UsageError
from engines.full_names import qualified
from engines.grant import Grant
from engines.postgresql.quoting import quote_identifier
from engines.postgresql.relations import find_altered
from engines.postgresql.snapshot import PostgresqlSnapshot
from engines.postgresql.writer import PostgresqlWriter
from engines.registry import open_database
from tests.moving import change, fetch
from tests.servers import Server


@pytest.mark.parametrize(("ended", "failed"), [(False, False), (False, True), (True, False), (True, True)])
def test_a_moment_whose_server_ended_it_is_not_alive(postgresql_15: Server, ended: bool, failed: bool) -> None:
    url = postgresql_15.create_database()
    snapshot = PostgresqlSnapshot(url, "here")
    if failed:
        with pytest.raises(DbmoError):
            snapshot.query("SELECT 1 / 0")
    if ended:
        fetch(url, f"SELECT pg_terminate_backend({snapshot.connection.info.backend_pid}, 10000)")
    assert snapshot.alive() is not ended
    snapshot.close()


def test_a_session_that_is_refused_is_closed(empty_15: str, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[psycopg.Connection[Any]] = []

    def refuse(connection: psycopg.Connection[Any], _: object) -> int:
        opened.append(connection)
        raise UsageError("POOLED", "", "")

    with closing(open_database(empty_15)) as database:
        writer = PostgresqlWriter(empty_15, "here", Grant("m", database.identity, "", scratch=True))
    monkeypatch.setattr("engines.postgresql.snapshot.configure", refuse)
    monkeypatch.setattr("engines.postgresql.writer.configure", refuse)
    with pytest.raises(DbmoError, match="POOLED"):
        PostgresqlSnapshot(empty_15, "here")
    with pytest.raises(DbmoError, match="POOLED"), writer.begin():
        pass
    writer.close()
    assert [connection.closed for connection in opened] == [True, True]


# table -> what somebody does to it
SAME = {
    "same": ("UPDATE same SET v = 2", "DELETE FROM same WHERE id = 2", "CREATE INDEX ON same (v)"),
    'sa"m.e': ('ALTER TABLE "sa""m.e" ADD COLUMN w int DEFAULT 1', 'COMMENT ON TABLE "sa""m.e" IS \'s\''),
    "wider": ("ALTER TABLE wider ALTER COLUMN v DROP NOT NULL",),
}
ALTERED = {
    "emptied": ("TRUNCATE emptied",),
    "rewritten": ("ALTER TABLE rewritten ALTER COLUMN v TYPE bigint",),
    "anew": ("ALTER TABLE anew DROP COLUMN v, ADD COLUMN v int DEFAULT 7",),
    "swapped": ("ALTER TABLE swapped RENAME v TO w", "ALTER TABLE swapped RENAME id TO v"),
    "another": ("ALTER TABLE another RENAME TO earlier", "CREATE TABLE another (id int, v int)"),
    "gone": ("DROP TABLE gone",),
    "back": ("DROP TABLE back", "CREATE TABLE back (id int, v int)"),
}


def test_tables_that_are_others_than_at_the_moment_are_told(postgresql_15: Server) -> None:
    """To an older moment most of them are empty, without an error; of a missing one it is the reading that fails."""
    url = postgresql_15.create_database()
    tables = {**SAME, **ALTERED}
    change(url, *(f"CREATE TABLE {quote_identifier(name)} (id int, v int NOT NULL DEFAULT 1)" for name in tables))
    with closing(PostgresqlSnapshot(url, "here")) as snapshot:
        names = [qualified("public", name) for name in tables]
        assert find_altered(names, snapshot.query) == ([], False)
        change(url, *(statement for statements in tables.values() for statement in statements))
        assert find_altered(names, snapshot.query)[0] == [f"public.{name}" for name in ALTERED]
        with pytest.raises(DbmoError, match="TABLE_ALTERED"):
            snapshot.check_unaltered(names)
        snapshot.refresh()
        snapshot.check_unaltered([name for name in names if name != "public.gone"])


# partitioned table -> what somebody does to it; each has the parts NAME_1, and NAME_2 which is split into NAME_3
PARTS_SAME = {
    "rows": ("INSERT INTO rows VALUES (1, 5), (2, 5)", "UPDATE rows SET v = v + 1", "CREATE INDEX ON rows (v)"),
    "outside": ("CREATE TABLE outside_4 (id int, v int)",),
}
PARTS_ALTERED = {
    "emptied": ("TRUNCATE emptied",),
    "part_emptied": ("TRUNCATE part_emptied_1",),
    "below_emptied": ("TRUNCATE below_emptied_3",),
    "detached": ("ALTER TABLE detached DETACH PARTITION detached_1",),
    "detached_aside": ("ALTER TABLE detached_aside DETACH PARTITION detached_aside_1 CONCURRENTLY",),
    "dropped": ("DROP TABLE dropped_1",),
    "below_dropped": ("DROP TABLE below_dropped_3",),
    "attached": ("ALTER TABLE attached ATTACH PARTITION attached_4 FOR VALUES IN (4)",),
    "made": ("CREATE TABLE made_4 PARTITION OF made FOR VALUES IN (4)",),
    "back_again": (
        "ALTER TABLE back_again DETACH PARTITION back_again_1",
        "ALTER TABLE back_again ATTACH PARTITION back_again_1 FOR VALUES IN (1)",
    ),
    "taken_back": ("BEGIN", "ALTER TABLE taken_back DETACH PARTITION taken_back_1", "ROLLBACK"),  # one moment too many
    "put_back": (
        "ALTER TABLE put_back DETACH PARTITION put_back_1",
        "ALTER TABLE put_back_1 RENAME TO earlier_1",
        "CREATE TABLE put_back_1 PARTITION OF put_back FOR VALUES IN (1)",
    ),
}


def test_a_partitioned_table_is_another_one_where_its_parts_are(postgresql_15: Server) -> None:
    """Who reads it reads the parts that it has now, of which a moment may show nothing, or what it had not then."""
    url = postgresql_15.create_database()
    tables = {**PARTS_SAME, **PARTS_ALTERED}
    for name in tables:
        change(
            url,
            f"CREATE TABLE {name} (id int, v int) PARTITION BY LIST (id)",
            f"CREATE TABLE {name}_1 PARTITION OF {name} FOR VALUES IN (1)",
            f"CREATE TABLE {name}_2 PARTITION OF {name} FOR VALUES IN (2) PARTITION BY LIST (v)",
            f"CREATE TABLE {name}_3 PARTITION OF {name}_2 DEFAULT",
            f"INSERT INTO {name} VALUES (1, 1), (2, 2)",
        )
    change(url, "CREATE TABLE attached_4 (id int, v int)", "INSERT INTO attached_4 VALUES (4, 4)")
    names = [f"public.{name}" for name in tables]
    with closing(PostgresqlSnapshot(url, "here")) as snapshot:
        assert find_altered(names, snapshot.query) == ([], False)
        snapshot.refresh()
        with psycopg.connect(url, autocommit=True) as connection:
            for statement in [one for statements in tables.values() for one in statements]:
                connection.execute(statement.encode())
        assert find_altered(names, snapshot.query)[0] == [f"public.{name}" for name in PARTS_ALTERED]
        snapshot.refresh()
        snapshot.check_unaltered(names)


def test_a_table_that_was_read_stays_as_it_is_until_its_lock_is_given_back(postgresql_15: Server) -> None:
    url = postgresql_15.create_database()
    change(url, "CREATE TABLE t (id int)", "CREATE TABLE p (id int) PARTITION BY LIST (id)")
    altering = ("SET lock_timeout = '1ms'", "TRUNCATE t")
    with closing(PostgresqlSnapshot(url, "here")) as snapshot:
        assert not snapshot.check_unaltered(["public.t"])
        snapshot.query("SELECT FROM public.t, public.p")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            change(url, *altering)
        found = [snapshot.check_unaltered(names) for names in (["public.t"], ["public.p"], ["public.t", "public.p"])]
        assert found == [True, False, False]  # a part may be attached all the same
        assert snapshot.released == 0
        with pytest.raises(DbmoError):
            snapshot.query("SELECT 1 / 0")
        snapshot.recover()
        assert snapshot.released == 1
        change(url, *altering)
        with pytest.raises(DbmoError, match="TABLE_ALTERED"):
            snapshot.check_unaltered(["public.t"])
        snapshot.refresh()
        assert snapshot.released == 2
