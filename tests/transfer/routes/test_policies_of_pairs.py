"""Every kind of value that a target can't hold, between each two engines where it occurs, under each policy."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any, get_args

import psycopg
import pytest
from pymongo import MongoClient

from engines.errors import DbmoError
from tests.mysql_servers import MysqlServer, connected
from tests.servers import Server, load_sql
from tests.servers_mongodb import MongodbServer
from tests.transfer.routes.documents import moved
from tests.transfer.routes.policies import Case, tried
from tests.transfer.routes.policy_cases import LARGE, PACKET, PAIRS
from transfer.conversions import converts
from transfer.moveplan import Unholdable
from transfer.routes import mongodb_to_relations, relations_to_mongodb

# cells of docs/quarantine.md that other files try, as they need servers of their own: their kinds are in brackets there
ELSEWHERE = {
    ("postgresql-postgresql", "invalid_encoding"): "c",  # test_postgresql_to_postgresql.py
    ("postgresql-postgresql", "wide_row"): "q",  # test_too_wide_for_postgresql.py
    ("postgresql-sqlite", "invalid_encoding"): "c",  # test_rows_to_sqlite.py
    ("postgresql-mysql", "wide_row"): "q",  # test_wide_to_mysql.py
    ("mysql-mysql", "wide_row"): "q",
    ("postgresql-mongodb", "wrong_class"): "q",  # below: an _id that is an array
    ("mongodb-postgresql", "invalid_encoding"): "q",  # test_encodings_of_targets.py
    ("mongodb-postgresql", "too_long"): "q",
    ("mongodb-postgresql", "malformed"): "q",  # test_mongodb_to_relations.py
    ("mongodb-mysql", "malformed"): "q",
    ("mongodb-sqlite", "malformed"): "q",
}
NAMES = {"M": "mysql", "S": "sqlite", "P": "postgresql", "D": "mongodb"}
SHORT = {
    f"{here}→{there}": f"{NAMES[here]}-{NAMES[there]}"
    for here, there in ("MP", "SP", "PP", "DP", "PM", "SM", "MM", "DM", "PS", "MS", "SS", "DS", "PD", "MD", "SD")
}
CELLS = [
    pytest.param(pair, number, policy, id=f"{pair}-{case.kind}-{number}-{policy}")
    for pair, cases in PAIRS.items()
    for number, case in enumerate(cases)
    for policy in ("convert", "quarantine", "stop")
]
Outcomes = dict[tuple[str, str], tuple[str, Any]]


def _mysql(server: MysqlServer, cases: list[Case]) -> str:
    url = server.create_database()
    with connected(url) as connection, connection.cursor() as cursor:
        cursor.execute("SET sql_mode = 'ALLOW_INVALID_DATES,NO_AUTO_VALUE_ON_ZERO'")
        for number, case in enumerate(cases):
            cursor.execute(f"CREATE TABLE t{number} (id int PRIMARY KEY, v {case.column})")
            cursor.execute(f"INSERT INTO t{number} VALUES (0, {case.value})")
    return url


def _postgresql(server: Server, cases: list[Case]) -> str:
    url = server.create_database()
    with psycopg.connect(url, autocommit=True) as connection:
        for number, case in enumerate(cases):
            connection.execute(f"CREATE TABLE t{number} (id int PRIMARY KEY, v {case.column})".encode())
            connection.execute(f"INSERT INTO t{number} VALUES (0, {case.value})".encode())
    return url


def _sqlite(path: Path, cases: list[Case]) -> str:
    """With 40 good values to one that is not, so that the good ones decide the type."""
    with closing(sqlite3.connect(path)) as connection, connection:
        for number, case in enumerate(cases):
            large = len(case.value) >= LARGE if isinstance(case.value, bytes) else False
            tail = " WITHOUT ROWID" if large else ""  # else it is read in pieces
            connection.execute(f"CREATE TABLE t{number} (id INTEGER PRIMARY KEY, v {case.column}){tail}")
            shown = "CAST(? AS TEXT)" if isinstance(case.value, bytes) and not large else "?"
            connection.execute(f"INSERT INTO t{number} VALUES (0, {shown})", (case.value,))
            good = [(n, case.good) for n in range(1, 41)]
            connection.executemany(f"INSERT INTO t{number} VALUES (?, ?)", good)
    return f"sqlite:{path}"


def _modify(url: str, changes: list[str]) -> None:
    """Give columns of MySQL another type; one of a column that was NOT NULL gets a NULL."""
    if not any(changes):
        return
    with connected(url) as connection, connection.cursor() as cursor:
        for number, change in enumerate(changes):
            if change:
                cursor.execute(f"ALTER TABLE t{number} MODIFY {change}")
            if change.endswith("NULL"):
                cursor.execute(f"UPDATE t{number} SET v = NULL")


def _ends(pair: str, folder: Path, mysql: MysqlServer, new: Server, old: Server, documents: str) -> tuple[str, str]:
    """A source with a table per case, and an empty target."""
    cases, (here, there) = PAIRS[pair], pair.split("-")
    made = {"mysql": lambda: _mysql(mysql, cases), "postgresql": lambda: _postgresql(new, cases)}
    empty = {"mysql": mysql.create_database, "postgresql": (old if here == there else new).create_database}
    if here == "mongodb":
        with MongoClient[Any](documents) as client:
            client.get_default_database().t0.insert_many([{"_id": 0, "v": cases[0].value}, {"_id": 1, "v": "x"}])
        return documents, empty[there]()
    source = made.get(here, lambda: _sqlite(folder / "source.db", cases))()
    if there == "mongodb":
        return source, documents
    return source, empty.get(there, lambda: _sqlite(folder / "target.db", []))()


@pytest.fixture(scope="module")
def known() -> dict[str, Outcomes]:
    """What became of the cases of the pairs that were tried already."""
    return {}


@pytest.fixture
def outcomes(
    request: pytest.FixtureRequest,
    known: dict[str, Outcomes],
    tmp_path: Path,
    mariadb: MysqlServer,
    postgresql_18: Server,
    postgresql_12: Server,
    mongodb: MongodbServer,
    monkeypatch: pytest.MonkeyPatch,
) -> tuple[list[Case], Outcomes]:
    """The cases of a pair, and what became of them."""
    pair: str = request.param
    cases = PAIRS[pair]
    monkeypatch.setattr(mongodb_to_relations, "widest_row", lambda writer: PACKET)
    monkeypatch.setattr(relations_to_mongodb, "LARGEST_DOCUMENT", PACKET)
    if pair not in known:
        documents = mongodb.url(mongodb.new_name())
        source, target = _ends(pair, tmp_path, mariadb, postgresql_18, postgresql_12, documents)
        types = {f"t{n}.v": case.target for n, case in enumerate(cases) if case.target}
        later, there = [case.later for case in cases], [case.there for case in cases]
        change, made = partial(_modify, source, later), partial(_modify, target, there)
        known[pair] = tried(source, target, types, change, made)
    return cases, known[pair]


@pytest.mark.parametrize(("outcomes", "number", "policy"), CELLS, indirect=["outcomes"])
def test_a_value_that_the_target_has_not_goes_by_the_policy(
    outcomes: tuple[list[Case], Outcomes], number: int, policy: str
) -> None:
    case = outcomes[0][number]
    noted, held = outcomes[1][f"t{number}", policy]
    if policy == "stop":
        assert noted == "VALUE_NOT_HOLDABLE"
        assert f"options.policies.{case.kind})" in held and re.search(r'"(id|\$numberInt)": ?"?0"?}', held)
    else:
        assert (noted, held) == case.expected(policy)


@pytest.mark.parametrize("policy", ["convert", "quarantine", "stop"])
def test_a_key_that_no_document_can_have_goes_by_the_policy(empty_18: str, empty_mongodb: str, policy: str) -> None:
    load_sql(empty_18, "CREATE TABLE a (k int[] PRIMARY KEY); INSERT INTO a VALUES ('{0}')")
    if policy == "stop":
        with pytest.raises(DbmoError, match=r"VALUE_NOT_HOLDABLE.*options\.policies\.wrong_class"):
            moved(empty_18, empty_mongodb, "mongodb", policies={"wrong_class": policy})
    else:
        [(_, entry)] = moved(empty_18, empty_mongodb, "mongodb", policies={"wrong_class": policy}).aside
        assert (entry.action, entry.reason) == ("row_withheld", "MongoDB takes no array as _id")


def _cells(pair: str) -> dict[str, str]:
    """Kind -> c or q, in brackets where another file tries it."""
    cases = PAIRS.get(pair, [])
    converted = {case.kind for case in cases if case.stored is not None}
    own = {case.kind: "c" if case.kind in converted else "q" for case in cases}
    return own | {kind: f"({cell})" for (known, kind), cell in ELSEWHERE.items() if known == pair}


def test_the_page_has_every_kind_of_every_pair() -> None:
    lines = (Path(__file__).parents[3] / "docs" / "quarantine.md").read_text(encoding="utf-8").splitlines()
    start = lines.index("| | " + " | ".join(SHORT) + " |")
    found: dict[tuple[str, str], str] = {}
    for line in lines[start + 2 : start + 2 + len(get_args(Unholdable))]:
        kind, *cells = (cell.strip().strip("`") for cell in line.strip("|").split("|"))
        for pair, cell in zip(SHORT.values(), cells, strict=True):
            found |= {(pair, kind): cell} if cell else {}
    pairs = {*PAIRS, *(pair for pair, _ in ELSEWHERE)}
    assert pairs == set(SHORT.values())
    assert found == {(pair, kind): cell for pair in pairs for kind, cell in _cells(pair).items()}


@pytest.mark.parametrize("pair", PAIRS)
def test_what_is_converted_is_what_the_table_of_conversions_says(pair: str) -> None:
    here, there = pair.split("-")
    cells = _cells(pair)
    for kind in get_args(Unholdable):
        assert converts(here, there, kind) == (cells.get(kind, "").strip("()") == "c"), kind
