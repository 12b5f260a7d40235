"""The servers are restarted in the midst of a copy, with and without time to end their work."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

import pytest

from tests.faults.moves import Move, reached
from tests.faults.own_servers import Own, own_mariadb, own_mongodb, own_postgresql
from tests.faults.pairs import FIRST, arrived, changed, filled, held, moved, told

MADE: dict[str, Callable[[], AbstractContextManager[Own]]] = {
    "postgresql": own_postgresql,
    "mariadb": own_mariadb,
    "mongodb": own_mongodb,
}
BOTH = ("source", "target")
# source, target, which of them is restarted, at once
CASES: list[tuple[str, str, tuple[str, ...], bool]] = [
    ("mariadb", "postgresql", BOTH, True),
    ("postgresql", "mariadb", BOTH, False),
    ("mongodb", "postgresql", ("source",), True),
    ("postgresql", "mongodb", ("target",), True),
]
LONGER = [
    (source, target, ends, at_once)
    for source in MADE
    for target in MADE
    for ends in (("source",), ("target",), BOTH)
    for at_once in (True, False)
    if (source, target, ends, at_once) not in CASES
]


@pytest.fixture(scope="module")
def servers() -> Iterator[Callable[[str], Own]]:
    """One of each kind, started when it is first asked for."""
    found: dict[str, Own] = {}
    with ExitStack() as stack:

        def server(kind: str) -> Own:
            if kind not in found:
                found[kind] = stack.enter_context(MADE[kind]())
            return found[kind]

        yield server


@pytest.mark.parametrize(
    ("source", "target", "restarted", "at_once"),
    [*CASES, *(pytest.param(*case, marks=pytest.mark.soak) for case in LONGER)],
)
def test_a_copy_outlives_a_restart_of_its_servers(
    servers: Callable[[str], Own],
    tmp_path: Path,
    source: str,
    target: str,
    restarted: tuple[str, ...],
    at_once: bool,
) -> None:
    """The lane stands in the midst of a range, some are committed, and the servers are there again when it goes on."""
    ends = {"source": servers(source), "target": servers(target)}
    move = moved(filled(ends["source"].create_database()), ends["target"].create_database())
    chosen = {id(ends[end]): ends[end] for end in restarted}.values()
    outlived(move, "chunk.after_rows:3", tmp_path, lambda: restart(chosen, at_once))
    assert arrived(move) == FIRST
    assert set(move.copies()) == {1}


def restart(servers: Iterable[Own], at_once: bool = True) -> None:
    for server in servers:
        server.restart(at_once)


def outlived(move: Move, place: str, folder: Path, meanwhile: Callable[[], object], **load: int) -> None:
    """Run a move, during which something happens while it stands at a named place."""
    file = folder / "go"
    process = move.start(f"{place}:wait={file}", **load)
    reached(file)
    meanwhile()
    file.touch()
    _, errors = process.communicate(timeout=100)
    assert process.returncode == 0, errors


@pytest.mark.soak
@pytest.mark.parametrize("place", ["step.before:2", "step.after:2", "copy.planned:1", "agenda.stored:1"])
@pytest.mark.parametrize("target", MADE)
def test_it_may_be_restarted_between_the_ranges_too(
    servers: Callable[[str], Own], tmp_path: Path, target: str, place: str
) -> None:
    """Before and behind the steps after the rows, and where chunks are cut."""
    source, server = servers("postgresql" if target != "postgresql" else "mariadb"), servers(target)
    move = moved(filled(source.create_database()), server.create_database())
    outlived(move, place, tmp_path, lambda: restart([source, server]))
    assert arrived(move) == FIRST
    assert set(move.copies()) == {1}


@pytest.mark.soak
@pytest.mark.parametrize("ends", [("source",), ("target",)])
@pytest.mark.parametrize("target", MADE)
def test_it_may_be_restarted_while_a_changed_source_is_settled(
    servers: Callable[[str], Own], tmp_path: Path, target: str, ends: tuple[str, ...]
) -> None:
    found = {"source": servers("postgresql" if target != "postgresql" else "mariadb"), "target": servers(target)}
    move = moved(filled(found["source"].create_database()), found["target"].create_database())
    move.killed("chunk.after_commit:4:kill")
    changed(move.source)
    outlived(move, "settle.before_commit:1", tmp_path, lambda: restart([found[end] for end in ends]))
    assert arrived(move) == held(move.source)


@pytest.mark.soak
@pytest.mark.parametrize("source", MADE)
def test_what_is_written_while_the_source_is_away_is_of_another_moment(
    servers: Callable[[str], Own], tmp_path: Path, source: str
) -> None:
    """Ranges of the moment that was lost are proved or copied again, in the same run."""
    server = servers(source)
    move = moved(filled(server.create_database()), servers("postgresql").create_database())

    def away() -> None:
        changed(move.source)
        server.restart(at_once=True)

    outlived(move, "chunk.after_commit:2", tmp_path, away, connections=2)
    assert arrived(move) == held(move.source)


@pytest.mark.soak
def test_what_a_crash_took_from_unlogged_tables_of_the_source_is_taken_from_the_target(
    servers: Callable[[str], Own], tmp_path: Path
) -> None:
    """They are empty then, without a transaction that would show it."""
    server = servers("postgresql")
    source = filled(server.create_database())
    told(source, "ALTER TABLE t SET UNLOGGED")
    move = moved(source, servers("mariadb").create_database())
    move.killed("chunk.after_commit:4:kill")
    server.restart(at_once=True)
    move.run()
    assert arrived(move) == held(source) == []
