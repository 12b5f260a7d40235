"""Marks on chunks whose documents are written or deleted where no transaction holds both: what is killed there shows.

A chunk that was begun so may have left documents of its moment; unless the source is proved unchanged, its unit is
copied anew. A unit that is being cleared has no finished chunk any more, before its first document goes.
"""

from __future__ import annotations

from engines.mongodb.batches import Transaction
from engines.mongodb.writer import MongodbWriter

CHUNKS = "_dbmo.chunk"
BEGUN = "begun"


def mark_begun(writer: MongodbWriter, unit: str, number: int) -> None:
    """Before the first document of a range is written beside its transaction, or without one."""
    _set(writer, {"table_name": unit, "number": number, "done": False}, {BEGUN: True})


def mark_cleared(writer: MongodbWriter, unit: str) -> None:
    """Before the documents of a unit are deleted: none of its chunks is done."""
    _set(writer, {"table_name": unit}, {BEGUN: True, "done": False})


def _set(writer: MongodbWriter, which: dict[str, object], values: dict[str, object]) -> None:
    """Nothing where no migration is kept: then nobody asks for marks either."""
    if writer.fenced is None:
        return
    writer.check_fence()
    migration = writer.fenced[1]["_id"]
    with writer.connected() as database:
        chunks = Transaction(database, None).collection(CHUNKS)
        chunks.update_many({"migration": migration, **which}, {"$set": values})
