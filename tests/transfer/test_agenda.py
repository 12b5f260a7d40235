"""What is still to copy: joined to ranges that are worth a transaction, and nothing is left out after an error."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from engines.errors import EngineError
from engines.grant import Grant
from engines.registry import open_database, open_writer
from engines.sqlite.snapshot import SqliteSnapshot
from tests.moving import fetch, mapping, move, plan_of, sqlite_file
from transfer.agenda import Agenda
from transfer.chunks import Chunk, bound_of, bound_text, cut, joined
from transfer.sizes import sizes_of
from transfer.state import open_chunks, open_state

TABLE = mapping("t", [("id", "bigint", "integer"), ("v", "text", "text")])


def source(folder: Path, rows: int, step: int = 1) -> Path:
    return sqlite_file(
        folder / "s.db",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)",
        rows=[("INSERT INTO t VALUES (?, ?)", [(n * step, f"row {n}") for n in range(rows)])],
    )


def test_chunks_are_joined_and_hold_every_row_once(tmp_path: Path, empty_18: str) -> None:
    move(source(tmp_path, 6_000, step=1_000), empty_18, plan_of(TABLE, chunk_rows=100, range_seconds=10))
    assert fetch(empty_18, "SELECT count(*), count(DISTINCT id) FROM t") == [(6_000, 6_000)]
    ranges = fetch(empty_18, "SELECT lower, upper, rows FROM _dbmo.chunk ORDER BY number")
    assert len(ranges) < 30
    assert sum(rows for _, _, rows in ranges) == 6_000
    assert [lower for lower, _, _ in ranges] == [None, *(upper for _, upper, _ in ranges[:-1])]


class Failing(SqliteSnapshot):
    """A snapshot of whose queries every fifth fails, once it is told to."""

    asked = 0
    failing = False

    def query(self, sql: str, parameters: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        self.asked += 1
        if self.failing and self.asked % 5 == 0:
            raise EngineError("CONNECTION_LOST", "", "")
        return super().query(sql, parameters)


def test_cutting_goes_on_behind_the_last_chunk_after_an_error(tmp_path: Path) -> None:
    path, target = source(tmp_path, 50, step=1_000), f"sqlite:{sqlite_file(tmp_path / 't.db', 'CREATE TABLE x (a)')}"
    with closing(open_database(target)) as database:
        grant = Grant("m", database.identity, "", scratch=True)
    with closing(open_writer(target, grant)) as writer, closing(Failing(path, "")) as snapshot:
        state = open_state(writer, "m")
        state.start("", {}, "")
        chunks = open_chunks(state)
        plan = plan_of(TABLE, chunk_rows=5)
        agenda = Agenda(plan, snapshot, chunks, sizes_of(plan, snapshot))
        snapshot.failing = True
        failures = 0
        while True:
            try:
                agenda.fill(1_000, seconds=60)
                break
            except EngineError:
                failures += 1
        assert failures > 1
        assert chunks.pending() == cut("main.t", [(n * 5_000 - 1_000,) for n in range(1, 11)])


@pytest.mark.parametrize("parts", [
    [Chunk("t", 0, None, (1,)), Chunk("t", 2, (2,), None)],
    [Chunk("t", 0, None, (1,)), Chunk("u", 1, (1,), None)],
    [Chunk("t", 0, None, None), Chunk("t", 1, None, None)],
])  # fmt: skip
def test_only_chunks_that_follow_each_other_are_joined(parts: list[Chunk]) -> None:
    with pytest.raises(ValueError, match="does not follow"):
        joined(parts)


@pytest.mark.parametrize("bound", [None, (5,), (-(2**70), "a\n\"'\\\0😀"), ("",)])
def test_bounds_are_kept_as_text(bound: Any) -> None:
    assert bound_of(bound_text(bound)) == bound
