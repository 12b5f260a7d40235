"""A row changed anywhere, in any way, is found at its key and in its columns; what stays the same gives no alarm."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.traps.kinds import KINDS, NAMES, Row, differing, some_rows
from tests.traps.loading import Servers
from tests.traps.model import ENGINES, PAIRS, SQLITE, Found
from tests.traps.running import catalog_of, findings, found_in
from tests.traps.writing import TABLE, Writer, open_writer
from transfer.canonical.columns import ComparedTable
from transfer.compare.model import Options
from transfer.compare.pairing import pair_catalogs
from transfer.compare.table import compare_table
from transfer.sides.open import open_side
from transfer.sides.side import Side

ROWS = some_rows(60, seed=11)
KEYS = st.sampled_from(list(ROWS))
Changes = dict[int, Row | None]


def replaced(row: Row, name: str, value: Any) -> Row:
    return tuple(value if own == name else old for own, old in zip(NAMES, row, strict=True))


@st.composite
def changes(draw: st.DrawFn) -> Changes:
    """Rows that are other on the target: one of the ways in which movers and people get rows wrong."""
    key, other = draw(st.lists(KEYS, min_size=2, max_size=2, unique=True))
    row, kind = ROWS[key], draw(st.sampled_from(KINDS))
    place = NAMES.index(kind.name)
    way = draw(st.sampled_from(["value", "near", "null", "drop", "twin", "move", "swap", "rows", "texts", "several"]))
    if way == "value":
        return {key: replaced(row, kind.name, draw(kind.values))}
    if way == "near":
        old = row[place]
        return {key: replaced(row, kind.name, draw(kind.values) if old is None else kind.near(old))}
    if way == "null":
        return {key: replaced(row, kind.name, None)}
    if way == "drop":
        return {key: None}
    if way == "twin":
        return {draw(st.integers(1000, 2**62)): row}
    if way == "move":
        return {key: None, draw(st.integers(-(2**62), -1)): row}
    if way == "swap":
        return {
            key: replaced(row, kind.name, ROWS[other][place]),
            other: replaced(ROWS[other], kind.name, row[place]),
        }
    if way == "rows":
        return {key: ROWS[other], other: row}
    if way == "texts":
        first, second = NAMES.index("words"), NAMES.index("label")
        return {key: replaced(replaced(row, "words", row[second]), "label", row[first])}
    return {one: replaced(ROWS[one], kind.name, draw(kind.values)) for one in draw(st.sets(KEYS, max_size=20))}


def wanted(changed: Changes) -> set[Found]:
    found = set()
    for key, row in changed.items():
        if row is None:
            found.add(Found("missing", (str(key),)))
        elif key not in ROWS:
            found.add(Found("extra", (str(key),)))
        elif columns := differing(ROWS[key], row):
            found.add(Found("different", (str(key),), columns))
    return found


@dataclass
class Pair:
    """A source that stays as it is, and a target that is changed and put back."""

    source: Side
    target: Side
    writer: Writer
    table: ComparedTable

    def check(self, changed: Changes) -> None:
        """Change the target, compare, put it back."""
        self.writer.put(changed)
        try:
            self.target.refresh()
            with findings() as kept:
                result = compare_table(self.source, self.target, self.table, Options(limit=100), kept)
        finally:
            self.writer.put({key: ROWS.get(key) for key in changed})
        assert result.problem is None
        assert found_in(result) == wanted(changed)
        assert (result.rows_source, result.uncompared) == (len(ROWS), [])


@pytest.fixture(scope="module")
def urls(trap_servers: Servers) -> Iterator[dict[tuple[str, str], tuple[str, Writer]]]:
    """Engine and role -> URL and writer of a database with all rows."""
    with ExitStack() as stack:
        made = {}
        for engine in ENGINES:
            for role in ("source", "target"):
                url = trap_servers.new(engine, f"mutations-{role}")
                writer = open_writer(engine, url)
                stack.callback(writer.close)
                writer.put(dict(ROWS))
                made[engine, role] = url, writer
        yield made


def opened(stack: ExitStack, urls: dict[tuple[str, str], tuple[str, Writer]], source: str, target: str) -> Pair:
    (here, _), (there, writer) = urls[source, "source"], urls[target, "target"]
    pairing = pair_catalogs(catalog_of(here), catalog_of(there))
    [table] = [one for one in pairing.tables if one.name.endswith(TABLE)]
    sides = open_side(here, "source"), open_side(there, "target")
    for side in sides:
        stack.callback(side.close)
    return Pair(*sides, writer, table)


@pytest.mark.parametrize(("source", "target"), PAIRS)
def test_any_change_is_found_between_any_two_engines(
    urls: dict[tuple[str, str], tuple[str, Writer]], source: str, target: str
) -> None:
    with ExitStack() as stack:
        pair = opened(stack, urls, source, target)
        pair.check({})

        @settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
        @given(changes())
        def check(changed: Changes) -> None:
            pair.check(changed)

        check()


def test_any_change_is_found_in_a_file(tmp_path: Path) -> None:
    with ExitStack() as stack:
        made = {}
        for role in ("source", "target"):
            url = f"sqlite:{tmp_path / role}.db"
            writer = open_writer(SQLITE, url)
            stack.callback(writer.close)
            writer.put(dict(ROWS))
            made[SQLITE, role] = url, writer
        pair = opened(stack, made, SQLITE, SQLITE)

        @settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
        @given(changes())
        def check(changed: Changes) -> None:
            pair.check(changed)

        check()
