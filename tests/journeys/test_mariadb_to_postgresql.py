"""MariaDB to PostgreSQL, the whole life: values that don't fit, a rehearsal, a killed run, a real schema."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from tests.journeys.life import Life, copies, finished, refused
from tests.moving import fetch
from tests.mysql_servers import MysqlServer, load_mysql

SHOP = r"""
CREATE TABLE person (
    id int unsigned NOT NULL AUTO_INCREMENT, name varchar(60) NOT NULL, born date, seen datetime(3), worked time,
    active tinyint(1) NOT NULL, pay decimal(10,2), weight float, share double, extra json, photo blob,
    size enum('s', 'm'), flags set('p', 'q'), stamp timestamp NULL, PRIMARY KEY (id), KEY (name)) ENGINE=InnoDB;
CREATE TABLE visit (
    person int unsigned NOT NULL, at datetime NOT NULL, note text, PRIMARY KEY (person, at),
    FOREIGN KEY (person) REFERENCES person (id)) ENGINE=InnoDB;
CREATE TABLE loose (a int, b varchar(20), place geometry, y year, bits bit(8), ratio float,
    g varchar(9) CHARACTER SET gbk);
CREATE VIEW busy AS SELECT p.name, count(*) AS visits, group_concat(v.note ORDER BY v.at SEPARATOR '|') AS notes
    FROM person p JOIN visit v ON v.person = p.id WHERE v.note <> 'zero' GROUP BY p.name;
SET sql_mode = 'NO_ENGINE_SUBSTITUTION';
INSERT INTO person VALUES
    (1, 'Ann', '1980-02-29', '2020-01-02 03:04:05.678', '10:00:00', 1, 12.50, 1.1, 0.1, '{"a": [1, 2.50]}', x'00ff',
     's', 'p,q', '2020-02-02 02:02:02'),
    (2, 'Bob', '0000-00-00', '0000-00-00 00:00:00', '838:59:59', 0, -0.01, 3.4e38, 1e-300, NULL, NULL, 'm', '', NULL),
    (3, 'Zoë\0x', '2020-00-10', '9999-12-31 23:59:59.999', '-01:00:00', 0, NULL, NULL, NULL, 'null', '', 'm', 'q',
     '1970-01-01 00:00:01');
INSERT INTO visit VALUES (1, '2020-01-01', 'one'), (1, '2020-01-02', 'two\t\\ \n'), (2, '0000-00-00', 'zero');
INSERT INTO loose (a, b, place) VALUES (1, 'a', ST_GeomFromText('POINT(1 2)')), (1, 'a', ST_GeomFromText('POINT(1 2)')),
    (NULL, NULL, NULL);
INSERT INTO loose VALUES (5, 'nul\0', NULL, 0, b'1011', 0.1, x'a380'),
    (5, 'nul\0', NULL, 0, b'1011', 0.1, x'a380');
"""
PERSON = """
    SELECT id, name, born::text, seen::text, worked::text, active, pay::text, weight, share, extra::text, photo,
           size::text, flags, (stamp AT TIME ZONE 'UTC')::text FROM person ORDER BY id"""
ANN = (
    1, "Ann", "1980-02-29", "2020-01-02 03:04:05.678", "10:00:00", True, "12.50", 1.1, 0.1, '{"a": [1, 2.50]}',
    b"\x00\xff", "s", ["p", "q"], "2020-02-02 02:02:02",
)  # fmt: skip


@pytest.fixture
def shop(empty_mariadb: str) -> str:
    load_mysql(empty_mariadb, SHOP)
    return empty_mariadb


def actions(url: str) -> set[tuple[str, str]]:
    return set(fetch(url, "SELECT column_name, action FROM _dbmo.quarantine"))


def test_what_does_not_fit_is_set_aside_and_everything_else_is_equal(life: Life, shop: str, empty_18: str) -> None:
    ended = finished(life.ask(shop, empty_18))
    ann, bob, zoe = fetch(empty_18, PERSON)
    assert ann == (*ANN[:7], pytest.approx(1.1), *ANN[8:])
    assert bob[:5] == (2, "Bob", None, None, "838:59:59")
    assert zoe[:5] == (3, "Zoëx", None, "9999-12-31 23:59:59.999", "-01:00:00")
    assert actions(empty_18) == {
        ("born", "null"), ("seen", "null"), ("name", "converted"), ("b", "converted"), ("g", "converted"),
        ("", "row_withheld"),
    }  # fmt: skip
    assert "9 values set aside, each still what the source holds" in ended.err
    assert fetch(empty_18, "SELECT name, visits, notes FROM busy") == [("Ann", 2, "one|two\t\\ \n")]
    assert fetch(empty_18, "INSERT INTO person (name, active) VALUES ('next', true) RETURNING id") == [(4,)]
    assert life.command("audit").status == 0


def test_the_plan_says_what_becomes_of_the_values_that_were_seen(life: Life, shop: str, empty_18: str) -> None:
    asked = {"policies": {"zero_date": "stop", "nul_in_text": "quarantine"}}
    ended = life.ask(shop, empty_18, options=asked).run("--until", "plan")
    assert "3 values seen of kind zero_date: stop" in ended.err
    assert "1 value seen of kind partial_date: quarantine" in ended.err
    first = life.read("plan.json")
    assert first["move"]["policies"]["nul_in_text"] == "quarantine"
    assert "zero_date: stop" in (life.folder / "report.md").read_text()
    refused(life.run(), 3, "VALUE_NOT_HOLDABLE")


def test_a_value_that_changed_after_it_was_set_aside_is_a_difference(life: Life, shop: str, empty_18: str) -> None:
    finished(life.ask(shop, empty_18))
    load_mysql(shop, "UPDATE person SET born = '1990-01-01' WHERE id = 2; UPDATE loose SET b = 'x' WHERE a = 5 LIMIT 1")
    ended = life.command("validate")
    assert ended.status == 1
    compared = {table["source"].rpartition(".")[2]: table for table in life.read(
        "artifacts/validation/data-migration-validator.json")["tables"]}  # fmt: skip
    assert (compared["person"]["different"], compared["person"]["set_aside"]) == (1, 2)
    assert "born" in compared["person"]["columns"]
    assert (compared["loose"]["missing"], compared["loose"]["extra"]) == (1, 1)
    assert compared["visit"]["equal"]


def test_a_production_target_is_rehearsed_and_a_view_tried_on_a_scratch_server(
    life: Life, shop: str, empty_18: str, mariadb: MysqlServer
) -> None:
    life.ask(shop, empty_18, environment="production", options={"scratch": {"mysql": mariadb.url("")}})
    data = json.loads(life.request.read_text())
    data["options"]["approvers"] = [life.public_key()]
    life.request.write_text(json.dumps(data))
    ended = finished(life)
    assert "9 values set aside" in ended.err
    rehearsed = life.read("rehearsal.json")
    assert (rehearsed["passed"], rehearsed["rolled_back"]) == (True, True)
    translated = life.read("artifacts/planning/query-translator.json")
    assert [made["verdict"] for made in translated["translations"]] == ["TESTED"]
    made = life.read("plan.json")["source"]["identity"]
    assert made.startswith("mariadb:")


def test_a_killed_run_goes_on_and_copies_nothing_twice(
    life: Life, empty_mariadb: str, empty_18: str, corpora: Path
) -> None:
    load_mysql(empty_mariadb, corpora / "schemas/chinook/mysql.sql", foreign_key_checks=False)
    life.ask(empty_mariadb, empty_18, options={"chunk_rows": 500})
    process = life.start(DBMO_FAILPOINT="chunk.before_commit:5:kill")
    assert (process.communicate(timeout=120), process.returncode)[1] == -signal.SIGKILL
    ended = finished(life)
    assert copies(empty_18) == {1}, ended.err
    assert fetch(empty_18, 'SELECT count(*), sum("UnitPrice")::text FROM "Track"') == [(3503, "3680.97")]
    assert life.read("contract.json")["validation"]["reconciliation_results"]["checksum_validation"] == "passed"
