"""Chooses how a table's parts are compared: the cheapest way that proves both sides equal, and says which."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, cast
from weakref import WeakKeyDictionary

from transfer.canonical.columns import ComparedTable, Role
from transfer.canonical.encoding import Hashing
from transfer.compare.both import Both
from transfer.compare.digests import PART_ROWS, Outcome
from transfer.compare.model import Options
from transfer.compare.quick import Quick
from transfer.sides.blocks import Block, blockable
from transfer.sides.fast_postgresql import readable
from transfer.sides.postgresql_extended import SINCE, expressions, same_answers, sufficient
from transfer.sides.side import Side, Span

Outcomes = Callable[[Both, ComparedTable, Sequence[Span]], Iterator[Outcome]]

EXTENDED_ROWS = 50_000  # rows of a part hashed by PostgreSQL's own functions: 30 ms, a query's start is 2 % of it
BLOCK_ROWS = 10_000
BLOCK_BYTES = 4_000_000  # of a block on a server: it is one value there
LEAST_ROWS = 200
WHOLE_ROWS = 20_000_000  # up to which a table is scanned in one query: some ten seconds without a word
STREAMED = "rows of {} read and hashed here in blocks, PostgreSQL hashes its blocks itself"


@dataclass(frozen=True)
class Route:
    """How the parts of a table are compared.

    hashing: of rows, where parts differ (and of the parts, without outcomes); part_rows: rows of a part; outcomes: what
    compares the parts, None: digests() of both sides; words: for the report; bounds: the side whose values cut parts;
    whole: one digest of the whole table first, because a server scans it all in half the time that ranges take.
    """

    hashing: Hashing
    part_rows: int = PART_ROWS
    words: str = "md5 of every row"
    outcomes: Outcomes | None = None
    bounds: Role = "source"
    whole: bool = False


_ANSWERS: WeakKeyDictionary[Any, list[tuple[Any, ...]]] = WeakKeyDictionary()


def choose_route(source: Side, target: Side, table: ComparedTable, options: Options) -> Route:
    """The fastest exact route, or the one that options.route names where the pair has it.

    Measured on one machine (docs/validation-speed.md): a MySQL server that hashes blocks takes less processor time than
    one that sends its rows and a program that hashes them, so rows are read here only where its SQL can't write them.
    """
    key = options.key or Hashing.new().key
    hashing = Hashing("md5", key)
    if source.engine == target.engine == "postgresql":
        return _both_postgresql(source, target, table, options.model_copy(update={"key": key}))
    sides = {side.engine: side for side in (source, target)}
    if "postgresql" not in sides or not blockable(table) or not _readable(sides["postgresql"], table):
        return Route(hashing, words=_row_words(source, target))
    other = source if target.engine == "postgresql" else target
    if other.engine == "sqlite":
        return _blocks(hashing, sides["postgresql"], table, False, STREAMED.format("SQLite"))
    if other.engine != "mysql":
        return Route(hashing, words=_row_words(source, target))
    there = options.route != "stream" and cast(Any, other).blocks_there(table)
    words = "both servers hash blocks of rows in the order of their key" if there else STREAMED.format("MySQL")
    return _blocks(hashing, sides["postgresql"], table, there, words)


def _both_postgresql(source: Side, target: Side, table: ComparedTable, options: Options) -> Route:
    key = options.key or ""
    hashing = Hashing("md5", key)
    if not _alike(cast(Any, source), cast(Any, target)):
        return Route(hashing, words="md5 of every row on both servers: their own hash functions can't be held together")
    pairs = [(side.role, cast(Any, side).version) for side in (source, target)]
    if all(expressions(table, role, key, version) for role, version in pairs):
        words = "PostgreSQL's own 64-bit hash functions with two seeds, on both servers"
        at_once = options.source_cpu == 1 and not options.parts
        whole = at_once and all(cast(Any, side).estimate(table) <= WHOLE_ROWS for side in (source, target))
        return Route(Hashing("extended", key), EXTENDED_ROWS, words, whole=whole)
    if table.range_column is not None and all(sufficient(table, role, key, version) for role, version in pairs):
        words = "PostgreSQL's own hash functions over the servers' texts; where they differ, md5 of every row"
        return Route(hashing, PART_ROWS, words, Quick(partial(_sufficient, key=key), hashing))
    return Route(hashing, words="md5 of every row")


def _sufficient(side: Side, table: ComparedTable, span: Span, key: str) -> Any:
    return cast(Any, side).sufficient(table, span, key)


def _block(side: Side, table: ComparedTable, span: Span, key: str, there: bool) -> Block:
    return cast(Block, cast(Any, side).block(table, span, key, there))


def _blocks(hashing: Hashing, postgresql: Side, table: ComparedTable, there: bool, words: str) -> Route:
    width = max(1, cast(Any, postgresql).row_bytes(table))
    rows = max(LEAST_ROWS, min(BLOCK_ROWS, BLOCK_BYTES // width))
    way = partial(_block, key=hashing.key, there=there)
    return Route(hashing, rows, words, Quick(way, hashing), postgresql.role)


def _alike(source: Any, target: Any) -> bool:
    """Whether both servers have the hash functions, one encoding, and the same answers."""
    if min(source.version, target.version) < SINCE or source.queries.encoding != target.queries.encoding:
        return False
    for side in (source, target):
        if side not in _ANSWERS:
            _ANSWERS[side] = side.answers()
    return same_answers(_ANSWERS[source], _ANSWERS[target])


def _readable(side: Any, table: ComparedTable) -> bool:
    return readable(side.queries, table)


def _row_words(source: Side, target: Side) -> str:
    served = [side.display for side in (source, target) if side.engine in ("postgresql", "mysql")]
    return "md5 of every row" + (", made by the servers" if len(served) == 2 else "")
