from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conversion.procedural import ends
from tests.servers import MysqlServer, Server, load_mysql, load_sql

POSTGRESQL = """
CREATE TABLE t (id serial PRIMARY KEY, name text NOT NULL, n int);
CREATE TABLE log (id serial PRIMARY KEY, what text, t_id int, old_n int, new_n int);
CREATE TABLE u (id int PRIMARY KEY, n int, at timestamp);
CREATE TABLE w (id int PRIMARY KEY, n int NOT NULL);
CREATE VIEW v AS SELECT id, name FROM t;
CREATE FUNCTION logit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF TG_OP = 'INSERT' THEN INSERT INTO log (what, t_id, new_n) VALUES ('ins', NEW.id, NEW.n);
  ELSIF TG_OP = 'UPDATE' THEN
    IF NEW.n = OLD.n THEN RETURN NEW; END IF;
    IF NEW.n > 100 THEN RAISE EXCEPTION 'too big %', NEW.n;
    ELSIF NEW.n > 50 THEN INSERT INTO log (what, t_id, old_n, new_n) VALUES ('large', NEW.id, OLD.n, NEW.n);
    ELSE INSERT INTO log (what, t_id, old_n, new_n) VALUES ('small', NEW.id, OLD.n, NEW.n); END IF;
    UPDATE log SET new_n = new_n + 1 WHERE t_id = NEW.id AND what = 'ins';
  ELSE DELETE FROM log WHERE t_id = OLD.id; END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER t_log AFTER INSERT OR UPDATE OF n OR DELETE ON t FOR EACH ROW EXECUTE FUNCTION logit();
CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF OLD.name = 'keep' THEN RAISE EXCEPTION 'kept'; END IF; RETURN OLD; END $$;
CREATE TRIGGER t_keep BEFORE DELETE ON t FOR EACH ROW EXECUTE FUNCTION keep();
CREATE FUNCTION more() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  NEW.n := NEW.n + 1; NEW.at = now(); RETURN NEW; END $$;
CREATE TRIGGER u_more BEFORE UPDATE ON u FOR EACH ROW WHEN (NEW.n < 50) EXECUTE FUNCTION more();
CREATE FUNCTION fill() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.n := 1; RETURN NEW; END $$;
CREATE TRIGGER w_fill BEFORE INSERT ON w FOR EACH ROW EXECUTE FUNCTION fill();
CREATE FUNCTION vins() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  INSERT INTO t (name, n) VALUES (NEW.name, 3); RETURN NEW; END $$;
CREATE TRIGGER v_ins INSTEAD OF INSERT ON v FOR EACH ROW EXECUTE FUNCTION vins();
"""
MYSQL = """
CREATE TABLE t (id int AUTO_INCREMENT PRIMARY KEY, name varchar(20) NOT NULL DEFAULT 'x', n int);
CREATE TABLE log (id int AUTO_INCREMENT PRIMARY KEY, what varchar(20), t_id int, old_n int, new_n int);
CREATE TABLE u (id int PRIMARY KEY, n int, at datetime);
CREATE TABLE w (id int PRIMARY KEY, n int);
DELIMITER $$
CREATE TRIGGER t_ai AFTER INSERT ON t FOR EACH ROW
  INSERT INTO log (what, t_id, new_n) VALUES ('ins', NEW.id, NEW.n)$$
CREATE TRIGGER t_au AFTER UPDATE ON t FOR EACH ROW BEGIN
  IF NOT (NEW.n <=> OLD.n) THEN
    CASE WHEN NEW.n > 100 THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'too big';
    WHEN NEW.n > 50 THEN INSERT INTO log (what, t_id, old_n, new_n) VALUES ('large', NEW.id, OLD.n, NEW.n);
    ELSE INSERT INTO log (what, t_id, old_n, new_n) VALUES ('small', NEW.id, OLD.n, NEW.n); END CASE;
    UPDATE log SET new_n = new_n + 1 WHERE t_id = NEW.id AND what = 'ins';
  END IF;
END$$
CREATE TRIGGER t_bd BEFORE DELETE ON t FOR EACH ROW BEGIN
  IF OLD.name = 'keep' THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'kept'; END IF;
  DELETE FROM log WHERE t_id = OLD.id;
END$$
CREATE TRIGGER u_bu BEFORE UPDATE ON u FOR EACH ROW BEGIN
  IF NEW.n < 50 THEN SET NEW.n = NEW.n + 1; END IF; END$$
CREATE TRIGGER w_bi BEFORE INSERT ON w FOR EACH ROW BEGIN
  DECLARE c INT; SELECT count(*) INTO c FROM u; SET NEW.n = c; END$$
CREATE FUNCTION one() RETURNS int RETURN 1$$
DELIMITER ;
"""
WORK = [
    "INSERT INTO t (name, n) VALUES ('a', 1), ('keep', 2), ('c', 13)",
    "UPDATE t SET n = 60 WHERE id = 1",
    "UPDATE t SET n = n",
    "UPDATE t SET n = 20 WHERE id = 2",
    "UPDATE t SET n = 200 WHERE id = 2",
    "DELETE FROM t WHERE id = 2",
    "DELETE FROM t WHERE id = 1",
    "INSERT INTO u (id, n) VALUES (1, 5), (2, 70)",
    "UPDATE u SET n = 10",
    "UPDATE u SET n = 90 WHERE id = 2",
]
READ = (
    "SELECT id, name, n FROM t ORDER BY id",
    "SELECT what, t_id, old_n, new_n FROM log ORDER BY what, t_id",
    "SELECT id, n FROM u ORDER BY id",
)
REFUSED = {
    "postgresql": {"w_fill": "it fills n, which SQLite wants to be there", "logit": ""},
    "mysql": {"w_bi": "no variables", "one": "SQLite has no stored routines"},
}


@pytest.fixture(scope="module", params=["postgresql", "mysql"])
def programs(request: pytest.FixtureRequest, postgresql_18: Server) -> Iterator[ends.Pair]:
    if request.param == "postgresql":
        url = postgresql_18.create_database()
        load_sql(url, POSTGRESQL)
        source = ends.postgresql(url)
    else:
        server: MysqlServer = request.getfixturevalue("mariadb")
        url = server.create_database()
        load_mysql(url, MYSQL)
        source = ends.mysql(url)
    target = ends.sqlite(":memory:")
    yield ends.pair(url, source, target, "sqlite")
    source.connection.close()
    target.connection.close()


def test_triggers_do_the_same_to_the_tables(programs: ends.Pair) -> None:
    for sql in WORK:
        programs.same(sql)
    for query in READ:
        assert programs.same(query)


def test_what_has_no_counterpart_is_refused_by_name(programs: ends.Pair) -> None:
    for name, reason in REFUSED[programs.source.engine].items():
        assert (reason in programs.reasons[name]) if reason else (name not in programs.reasons)


def test_a_view_that_takes_rows_still_does(programs: ends.Pair) -> None:
    if programs.source.engine == "postgresql":
        assert programs.same("INSERT INTO v (name) VALUES ('viewed')")
        assert programs.same(READ[0])


def test_a_second_update_of_the_row_would_fire_other_triggers(postgresql_18: Server) -> None:
    url = postgresql_18.create_database()
    load_sql(
        url,
        "CREATE TABLE t (id int PRIMARY KEY, n int, m int); CREATE TABLE l (n int);"
        "CREATE FUNCTION a() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.m := 1; RETURN NEW; END';"
        "CREATE FUNCTION b() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO l VALUES (1); RETURN NULL; END';"
        "CREATE TRIGGER ta BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION a();"
        "CREATE TRIGGER tb AFTER UPDATE ON t FOR EACH ROW EXECUTE FUNCTION b();",
    )
    source = ends.postgresql(url)
    pair = ends.pair(url, source, ends.sqlite(":memory:"), "sqlite")
    assert "would fire tb once more" in pair.reasons["ta"]
    assert "tb" not in pair.reasons
    for end in (pair.source, pair.target):
        end.connection.close()
