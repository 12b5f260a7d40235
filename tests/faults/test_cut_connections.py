"""The network is cut around a COMMIT: nothing is lost and nothing is copied twice."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.faults.moves import from_sqlite, rows
from tests.faults.proxy import Proxy, proxy

LATE = 0.6  # seconds
EMPTY = {"postgresql": "empty_18", "mysql": "empty_mariadb", "mongodb": "empty_mongodb"}  # fixtures by engine


def by_tcp(url: str, port: int) -> str:
    return f"postgresql://postgres@127.0.0.1:{port}{urlsplit(url).path}?sslmode=disable&gssencmode=disable"


def server_socket(url: str) -> str:
    given = parse_qs(urlsplit(url).query)
    return f"{given['host'][0]}/.s.PGSQL.{given['port'][0]}"


@contextmanager
def between_here_and(url: str) -> Iterator[tuple[Proxy, str]]:
    """A proxy that watches the commits of rows, and the way through it to the same database."""
    if url.startswith("postgresql"):
        with proxy(server_socket(url)) as between:
            yield between, by_tcp(url, between.port)
        return
    with proxy(("127.0.0.1", urlsplit(url).port or 0)) as between:
        if url.startswith("mongodb"):
            between.armed_by, between.needle = b"insert\0", b"commitTransaction"
            yield between, f"mongodb://127.0.0.1:{between.port}{urlsplit(url).path}?directConnection=true"
            return
        between.armed_by, between.needle = b"LOAD DATA", b"\3COMMIT"  # not SET AUTOCOMMIT
        yield between, f"mysql://root@127.0.0.1:{between.port}{urlsplit(url).path}"


@pytest.mark.parametrize("after", [True, False], ids=["after COMMIT was sent", "before"])
@pytest.mark.parametrize("engine", ["postgresql", "mysql", pytest.param("mongodb", marks=pytest.mark.soak)])
def test_every_commit_may_lose_its_answer(
    request: pytest.FixtureRequest, tmp_path: Path, engine: str, after: bool
) -> None:
    """One run after the other through a proxy that cuts at every second to fourth COMMIT."""
    empty = request.getfixturevalue(EMPTY[engine])
    move = from_sqlite(tmp_path, empty)
    with between_here_and(empty) as (between, target):
        between.after, between.cut_at = after, 2
        hit = between.hit

        def hit_often(data: bytes) -> bool:
            cut = hit(data)
            if cut:
                between.cut_at = between.seen + 2 + between.cuts % 3  # else always at the same one of a try
            return cut

        between.hit = hit_often  # type: ignore[method-assign]
        move.insist(target, between.disarm)
        assert between.cuts > 2
    assert move.arrived() == rows()
    assert set(move.copies()) == {1}


@pytest.mark.parametrize(
    ("engine", "armed_by"),
    [
        ("mysql", b"LOAD DATA"),
        ("mongodb", b"insert\0"),
        ("postgresql", b"COPY "),
        ("postgresql", b"ADD CONSTRAINT"),
        ("postgresql", b"taken_by"),
    ],
    ids=["rows into MariaDB", "rows into MongoDB", "rows into PostgreSQL", "a key", "the first epoch"],
)
def test_a_commit_may_arrive_behind_the_question_for_it(
    request: pytest.FixtureRequest, tmp_path: Path, engine: str, armed_by: bytes
) -> None:
    """What it holds is tried again meanwhile, waits for the locks of the first try, and is there already then."""
    empty = request.getfixturevalue(EMPTY[engine])
    move = from_sqlite(tmp_path, empty)
    with between_here_and(empty) as (between, target):
        between.armed_by, between.cut_at, between.late = armed_by, 1, LATE
        move.run(target)
        assert between.cuts == 1
    assert move.arrived() == rows()
    assert set(move.copies()) == {1}


def test_a_server_that_is_away_for_a_while_is_waited_for(tmp_path: Path, empty_18: str) -> None:
    """It leaves when the third range is committed and comes back a second later."""
    move = from_sqlite(tmp_path, empty_18)
    with proxy(server_socket(empty_18)) as between:
        back = threading.Timer(1.0, between.come_back)
        hit = between.hit

        def leave(data: bytes) -> bool:
            if hit(data):
                between.leave()
                back.start()
                return True
            return False

        between.hit, between.cut_at = leave, 3  # type: ignore[method-assign]
        move.insist(by_tcp(empty_18, between.port), between.disarm)
        back.join()
    assert move.arrived() == rows()
    assert set(move.copies()) == {1}
