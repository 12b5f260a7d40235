from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conversion.procedural import ends
from tests.conversion.schemas import sqlite_source
from tests.servers import MysqlServer, Server

SCRIPT = """
CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, n INTEGER DEFAULT 0);
CREATE TABLE log (id INTEGER PRIMARY KEY, what TEXT, t_id INTEGER, old_n INTEGER, new_n INTEGER);
CREATE TABLE stamped (id INTEGER PRIMARY KEY, name TEXT NOT NULL, n INTEGER NOT NULL, upper_name TEXT);
CREATE TABLE ping (id INTEGER PRIMARY KEY, n INTEGER);
CREATE TABLE pong (id INTEGER PRIMARY KEY, n INTEGER);
CREATE VIEW v AS SELECT id, name FROM t;
CREATE TRIGGER t_ai AFTER INSERT ON t BEGIN
  INSERT INTO log (what, t_id, new_n) VALUES ('ins ' || NEW.name, NEW.id, NEW.n);
END;
CREATE TRIGGER t_au AFTER UPDATE ON t WHEN OLD.n <> NEW.n BEGIN
  INSERT INTO log (what, t_id, old_n, new_n) VALUES ('upd', NEW.id, OLD.n, NEW.n);
  UPDATE log SET old_n = old_n + 1 WHERE t_id = NEW.id AND what = 'upd';
END;
CREATE TRIGGER t_bd BEFORE DELETE ON t BEGIN
  SELECT RAISE(ABORT, 'it stays') WHERE OLD.name = 'keep';
  SELECT CASE WHEN OLD.n > 150 THEN RAISE(ABORT, 'too much') END;
  DELETE FROM log WHERE t_id = OLD.id;
END;
CREATE TRIGGER stamped_ai AFTER INSERT ON stamped BEGIN
  UPDATE stamped SET upper_name = upper(name), n = n + 1 WHERE rowid = NEW.rowid;
END;
CREATE TRIGGER stamped_au AFTER UPDATE ON stamped BEGIN
  UPDATE stamped SET upper_name = upper(name) WHERE id = NEW.id;
END;
CREATE TRIGGER ping_ai AFTER INSERT ON ping BEGIN INSERT INTO pong (n) VALUES (NEW.n); END;
CREATE TRIGGER pong_ai AFTER INSERT ON pong BEGIN INSERT INTO ping (n) VALUES (NEW.n); END;
CREATE TRIGGER v_ii INSTEAD OF INSERT ON v BEGIN INSERT INTO t (name, n) VALUES (NEW.name, length(NEW.name)); END;
CREATE TRIGGER n_only AFTER UPDATE OF n ON t BEGIN INSERT INTO log (what, t_id) VALUES ('n', NEW.id); END;
CREATE TRIGGER leaves_out BEFORE INSERT ON t WHEN NEW.n < 0 BEGIN SELECT RAISE(IGNORE); END;
"""
READ = (
    "SELECT id, name, n FROM t ORDER BY id",
    "SELECT what, t_id, old_n, new_n FROM log ORDER BY what, t_id, new_n",
    "SELECT id, name, n, upper_name FROM stamped ORDER BY id",
)
WORK = [
    "INSERT INTO t (name, n) VALUES ('a', 1), ('b', 2), ('keep', 3), ('big', 200)",
    "UPDATE t SET name = 'c' WHERE id = 2",
    "UPDATE stamped SET name = 'zed' WHERE id = 1",
    "INSERT INTO stamped (name, n) VALUES ('ann', 4), ('bob', 5)",
    "INSERT INTO stamped (name, n) VALUES ('nul', NULL)",
    "DELETE FROM t WHERE name = 'keep'",
    "DELETE FROM t WHERE name = 'big'",
    "DELETE FROM t WHERE name = 'a'",
]


@pytest.fixture(scope="module", params=["postgresql", "mariadb"])
def programs(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, postgresql_18: Server
) -> Iterator[ends.Pair]:
    path = tmp_path_factory.mktemp("programs") / "source.db"
    sqlite_source(path, SCRIPT)
    if request.param == "postgresql":
        target = ends.postgresql(postgresql_18.create_database())
    else:
        server: MysqlServer = request.getfixturevalue("mariadb")
        target = ends.mysql(server.create_database())
    source = ends.sqlite(path)
    yield ends.pair(f"sqlite:///{path}", source, target, request.param)
    source.connection.close()
    target.connection.close()


def test_triggers_do_the_same_to_the_tables(programs: ends.Pair) -> None:
    for sql in WORK:
        programs.same(sql)
    for query in READ:
        assert programs.same(query)


def test_update_of_fires_by_the_columns_named_and_instead_of_on_a_view(programs: ends.Pair) -> None:
    if programs.target.engine == "mysql":
        assert "MySQL has no triggers on views" in programs.reasons["v_ii"]
        assert "UPDATE OF columns" in programs.reasons["n_only"]
        assert "RAISE(IGNORE)" in programs.reasons["leaves_out"]
        return
    assert programs.same("UPDATE t SET n = n WHERE id = 2")
    assert programs.same("INSERT INTO t (name, n) VALUES ('gone', -1)")
    assert programs.same("INSERT INTO v (name) VALUES ('hello')")
    assert programs.same("SELECT what, count(*) FROM log GROUP BY what ORDER BY what")
    assert programs.same("SELECT name, n FROM t ORDER BY id")


@pytest.mark.parametrize("name", ["ping_ai", "pong_ai"])
def test_triggers_that_fire_each_other_are_refused(programs: ends.Pair, name: str) -> None:
    assert "SQLite doesn't fire it a second time" in programs.reasons[name]


def test_a_trigger_on_a_virtual_table_is_refused(tmp_path: Path) -> None:
    source = sqlite_source(
        tmp_path / "a.db",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT); CREATE VIRTUAL TABLE f USING fts5(x);"
        "CREATE TRIGGER ti AFTER INSERT ON t BEGIN INSERT INTO f(rowid, x) VALUES (NEW.rowid, NEW.x); END;",
    )
    [item] = [item for item in source.to("postgresql").omissions if item.kind == "trigger"]
    assert item.reason == "it writes f, which isn't on the target"
    assert item.original.startswith("CREATE TRIGGER ti")
    assert item.effort_hours > 0
