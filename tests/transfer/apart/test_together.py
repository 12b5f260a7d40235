"""A copy from or to MongoDB goes on: what the target holds of a unit stands where it is proved to be what is there."""

from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest
from pymongo import MongoClient

from engines.errors import DbmoError
from tests.moving import change, fetch
from tests.servers_mongodb import MongodbServer, secantus
from tests.transfer.routes.documents import MIGRATION, Moved, planned, raw_documents
from transfer.copy import copy_tables
from transfer.endpoints import Endpoints
from transfer.moveplan import MovePlan
from transfer.schema import run_stage
from transfer.state import open_state

ROWS, CHUNK, COMMITS = 40, 10, 6  # all ranges of a, two of b


@pytest.fixture(scope="module")
def standalone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server without a log or snapshots, which can never show that nothing was written."""
    with secantus(tmp_path_factory.mktemp("standalone"), replica_set_name=None) as uri:
        yield uri.rstrip("/")


@pytest.fixture
def documents(standalone: str, mongodb: MongodbServer) -> str:
    url = f"{standalone}/{mongodb.new_name()}"
    with MongoClient[Any](url) as client:
        for name in "ab":
            client.get_default_database()[name].insert_many(
                [{"_id": n, "v": f"row {n}", "t": [n, n]} for n in range(ROWS)]
            )
    return url


@pytest.fixture
def tables(empty_18: str) -> str:
    for name in "ab":
        change(
            empty_18,
            f"CREATE TABLE {name} (id int PRIMARY KEY, v text)",
            f"CREATE TABLE part_{name} ({name}_id int NOT NULL REFERENCES {name} ON DELETE CASCADE, k int,"
            f" PRIMARY KEY ({name}_id, k))",
            f"INSERT INTO {name} SELECT n, 'row ' || n FROM generate_series(1, {ROWS}) n",
            f"INSERT INTO part_{name} SELECT n, 1 FROM generate_series(1, {ROWS}) n",
        )
    return empty_18


def elsewhere(url: str) -> None:
    """Something is written to the source that the plan has nothing to do with."""
    if url.startswith("postgresql"):
        change(url, "CREATE TABLE elsewhere AS SELECT 1 AS one")
    else:
        with MongoClient[Any](url) as client:
            client.get_default_database().elsewhere.insert_one({"one": 1})


def updated(url: str) -> None:
    """A row of a's first range says something else, in as many bytes."""
    if url.startswith("postgresql"):
        change(url, "UPDATE a SET v = 'new 3' WHERE id = 3")
    else:
        with MongoClient[Any](url) as client:
            client.get_default_database().a.update_one({"_id": 3}, {"$set": {"v": "new 3"}})


def inside(url: str) -> None:
    """Something inside of a's first document goes."""
    if url.startswith("postgresql"):
        change(url, "DELETE FROM part_a WHERE a_id = 1")
    else:
        with MongoClient[Any](url) as client:
            client.get_default_database().a.update_one({"_id": 1}, {"$pop": {"t": 1}})


def begun(plan: MovePlan, ends: Endpoints, commits: int = COMMITS) -> None:
    """The copy until so many ranges are committed."""
    done: list[Any] = []
    with closing(ends.writer()) as writer:
        state = open_state(writer, MIGRATION)
        state.start("hash", {}, "")
        run_stage(plan, state, "pre_data", lambda *_: None, lambda: False)
        with pytest.raises(DbmoError, match="INTERRUPTED"):
            copy_tables(plan, ends, state, done.append, lambda: len(done) >= commits)


def goes_on(source: str, target: str, engine: str, meanwhile: Callable[[str], None]) -> Moved:
    _, plan, ends = planned(source, target, engine, chunk_rows=CHUNK)
    begun(plan, ends)
    meanwhile(source)
    return Moved(plan, ends)


def kept(moved: Moved) -> tuple[int, list[str]]:
    """How many ranges stood, and the names of what was copied again."""
    return moved.resumed.kept, [name.partition(".")[2] for name in moved.resumed.again]


MEANWHILE = pytest.mark.parametrize(
    ("meanwhile", "expected"),
    [(elsewhere, (6, [])), (updated, (2, ["a"])), (inside, (2, ["a"]))],
    ids=["elsewhere", "in a row", "inside"],
)


@MEANWHILE
def test_documents_that_became_tables(documents: str, empty_15: str, meanwhile: Any, expected: Any) -> None:
    moved = goes_on(documents, empty_15, "postgresql", meanwhile)
    assert kept(moved) == expected
    rows = [(n, "new 3" if (meanwhile, n) == (updated, 3) else f"row {n}") for n in range(ROWS)]
    assert fetch(empty_15, "SELECT _id, v FROM a ORDER BY 1") == rows
    assert fetch(empty_15, "SELECT count(*) FROM a_t UNION ALL SELECT count(*) FROM b_t") == [
        (2 * ROWS - (meanwhile is inside),),
        (2 * ROWS,),
    ]


@MEANWHILE
def test_documents_that_stay_documents(documents: str, empty_mongodb: str, meanwhile: Any, expected: Any) -> None:
    assert kept(goes_on(documents, empty_mongodb, "mongodb", meanwhile)) == expected
    for name in "ab":
        assert raw_documents(empty_mongodb, name) == raw_documents(documents, name)


@MEANWHILE
def test_tables_that_became_documents(tables: str, empty_mongodb: str, meanwhile: Any, expected: Any) -> None:
    assert kept(goes_on(tables, empty_mongodb, "mongodb", meanwhile)) == expected
    with MongoClient[Any](empty_mongodb) as client:
        found = list(client.get_default_database().a.find(sort=[("_id", 1)]))
    assert [one["v"] for one in found] == [
        "new 3" if (meanwhile, n) == (updated, 3) else f"row {n}" for n in range(1, ROWS + 1)
    ]
    assert sum(len(one["part_a"]) for one in found) == ROWS - (meanwhile is inside)


@pytest.mark.parametrize(("meanwhile", "again"), [(elsewhere, []), (updated, ["a"])], ids=["elsewhere", "in a row"])
def test_documents_of_a_table_without_a_key(empty_18: str, empty_mongodb: str, meanwhile: Any, again: Any) -> None:
    """Whose _id is another one each time."""
    change(
        empty_18,
        "CREATE TABLE a (id int, v text)",
        f"INSERT INTO a SELECT n / 2, 'row ' || n / 2 FROM generate_series(1, {ROWS}) n",
        "CREATE TABLE b (id int)",
        "INSERT INTO b VALUES (1)",
    )
    _, plan, ends = planned(empty_18, empty_mongodb, "mongodb", chunk_rows=CHUNK)
    begun(plan, ends, 1)
    meanwhile(empty_18)
    assert kept(Moved(plan, ends))[1] == again
    with MongoClient[Any](empty_mongodb) as client:
        found = sorted((one["id"], one["v"]) for one in client.get_default_database().a.find())
    assert found == sorted(fetch(empty_18, "SELECT id, v FROM a"))


@pytest.mark.parametrize(("stays", "again"), [(True, []), (False, ["a"])])
def test_a_document_that_was_set_aside_counts_as_long_as_it_is_what_it_was(
    documents: str, empty_15: str, monkeypatch: pytest.MonkeyPatch, stays: bool, again: list[str]
) -> None:
    monkeypatch.setattr("transfer.routes.mongodb_to_relations.widest_row", lambda writer: 300)
    with MongoClient[Any](documents) as client:
        client.get_default_database().a.update_one({"_id": 7}, {"$set": {"v": "x" * 400}})
    _, plan, ends = planned(documents, empty_15, "postgresql", chunk_rows=CHUNK)
    begun(plan, ends)
    if not stays:
        with MongoClient[Any](documents) as client:
            client.get_default_database().a.delete_one({"_id": 7})
    moved = Moved(plan, ends)
    assert kept(moved)[1] == again
    assert len(moved.aside) == stays
    assert len(fetch(empty_15, "SELECT FROM a")) == ROWS - 1
