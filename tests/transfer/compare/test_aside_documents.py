"""Documents and rows withheld on the way to or from MongoDB are known, exactly; anything else is a difference."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient

from conversion.result import Overrides
from engines.errors import DbmoError
from engines.registry import open_database
from skills.context import SkillContext
from skills.data_migration_validator.skill import Input, Output, run
from tests.moving import change
from tests.mysql_servers import connected
from tests.servers import load_sql
from tests.servers_mongodb import MongodbServer
from tests.transfer.routes.documents import MIGRATION, Moved, planned
from tests.transfer.routes.test_mongodb_to_relations import insert
from transfer.compare.aside_documents import leaving_out
from transfer.compare.mapped_documents import from_documents
from transfer.moveplan import MovePlan
from transfer.routes import mongodb_to_relations, relations_pages, relations_to_mongodb
from transfer.routes.documents_aside import Withheld
from transfer.sides.documents import reader_for
from transfer.sides.mapped_documents import ShreddedReader

LEVELS = ["counts", "checksums", "rows", "stream"]
Compare = Callable[..., Output]


def comparing(source: str, target: str, plan: MovePlan) -> Compare:
    """The validator on the plan, as the orchestrator calls it."""

    def compare(level: str = "checksums") -> Output:
        with closing(open_database(source)) as here, closing(open_database(target)) as there:
            given = Input.model_validate({
                "source": {"url": source}, "target": {"url": target}, "documents": plan.documents,
                "collections": plan.collections, "renamed_collections": plan.renamed_collections, "keys": plan.keys,
                "migration": MIGRATION, "level": level,
            })  # fmt: skip
            return run(given, SkillContext(source=here, target=there))

    return compare


def figures(output: Output) -> dict[str, tuple[int, int, int, int]]:
    """Withheld, different, missing, extra by table."""
    assert [one.problem for one in output.tables if one.problem] == []
    return {
        one.target.rpartition(".")[2]: (one.withheld, one.different, one.missing, one.extra) for one in output.tables
    }


@contextmanager
def documents_of(url: str, collection: str) -> Iterator[Any]:
    with MongoClient[Any](url) as client:
        yield client.get_default_database()[collection]


@pytest.fixture
def withheld(empty_mongodb: str, empty_18: str, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str, Compare]:
    """Twenty documents with arrays, two of which are larger than what the target is said to take."""
    monkeypatch.setattr(mongodb_to_relations, "widest_row", lambda writer: 4_000)
    insert(empty_mongodb, "things", [{"_id": n, "v": "x", "tags": ["a", "b"]} for n in range(18)])
    insert(empty_mongodb, "things", [{"_id": f"wide {n}", "v": "y" * 3_000, "tags": ["c"] * 3} for n in range(2)])
    _, plan, ends = planned(empty_mongodb, empty_18, "postgresql")
    done = Moved(plan, ends)
    assert [entry.key for _, entry in done.aside] == ['"wide 0"', '"wide 1"']
    return empty_mongodb, empty_18, comparing(empty_mongodb, empty_18, plan)


def test_documents_that_were_withheld_are_known(withheld: tuple[str, str, Compare]) -> None:
    source, target, compare = withheld
    for level in LEVELS:
        found = compare(level)
        assert figures(found) == {"things": (2, 0, 0, 0), "things_tags": (6, 0, 0, 0)}, level
        assert (found.equal, found.row_count_match, found.rows_compared) == (True, True, 62)
    with documents_of(source, "things") as things:
        things.update_one({"_id": "wide 1"}, {"$set": {"v": "z"}})
    assert figures(compare()) == {"things": (1, 0, 1, 0), "things_tags": (3, 0, 3, 0)}
    for key in ('"wide 0"', "no key of a document"):
        change(target, "DELETE FROM things WHERE v = 'mine'", f"INSERT INTO things (_id, v) VALUES ('{key}', 'mine')")
        assert figures(compare())["things"] == (1, 0, 1, 1)


@pytest.mark.parametrize(
    ("there", "instead"),
    [('{"a":1,"b":[2.5]}', '{"a":1.0,"b":[2.5]}'), ('{"a":1,"b":[2.5]}', '{"b":[2.5],"a":1}')],
    ids=["type", "order"],
)
def test_json_columns_hold_documents_letter_by_letter(
    empty_mongodb: str, empty_18: str, there: str, instead: str
) -> None:
    """Other digits are another type of BSON, and keys in another order another document."""
    insert(empty_mongodb, "things", [{"_id": 1, "v": {"a": 1, "b": [2.5]}}, {"_id": 2, "v": "x"}, {"_id": 3, "v": 7}])
    _, plan, ends = planned(empty_mongodb, empty_18, "postgresql")
    Moved(plan, ends)
    compare = comparing(empty_mongodb, empty_18, plan)
    assert compare().equal
    change(empty_18, f"UPDATE things SET v = '{instead}' WHERE v::text = '{there}'")
    assert figures(compare()) == {"things": (0, 1, 0, 0)}


TWICE = b"\0\0\0\x10_id\0\x07\0\0\0\x10a\0\x01\0\0\0\x10a\0\x02\0\0\0\0"


def test_documents_that_nobody_can_read_have_no_rows_either(empty_mongodb: str, empty_18: str) -> None:
    """The emulator keeps one of two fields of the same name: the bytes are given to the reader itself."""
    insert(empty_mongodb, "things", [{"_id": n, "a": n, "t": [1]} for n in range(5)])
    _, plan, ends = planned(empty_mongodb, empty_18, "postgresql")
    Moved(plan, ends)
    with closing(open_database(empty_mongodb)) as here, closing(open_database(empty_18)) as there:
        pairing = from_documents(plan.documents, [], {}, here.catalog(), there.catalog())
    raw = len(TWICE).to_bytes(4, "little") + TWICE[4:]
    withheld = Withheld("things", {})
    withheld.add("malformed", raw, "a field twice")
    aside = [(plan.documents[0].source, entry) for entry in withheld.found]
    counts = {}
    for table in pairing.tables:
        reader = reader_for(leaving_out(table, aside), "source", "")
        assert isinstance(reader, ShreddedReader)
        assert (list(reader.rows(raw)), reader.set_aside(raw)) == ([], True)
        counts[table.target] = reader.left_out(raw)
        with pytest.raises(DbmoError, match="DOCUMENT_UNREADABLE"):
            list(reader.rows(raw.replace(b"\x07", b"\x08")))
    assert counts == {"public.things": 1, "public.things_t": 0}


SHOP = """
    CREATE TABLE place (id int[] PRIMARY KEY, v text, n numeric, at timestamptz, raw bytea, flag boolean, f real);
    CREATE TABLE customer (id int PRIMARY KEY, note text, born date);
    CREATE TABLE orders (id int PRIMARY KEY, customer_id int NOT NULL REFERENCES customer ON DELETE CASCADE, what text);
    CREATE TABLE line (order_id int NOT NULL REFERENCES orders ON DELETE CASCADE, number int, what text,
                       PRIMARY KEY (order_id, number));
    CREATE TABLE bag (a int, note text);
    INSERT INTO place VALUES ('{1,2}', 'tab\t', 1.50, '2024-01-02 03:04:05.678+02', '\\x00ff', true, 1e30),
                             ('{3}', NULL, NULL, NULL, NULL, NULL, NULL);
    INSERT INTO customer SELECT n, 'x', '2024-01-01' FROM generate_series(1, 5) n;
    INSERT INTO customer VALUES (6, repeat('y', 4000), NULL);
    INSERT INTO orders SELECT n, n / 10, 'o' FROM generate_series(10, 69) n WHERE n / 10 < 7;
    INSERT INTO line SELECT o, l, 'l' FROM generate_series(10, 69) o, generate_series(1, 2) l;
    INSERT INTO bag VALUES (1, 'short'), (2, repeat('z', 4000)), (2, repeat('z', 4000)), (3, repeat('z', 200000));
"""


@pytest.fixture
def small_documents(monkeypatch: pytest.MonkeyPatch) -> None:
    """Documents may have 3,000 bytes only."""
    monkeypatch.setattr(relations_pages, "LARGEST_DOCUMENT", 3_000)
    monkeypatch.setattr(relations_to_mongodb, "LARGEST_DOCUMENT", 3_000)


# change in the source, how to take it back, rows that are then missing
CHANGES: list[tuple[str, str, dict[str, int]]] = [
    (
        "UPDATE customer SET note = note || 'z' WHERE id = 6",
        "UPDATE customer SET note = left(note, 4000) WHERE id = 6",
        {"customer": 1, "orders": 10, "line": 20},
    ),
    ("UPDATE place SET flag = false WHERE flag", "UPDATE place SET flag = true WHERE NOT flag", {"place": 1}),
    (
        "UPDATE bag SET note = repeat('y', 200000) WHERE a = 3",
        "UPDATE bag SET note = repeat('z', 200000) WHERE a = 3",
        {"bag": 1},
    ),
    ("INSERT INTO orders VALUES (70, 5, 'late')", "DELETE FROM orders WHERE id = 70", {"orders": 1}),
    ("INSERT INTO line VALUES (65, 3, 'late')", "DELETE FROM line WHERE number = 3", {}),
]  # fmt: skip


def test_rows_whose_document_was_withheld_are_known_with_all_inside(
    empty_18: str, empty_mongodb: str, small_documents: None
) -> None:
    load_sql(empty_18, SHOP)
    inside = Overrides(relations={"public.orders(customer_id)": "embed"})
    _, plan, ends = planned(empty_18, empty_mongodb, "mongodb", inside)
    aside = Moved(plan, ends).aside
    assert sorted(unit for unit, _ in aside) == ["public.bag"] * 3 + ["public.customer"] + ["public.place"] * 2
    compare = comparing(empty_18, empty_mongodb, plan)
    for level in LEVELS:
        found = compare(level)
        assert {one.source.rpartition(".")[2]: (one.withheld, one.missing, one.extra) for one in found.tables} == {
            "place": (2, 0, 0), "customer": (1, 0, 0), "orders": (10, 0, 0), "line": (20, 0, 0), "bag": (3, 0, 0),
        }, level  # fmt: skip
        assert (found.equal, found.row_count_match) == (True, True)
    for statement, back, missing in CHANGES:
        change(empty_18, statement)
        found = compare()
        assert {one.source.rpartition(".")[2]: one.missing for one in found.tables if one.missing} == missing, statement
        assert found.equal == (not missing)
        change(empty_18, back)
    [original] = [json.loads(entry.original) for _, entry in aside if entry.key == '{"id": [1, 2]}']
    assert original == {
        "id": {"class": "text", "text": "{1,2}"}, "v": {"class": "text", "text": "tab\t"},
        "n": {"class": "text", "text": "1.50"}, "at": {"class": "text", "text": "2024-01-02 01:04:05.678+00"},
        "raw": {"class": "text", "text": "\\x00ff"}, "flag": {"class": "text", "text": "t"},
        "f": {"class": "text", "text": "1e+30"},
    }  # fmt: skip


def test_rows_of_mariadb_inside_a_document_that_was_withheld_are_counted(
    empty_mariadb: str, empty_mongodb: str, small_documents: None
) -> None:
    with connected(empty_mariadb) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE a (id INT PRIMARY KEY, v TEXT)")
        cursor.execute("CREATE TABLE b (a_id INT NOT NULL REFERENCES a (id), n INT, PRIMARY KEY (a_id, n))")
        cursor.execute("INSERT INTO a VALUES (1, 'x'), (2, REPEAT('y', 4000))")
        cursor.execute("INSERT INTO b VALUES (1, 1), (2, 1), (2, 2)")
    inside = Overrides(relations={f"{empty_mariadb.rpartition('/')[2]}.b(a_id)": "embed"})
    _, plan, ends = planned(empty_mariadb, empty_mongodb, "mongodb", inside)
    Moved(plan, ends)
    for level in LEVELS:
        found = comparing(empty_mariadb, empty_mongodb, plan)(level)
        assert [(one.source.rpartition(".")[2], one.withheld) for one in found.tables] == [("a", 1), ("b", 2)], level
        assert found.equal


def test_rows_of_mariadb_and_sqlite_are_known_as_well(
    empty_mariadb: str, mongodb: MongodbServer, tmp_path: Path, small_documents: None
) -> None:
    made = """
        CREATE TABLE t (id VARCHAR(20) PRIMARY KEY, note TEXT, f FLOAT, raw BLOB);
        CREATE TABLE bag (note TEXT, n INT);
        INSERT INTO t VALUES ('a', 'short', 0.1, x'00ff'), ('é', '{wide}', 1e10, x'00ff');
        INSERT INTO bag VALUES ('{wide}', 1), ('{wide}', 1), ('x', 2);
    """.replace("{wide}", "ü" * 3_000)
    with connected(empty_mariadb) as connection, connection.cursor() as cursor:
        for statement in made.strip().split(";")[:-1]:
            cursor.execute(statement)
    with closing(sqlite3.connect(tmp_path / "s.db")) as file:
        file.executescript(made)
    for source in (empty_mariadb, f"sqlite:{tmp_path / 's.db'}"):
        target = mongodb.url(mongodb.new_name())
        _, plan, ends = planned(source, target, "mongodb")
        assert len(Moved(plan, ends).aside) == 3
        found = comparing(source, target, plan)()
        assert sorted(one.withheld for one in found.tables) == [1, 2]
        assert found.equal
