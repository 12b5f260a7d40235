from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conversion.procedural import ends
from tests.conversion.schemas import sqlite_source
from tests.servers import MysqlServer, Server, load_mysql, load_sql

FILMS = "INSERT INTO film (film_id, title, description, language_id) VALUES (1, 'A', 'one', 1), (2, 'B', NULL, 1)"
ACTOR = "INSERT INTO actor VALUES (1, 'A', 'B', '2001-01-01 00:00:00')"
RECENT = "SELECT first_name, last_update > '2020-01-01 00:00:00' FROM actor"


@pytest.fixture
def made(mariadb: MysqlServer) -> Iterator[list[ends.Pair]]:
    pairs: list[ends.Pair] = []
    yield pairs
    for pair in pairs:
        pair.source.connection.close()
        pair.target.connection.close()


def from_mysql(mariadb: MysqlServer, script: Path, target: ends.End, engine: str) -> ends.Pair:
    url = mariadb.create_database()
    load_mysql(url, script, foreign_key_checks=False)
    return ends.pair(url, ends.mysql(url), target, engine)


@pytest.mark.parametrize("engine", ["postgresql", "sqlite"])
def test_sakilas_film_triggers_keep_film_text(
    corpora: Path, mariadb: MysqlServer, postgresql_18: Server, made: list[ends.Pair], engine: str
) -> None:
    target = ends.postgresql(postgresql_18.create_database()) if engine == "postgresql" else ends.sqlite(":memory:")
    pair = from_mysql(mariadb, corpora / "schemas" / "sakila" / "mysql.sql", target, engine)
    made.append(pair)
    assert not {"ins_film", "upd_film", "del_film"} & set(pair.reasons)
    pair.same("INSERT INTO language (language_id, name) VALUES (1, 'English')")
    assert pair.same(FILMS)
    assert pair.same("UPDATE film SET title = 'C', description = 'other' WHERE film_id = 1")
    assert pair.same("UPDATE film SET description = 'now' WHERE film_id = 2")
    assert pair.same("DELETE FROM film WHERE film_id = 2")
    assert pair.same("SELECT film_id, title, description FROM film_text ORDER BY film_id")


def test_sakilas_functions_answer_alike(
    corpora: Path, mariadb: MysqlServer, postgresql_18: Server, made: list[ends.Pair]
) -> None:
    target = ends.postgresql(postgresql_18.create_database())
    pair = from_mysql(mariadb, corpora / "schemas" / "sakila" / "mysql.sql", target, "postgresql")
    made.append(pair)
    pair.source.run("SET foreign_key_checks = 0")
    pair.target.run("SET session_replication_role = replica")
    for sql in (
        "INSERT INTO inventory (inventory_id, film_id, store_id) VALUES (1, 1, 1), (2, 1, 1)",
        "INSERT INTO rental (rental_id, rental_date, inventory_id, customer_id, staff_id)"
        " VALUES (1, '2020-01-01 10:00:00', 2, 7, 1)",
    ):
        assert pair.same(sql)
    for number in (1, 2, 3):
        assert pair.same(f"SELECT inventory_in_stock({number}), inventory_held_by_customer({number})")


def test_ulogds_routines_write_the_same_packets(
    corpora: Path, mariadb: MysqlServer, postgresql_18: Server, made: list[ends.Pair]
) -> None:
    url = mariadb.create_database()
    load_mysql(url, corpora / "schemas" / "ulogd2" / "mysql.sql", foreign_key_checks=False)
    source, target = ends.mysql(url), ends.postgresql(postgresql_18.create_database())
    pair = ends.pair(url, source, target, "postgresql", strict=False)
    made.append(pair)
    made_routines = {routine.name for routine in pair.result.target.routines}
    assert {"INSERT_IP_PACKET", "PACKET_ADD_TCP", "DELETE_PACKET", "INSERT_CT"} <= made_routines
    arguments = "1, 2, 3, 'pre', 5, 'eth0', 'eth1', 2, NULL, NULL, 6"
    [(number,)] = pair.source.run(f"SELECT INSERT_IP_PACKET({arguments})") or [(None,)]
    assert pair.target.run(f'SELECT "INSERT_IP_PACKET"({arguments})') == [(number,)], pair.target.failed
    pair.same(f"CALL PACKET_ADD_TCP({number}, 80, 443)", f'CALL "PACKET_ADD_TCP"({number}, 80, 443)')
    assert pair.same("SELECT oob_prefix, oob_in, ip_protocol FROM ulog2")
    assert pair.same("SELECT tcp_sport, tcp_dport FROM tcp")
    pair.same(f"CALL DELETE_PACKET({number})", f'CALL "DELETE_PACKET"({number})')
    assert pair.same("SELECT count(*) FROM ulog2") and pair.same("SELECT count(*) FROM tcp")
    assert all(item.original and item.effort_hours for item in pair.result.omissions if item.kind == "routine")


@pytest.mark.parametrize("engine", ["mariadb", "sqlite"])
def test_sakilas_timestamps_move_with_every_update(
    corpora: Path, mariadb: MysqlServer, postgresql_18: Server, made: list[ends.Pair], engine: str
) -> None:
    url = postgresql_18.create_database()
    load_sql(url, corpora / "schemas" / "sakila" / "postgresql.sql")
    target = ends.mysql(mariadb.create_database()) if engine == "mariadb" else ends.sqlite(":memory:")
    pair = ends.pair(url, ends.postgresql(url), target, engine)
    made.append(pair)
    assert "last_updated" not in pair.reasons
    for end in (pair.source, pair.target):
        assert end.run(ACTOR) is not None, end.failed
        assert end.run("UPDATE actor SET first_name = 'C'") is not None
        assert end.run(RECENT) == [("C", 1)]


@pytest.mark.parametrize("engine", ["postgresql", "mariadb"])
def test_sqlites_own_row_updates_become_changes_before_storing(
    corpora: Path, tmp_path: Path, mariadb: MysqlServer, postgresql_18: Server, made: list[ends.Pair], engine: str
) -> None:
    path = tmp_path / "sakila.db"
    sqlite_source(path, (corpora / "schemas" / "sakila" / "sqlite.sql").read_text())
    target = (
        ends.postgresql(postgresql_18.create_database())
        if engine == "postgresql"
        else ends.mysql(mariadb.create_database())
    )
    pair = ends.pair(f"sqlite:///{path}", ends.sqlite(path), target, engine, profiled=True)
    made.append(pair)
    assert not [item for item in pair.result.omissions if item.kind == "trigger"]
    for end in (pair.source, pair.target):
        assert end.run(ACTOR) is not None, end.failed
        assert end.run("UPDATE actor SET first_name = 'C'") is not None
        assert end.run(RECENT) == [("C", 1)]
