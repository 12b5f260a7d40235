"""The servers are restarted in the midst of a copy, with and without time to end their work."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.moves import from_mariadb, from_postgresql, reached, rows
from tests.faults.own_servers import Own, OwnMariadb, OwnPostgresql, own_mariadb, own_postgresql


@pytest.fixture(scope="module")
def maria() -> Iterator[OwnMariadb]:
    with own_mariadb() as server:
        yield server


@pytest.fixture(scope="module")
def postgresql() -> Iterator[OwnPostgresql]:
    with own_postgresql() as server:
        yield server


@pytest.mark.parametrize(
    ("source", "restarted", "at_once"),
    [
        ("mariadb", ("source", "target"), True),
        ("postgresql", ("source", "target"), False),
        pytest.param("postgresql", ("source", "target"), True, marks=pytest.mark.soak),
        pytest.param("mariadb", ("source",), False, marks=pytest.mark.soak),
        pytest.param("mariadb", ("target",), False, marks=pytest.mark.soak),
    ],
)
def test_a_copy_outlives_a_restart_of_its_servers(
    maria: OwnMariadb,
    postgresql: OwnPostgresql,
    tmp_path: Path,
    source: str,
    restarted: tuple[str, ...],
    at_once: bool,
) -> None:
    """The lane stands in the midst of a range, some are committed, and the servers are there again when it goes on."""
    if source == "mariadb":
        move = from_mariadb(maria, postgresql.create_database())
        ends: dict[str, Own] = {"source": maria, "target": postgresql}
    else:
        move = from_postgresql(postgresql, maria.create_database())
        ends = {"source": postgresql, "target": maria}
    file = tmp_path / "go"
    process = move.start(f"chunk.after_rows:3:wait={file}", tmp_path)
    reached(file)
    for end in restarted:
        ends[end].restart(at_once)
    file.touch()
    _, errors = process.communicate(timeout=100)
    assert process.returncode == 0, errors
    assert move.arrived() == rows()
    assert set(move.copies()) == {1}
