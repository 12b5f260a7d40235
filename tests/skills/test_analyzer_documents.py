"""The analyzer on real MariaDB and MongoDB sources: hazards of values, tables, documents and of the server."""

from __future__ import annotations

from contextlib import closing
from typing import Any

from bson import Decimal128, MaxKey, Regex
from pymongo import MongoClient

from engines.registry import open_database
from skills.context import SkillContext
from skills.database_optimization_analyzer.skill import Input, Output, run
from tests.mysql_servers import connected
from tests.servers_mongodb import MongodbServer
from tests.transfer.routes.test_mongodb_to_relations import insert

SCHEMA = """
SET sql_mode = '', foreign_key_checks = 0;
CREATE TABLE t (id INT PRIMARY KEY, d DATE, p DATETIME, s TIME, n TEXT, e ENUM('a', 'b'), b TINYINT(1),
    u BIGINT UNSIGNED, code VARCHAR(20) COLLATE utf8mb4_general_ci UNIQUE);
INSERT INTO t VALUES (1, '0000-00-00', '2024-00-10', '25:00:00', 'a\0b', 'x', 2, 18446744073709551615, 'A'),
    (2, '2024-01-01', NULL, '01:00:00', 'ab', 'a', 1, 5, 'B');
CREATE TABLE bag (a INT, n TEXT) ENGINE = MyISAM;
INSERT INTO bag VALUES (1, 'x'), (1, 'x'), (1, 'X'), (NULL, NULL);
CREATE TABLE child (id INT PRIMARY KEY, t_id INT, FOREIGN KEY (t_id) REFERENCES t (id)) ENGINE = InnoDB;
INSERT INTO child VALUES (1, 1), (2, 77), (3, NULL);
"""


def assess(url: str, target: str) -> Output:
    with closing(open_database(url)) as database:
        described = {"database": {"url": url}, "target": {"type": target, "version": "18.0"}}
        return run(Input.model_validate(described), SkillContext(source=database))


def found(output: Output) -> dict[tuple[str, str | None], int | None]:
    """Hazard and column -> count."""
    return {(one.id, one.column): one.count for one in output.hazards}


def test_hazards_of_mariadb(empty_mariadb: str) -> None:
    with connected(empty_mariadb) as connection, connection.cursor() as cursor:
        for statement in SCHEMA.strip().split(";\n"):
            cursor.execute(statement.rstrip(";"))
    output = assess(empty_mariadb, "postgresql")
    hazards = found(output)
    expected: dict[tuple[str, str | None], int | None] = {
        ("zero-date", "d"): 1, ("partial-date", "p"): 1, ("time-beyond-a-day", "s"): 1, ("nul-character", "n"): 1,
        ("enum-error-value", "e"): 1, ("other-boolean", "b"): 1, ("number-beyond-signed-64-bits", "u"): None,
        ("table-without-transactions", None): None, ("folded-key", "code"): None, ("broken-reference", "t_id"): 1,
        ("table-without-key", None): 1,
    }  # fmt: skip
    assert {place: hazards.get(place, "absent") for place in expected} == expected
    [zero] = [one for one in output.hazards if one.id == "zero-date"]
    assert (zero.keys, zero.severity, zero.evidence) == (["id=1"], "high", "measured")
    assert output.evidence["hazards"] == "measured"
    assert {one.id for one in output.not_checked} == {"invalid-text", "day-of-no-calendar"}
    assert {one.id for one in assess(empty_mariadb, "mariadb").hazards} >= {"table-without-transactions"}
    assert ("zero-date", "d") not in found(assess(empty_mariadb, "mariadb"))


def test_hazards_of_mongodb(empty_mongodb: str, mongodb: MongodbServer) -> None:
    odd: dict[str, Any] = {
        "mixed": "text", "nan": float("nan"), "price": Decimal128("1.50"), "text": "a\0b", "NAME": 1, "name": 2,
        "re": Regex("x"), "max": MaxKey(), "big": "x" * (5 << 20), "a.b": 1, "$c": 1,
    }  # fmt: skip
    insert(empty_mongodb, "things", [{"_id": 1, **odd}, {"_id": 2, "mixed": 1}, {"_id": 3, "mixed": 2.5}])
    with MongoClient[Any](empty_mongodb) as client:
        database = client.get_default_database()
        database.things.create_index("at", expireAfterSeconds=3600, name="short life")
        database.things.create_index([("place", "2dsphere")], name="places")
        database.create_collection("log", capped=True, size=4096)
        database.command("create", "seen", viewOn="things", pipeline=[])
        database.command("collMod", "things", validator={"mixed": {"$exists": True}})
    output = assess(empty_mongodb, "mariadb")
    hazards = found(output)
    expected: dict[tuple[str, str | None], int | None] = {
        ("mixed-types", "mixed"): 1, ("not-finite", "nan"): 1, ("decimal-spelling", "price"): 1,
        ("nul-or-surrogate", "text"): 1, ("type-without-column", "re"): 1, ("type-without-column", "max"): 1,
        ("large-value", "big"): None, ("field-name-collision", "NAME"): None,
        ("expiring-documents", None): None, ("special-index", None): None, ("capped-collection", None): None,
        ("document-view", None): None, ("validator", None): None,
    }  # fmt: skip
    assert {place: hazards.get(place, "absent") for place in expected} == expected
    assert len([one for one in output.hazards if one.id == "awkward-field-name"]) == 2
    assert output.evidence["hazards"] == "measured"
    assert {one.id for one in output.not_checked} == {"unreadable-document"}
    assert "mixed-types" not in {one.id for one in assess(empty_mongodb, "mongodb").hazards}


def test_a_server_without_snapshots_is_named(tmp_path: Any) -> None:
    from tests.servers_mongodb import secantus

    with secantus(tmp_path, replica_set_name=None) as uri, MongoClient[Any](uri) as client:
        client.shop.things.insert_one({"_id": 1})
        [hazard] = [one for one in assess(f"{uri.rstrip('/')}/shop", "postgresql").hazards if one.severity == "high"]
    assert (hazard.id, hazard.object) == ("no-single-moment", "shop")
