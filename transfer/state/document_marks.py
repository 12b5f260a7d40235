"""Marks on chunks whose documents are written or deleted where no transaction holds both: what is killed there shows.

A chunk that was begun so may have left documents of its moment; unless the source is proved unchanged, its unit is
copied anew. A unit that is being cleared has no finished chunk any more, before its first document goes.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pymongo.collection import Collection

from engines.errors import EngineError
from engines.mongodb.batches import Transaction
from engines.mongodb.writer import MongodbWriter
from engines.own_state import note
from transfer.chunks import Chunk, bound_text

CHUNKS = note("chunk", "mongodb")
BEGUN = "begun"


def mark_begun(writer: MongodbWriter, chunk: Chunk) -> None:
    """Before the first document of a range is written beside its transaction, or without one: every chunk it joins."""
    with _chunks(writer) as (chunks, own):
        upwards = {**own, "table_name": chunk.table, "number": {"$gte": chunk.number}, "done": False}
        last = chunks.find_one({**upwards, "upper": bound_text(chunk.upper)}, sort=[("number", 1)])
        numbers = {"$gte": chunk.number, "$lte": last["number"] if last is not None else chunk.number}
        chunks.update_many({**upwards, "number": numbers}, {"$set": {BEGUN: True}})


def hold(writer: MongodbWriter, part: Transaction, chunk: Chunk) -> None:
    """Hold a chunk that was begun until a transaction beside its own ends.

    EPOCH_PASSED when a newer run has taken over, RANGE_DONE where another lane has done it. Reading would not do: who
    takes the epoch meanwhile writes to every chunk that isn't finished, so that one of the two meets a conflict.
    """
    if writer.fenced is None:
        return
    own = {"migration": writer.fenced[1]["_id"], "table_name": chunk.table, "number": chunk.number}
    condition = {"_id": own, "epoch": writer.fenced[1]["epoch"], "done": False}
    count = {"$inc": {"parts": 1}}
    if part.collection(CHUNKS).update_one(condition, count, session=part.session).matched_count == 0:
        writer.check_fence(part.session)
        raise range_done(chunk)


def range_done(chunk: Chunk) -> EngineError:
    """Another lane committed a part of a range meanwhile."""
    return EngineError(
        "RANGE_DONE",
        f"A part of {chunk.table} (chunk {chunk.number}) was committed by another worker already.",
        "Run the same command again; nothing was written twice.",
    )


def mark_cleared(writer: MongodbWriter, unit: str) -> None:
    """Before the documents of a unit are deleted: none of its chunks is done."""
    with _chunks(writer) as (chunks, own):
        chunks.update_many({**own, "table_name": unit}, {"$set": {BEGUN: True, "done": False}})


@contextmanager
def _chunks(writer: MongodbWriter) -> Iterator[tuple[Collection[Any], dict[str, Any]]]:
    """The collection, and what finds the migration's own: nothing where none is kept, for then nobody asks for marks.

    Fenced.
    """
    writer.check_fence()
    own = {"migration": writer.fenced[1]["_id"] if writer.fenced is not None else None}
    with writer.connected() as database:
        yield Transaction(database, None).collection(CHUNKS), own
