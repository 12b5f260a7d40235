"""Programs, lanes and sessions end at random moments while the source is written to: the target ends equal to it."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections import Counter
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient

from tests.faults.moves import PATIENCE, Move, end_connections
from tests.faults.pairs import Places, moved
from tests.faults.test_lost_sources import ENDS
from tests.moving import fetch
from tests.soak.books import Books, held
from tests.warm import Warm

MINUTES = float(os.environ.get("DBMO_SOAK_MINUTES", "15"))
MOST_CUTS = 3  # of a run, which bears the loss of five moments
LONGEST_LIFE = 3.0  # seconds until a run is disturbed, at the most
ROWS = {"mongodb": 10_000}  # by what is slowest; else:
MOST_ROWS = 60_000
PAIRS = [
    ("sqlite", "postgresql"),
    ("mysql", "postgresql"),
    ("postgresql", "postgresql"),
    ("postgresql", "mysql"),
    ("mysql", "mysql"),
    ("mysql", "sqlite"),
    ("mongodb", "postgresql"),
    ("postgresql", "mongodb"),
]


def descendants(number: int) -> list[int]:
    """The processes that a process has started, and theirs."""
    parents: dict[int, int] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, ValueError):
            text = (folder / "stat").read_text()
            parents[int(folder.name)] = int(text.rpartition(")")[2].split()[1])
    found = {number}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return sorted(found - {number})


def end_sessions(url: str) -> bool:
    """End all sessions of a database, where there are such."""
    if url.startswith("postgresql"):
        fetch(url, ENDS)
    elif url.startswith("mysql"):
        end_connections(url)
    elif url.startswith("mongodb"):
        with MongoClient[Any](url) as client:
            client.admin.command("killAllSessions", [])
    return not url.startswith("sqlite")


class Story:
    """One move, run until it ends: what was killed of it."""

    def __init__(self, move: Move, chance: random.Random, told: Counter[str]) -> None:
        self.move, self.chance, self.told = move, chance, told
        self.life = LONGEST_LIFE

    def run(self) -> None:
        """Start it again and again until it ends by itself."""
        while not self._ended():
            self.life += 1  # so that it gets to the end some time, on a slow machine too

    def _ended(self) -> bool:
        self.told["runs"] += 1
        load = {"connections": self.chance.choice([2, 3])} if self.chance.random() < 0.7 else {}
        program = self.move.start("", **load)
        cuts = 0
        while not self._over(program, self.chance.uniform(0.2, self.life)):
            if cuts < MOST_CUTS and self.chance.random() < 0.25:
                cut = end_sessions(self.chance.choice([self.move.source, self.move.target]))
                cuts, self.told["cuts of all sessions"] = cuts + cut, self.told["cuts of all sessions"] + cut
                continue
            lanes = descendants(program.pid)
            if not lanes or self.chance.random() < 0.6:
                program.kill()
                program.communicate(timeout=60)
                self.told["programs killed"] += 1
                return False
            with suppress(ProcessLookupError):
                os.kill(self.chance.choice(lanes), signal.SIGKILL)
                self.told["lanes killed"] += 1
        _, errors = program.communicate(timeout=60)
        assert program.returncode == 0, errors
        return True

    @staticmethod
    def _over(program: Warm, seconds: float) -> bool:
        try:
            program.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True


@pytest.mark.soak
@pytest.mark.parametrize("pair", PAIRS, ids="-".join)
def test_nothing_is_lost_or_mixed_however_often_it_is_killed(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    pair: tuple[str, str],
) -> None:
    """An equal share of the minutes for each pair. While somebody writes, each end holds one moment: all sums are 0."""
    monkeypatch.setenv(PATIENCE, "900")  # a busy machine is no failure
    seed = int(time.time())
    chance, told, places = random.Random(seed), Counter[str](), Places(request, tmp_path)
    deadline = time.monotonic() + MINUTES * 60 / len(PAIRS)
    key = "_id" if pair[0] == "mongodb" else "id"
    # SecantusDB names its snapshots, but reads what there is now
    has_moments = pair[0] != "mongodb" or bool(request.getfixturevalue("mongodb").real)
    while time.monotonic() < deadline:
        told["moves"] += 1
        books = Books(places.empty(pair[0]), min(ROWS.get(engine, MOST_ROWS) for engine in pair), chance=chance)
        books.fill()
        target = places.empty(pair[1])
        move = moved(books.url, target, chunk_rows=1_000, range_seconds=chance.choice([0, 0.2]))
        with ExitStack() as stack:
            if has_moments and (told["moves"] == 1 or chance.random() < 0.7):
                stack.enter_context(books.busy())
            Story(move, chance, told).run()
            assert sum(row[2] for row in held(target, key)) == 0, seed
        Story(move, chance, told).run()
        found = held(target, key)
        assert found == held(books.url), seed
        told["rows"] += len(found)
        told["transactions of others"] += books.written
    assert told["programs killed"], "no run was killed: raise ROWS or lower LONGEST_LIFE"
    with capsys.disabled():
        print(f"\n{' -> '.join(pair)}: {', '.join(f'{count} {what}' for what, count in told.items())}")
