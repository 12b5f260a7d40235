"""The network is cut around a COMMIT: nothing is lost and nothing is copied twice."""

import threading
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.faults.moves import from_sqlite, rows
from tests.faults.proxy import proxy


def by_tcp(url: str, port: int) -> str:
    return f"postgresql://postgres@127.0.0.1:{port}{urlsplit(url).path}?sslmode=disable&gssencmode=disable"


def server_socket(url: str) -> str:
    given = parse_qs(urlsplit(url).query)
    return f"{given['host'][0]}/.s.PGSQL.{given['port'][0]}"


@pytest.mark.parametrize("after", [True, False], ids=["after COMMIT was sent", "before"])
@pytest.mark.parametrize("engine", ["postgresql", "mysql"])
def test_every_commit_may_lose_its_answer(
    request: pytest.FixtureRequest, tmp_path: Path, engine: str, after: bool
) -> None:
    """One run after the other through a proxy that cuts at every second to fourth COMMIT."""
    empty = request.getfixturevalue("empty_18" if engine == "postgresql" else "empty_mariadb")
    move = from_sqlite(tmp_path, empty)
    with proxy(server_socket(empty) if engine == "postgresql" else ("127.0.0.1", urlsplit(empty).port or 0)) as between:
        between.after, between.cut_at = after, 2
        if engine == "postgresql":
            target = by_tcp(empty, between.port)
        else:
            between.armed_by, between.needle = b"LOAD DATA", b"\3COMMIT"  # not SET AUTOCOMMIT
            target = f"mysql://root@127.0.0.1:{between.port}{urlsplit(empty).path}"
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
