"""Packets between the copy and a server are really dropped: no end of a connection hears that it is lost."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from engines import wire
from skills.context import SkillContext
from tests.faults.link import ADDRESSES, Link, link
from tests.faults.pairs import FIRST, Places, arrived, moved
from tests.faults.proxy import Proxy, proxy
from tests.faults.test_cut_connections import server_socket

# seconds until packets arrive again; earlier, once connections were cut off, which of MongoDB's nobody here can see
AWAY = {"mysql": 60.0, "postgresql": 60.0, "mongodb": 8.0}
LOST = {"CONNECTION_LOST", "CONNECTION_FAILED", "MOMENT_LOST"}
COMMITS = {"postgresql": b"COMMIT", "mysql": b"\3COMMIT", "mongodb": b"commitTransaction"}
# by what a lane that writes rows is told from those who only look
ROWS = {"postgresql": b"COPY ", "mysql": b"LOAD DATA", "mongodb": b"insert\0"}
DIRECTIONS: dict[str, dict[str, bool]] = {
    "both ways": {},
    "to the server": {"from_server": False},
    "from the server": {"to_server": False},
}

pytestmark = pytest.mark.block_network(allowed_hosts=ADDRESSES)


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seconds instead of minutes."""
    for name, value in {"SILENT": 0.3, "ANSWER": 0.5, "TRIES": 2}.items():
        monkeypatch.setattr(wire, name, value)


@pytest.fixture
def line() -> Iterator[Link]:
    with link() as found:
        yield found
        forgotten(found.there)


def forgotten(address: str) -> None:
    """Let nobody look after connections to an address any more: in another test it may not even be asked for."""
    until = time.monotonic() + 60
    while watched := [server for key, server in list(wire._servers.items()) if address in key]:
        assert time.monotonic() < until, "it is still asked for"
        for server in watched:
            server.connections.clear()
            server.left.clear()
        time.sleep(0.05)


def server_of(url: str) -> str | tuple[str, int]:
    if url.startswith("postgresql"):
        return server_socket(url)
    return urlsplit(url).hostname or "", urlsplit(url).port or 0


def over(url: str, line: Link, between: Proxy) -> str:
    """The same database at the other end of the line, with seconds instead of minutes."""
    engine, place, name = url.split(":")[0], f"{line.there}:{between.port}", urlsplit(url).path
    more = {
        "postgresql": "sslmode=disable&gssencmode=disable&connect_timeout=2",
        "mysql": "connect_timeout=1",
        "mongodb": "directConnection=true&heartbeatFrequencyMS=500&connectTimeoutMS=1000&serverSelectionTimeoutMS=1000",
    }[engine]
    user = {"postgresql": "postgres@", "mysql": "root@", "mongodb": ""}[engine]
    return f"{engine}://{user}{place}{name}?{more}"


def dropping(line: Link, between: Proxy, engine: str, needle: bytes, armed_by: bytes, **directions: bool) -> None:
    """Once the needle has reached the server for the second time packets are dropped for a while."""
    between.needle, between.armed_by, between.cut_at = needle, armed_by, 2
    hit = between.hit

    def drop(data: bytes) -> bool:
        if hit(data):
            line.drop(**directions)
            line.healing = threading.Thread(target=heal, args=(line, str(between.port), AWAY[engine]))
            line.healing.start()
        return False

    between.hit = drop  # type: ignore[method-assign]


def heal(line: Link, port: str, seconds: float) -> None:
    """Let packets arrive again once the silence was noticed, or after so long."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and not any(one.left for key, one in list(wire._servers.items()) if port in key):
        time.sleep(0.05)
    line.heal()


def noticed(run: Callable[[SkillContext], Any]) -> set[str]:
    """Codes of the losses that the journal tells of."""
    told: set[str] = set()

    def journal(kind: str, body: dict[str, Any]) -> None:
        if kind == "tried again":
            told.add(str(body["code"]))
        if kind == "moment lost":
            told.add("MOMENT_LOST")

    run(SkillContext(journal=journal))
    return told


FIRST_ONE = ("mysql", "both ways")


@pytest.mark.parametrize(
    ("engine", "way"),
    [
        pytest.param(engine, way, marks=() if (engine, way) == FIRST_ONE else pytest.mark.soak)
        for engine in COMMITS
        for way in DIRECTIONS
    ],
)
def test_the_answer_to_a_commit_is_dropped(
    request: pytest.FixtureRequest, tmp_path: Path, line: Link, engine: str, way: str
) -> None:
    """COMMIT reaches the server; whether it was done the target is asked over a new connection."""
    move = Places(request, tmp_path).move("sqlite", engine)
    with proxy(server_of(move.target), line.listener()) as between:
        dropping(line, between, engine, COMMITS[engine], ROWS[engine], **DIRECTIONS[way])
        found = noticed(lambda context: move.run(over(move.target, line, between), context=context))
    assert found & LOST or engine == "mongodb"  # whose driver asks again by itself
    assert arrived(move) == FIRST
    assert set(move.copies()) == {1}


READS = {"postgresql": b'"t"', "mysql": b"`t`", "mongodb": b"\2find\0\2\0\0\0t\0"}  # how statements name t


@pytest.mark.soak
@pytest.mark.parametrize("way", DIRECTIONS)
@pytest.mark.parametrize("engine", READS)
def test_the_rows_of_a_source_are_dropped(
    request: pytest.FixtureRequest, tmp_path: Path, line: Link, engine: str, way: str
) -> None:
    places = Places(request, tmp_path)
    move = moved(places.filled(engine), places.empty("sqlite"))
    with proxy(server_of(move.source), line.listener()) as between:
        dropping(line, between, engine, READS[engine], READS[engine], **DIRECTIONS[way])
        found = noticed(lambda context: move.run(source=over(move.source, line, between), context=context))
    assert found & LOST or engine == "mongodb"  # whose driver asks again by itself
    assert arrived(move) == FIRST
    assert set(move.copies()) == {1}
