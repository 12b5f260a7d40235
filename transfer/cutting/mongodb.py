"""Cuts collections into ranges of _id, in BSON's order over all types, along the index that every collection has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from bson.raw_bson import RawBSONDocument

from conversion.documents.extended_json import canonical, loads
from engines.full_names import parts
from engines.mongodb.bson_exact import decode, encode
from engines.mongodb.snapshot import MongodbSnapshot
from transfer.chunks import Bound, Chunk
from transfer.cutting.steps import Size, is_small, numbered, step_rows, walk
from transfer.moveplan import ChunkKey, MovePlan
from transfer.state.protocol import Cut
from transfer.units import Unit

ID = "_id"
LONGEST_BOUND = 2_000  # characters; a longer key is passed over, the chunk then ends a document later


def sizes(snapshot: MongodbSnapshot, names: Sequence[str]) -> dict[str, Size]:
    """The server's own statistics, which may be off after a crash; nothing of views and time series."""
    found: dict[str, Size] = {}
    for full_name in names:
        name = parts(full_name)[1]
        if snapshot.kind(name) and snapshot.is_cut(name):
            rows, average = snapshot.rows(name), snapshot.average_bytes(name)
            found[full_name] = Size(rows, rows * average, average or None)
    return found


def cut(snapshot: MongodbSnapshot, unit: Unit, plan: MovePlan, start: Cut | None, size: Size) -> Iterator[Chunk]:
    """See Cutter. A view or time series is one chunk: nothing reads a part of it by _id alone."""
    return numbered(unit.name, start, _bounds(snapshot, unit, plan, start, size))


def _bounds(snapshot: MongodbSnapshot, unit: Unit, plan: MovePlan, start: Cut | None, size: Size) -> Iterator[Bound]:
    name = parts(unit.name)[1]
    if not snapshot.is_cut(name) or (start is None and is_small(plan, size)):
        return
    step = step_rows(plan, size)

    def following(after: Bound | None) -> Bound | None:
        skip = step
        while found := snapshot.key_after(name, raw_bound(after), skip):
            bound = bound_of_id(decode(found[0])[ID])
            if len(str(bound[0])) <= LONGEST_BOUND:
                return bound
            skip += 1
        return None

    yield from walk(following, start)


def condition(key: ChunkKey, chunk: Chunk) -> dict[str, Any]:
    """The ends of a range as find() takes them: {min, max}, lower <= _id < upper; {} for all documents.

    Unlike the operators $gt and $lt, these compare values of all types, by the index.
    """
    ends = {"min": raw_bound(chunk.lower), "max": raw_bound(chunk.upper)}
    return {name: end for name, end in ends.items() if end is not None}


def order(key: ChunkKey) -> list[tuple[str, int]]:
    """The sort of find()."""
    return [(ID, 1)]


def bound_of_id(value: Any) -> Bound:
    """A bound at an _id: integers as they are, everything else as canonical Extended JSON."""
    return (int(value) if isinstance(value, int) and not isinstance(value, bool) else canonical(value),)


def raw_bound(bound: Bound | None) -> Any:
    """The document {_id: ...} of a bound, as the driver sends it byte for byte; None for an open end."""
    if bound is None:
        return None
    value = bound[0] if isinstance(bound[0], int) else loads(bound[0])
    return RawBSONDocument(encode({ID: value}))
