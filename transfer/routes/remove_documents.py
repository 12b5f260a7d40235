"""Takes the documents of a unit out of a MongoDB target again."""

from __future__ import annotations

from engines.mongodb.batches import Transaction
from engines.mongodb.introspect.collections import kind_of
from engines.mongodb.writer import MongodbWriter
from transfer.routes.mongodb_to_mongodb import MADE_ANEW
from transfer.state.document_marks import mark_cleared
from transfer.units import CollectionUnit, DocumentUnit, Unit


def clear_unit(writer: MongodbWriter, transaction: Transaction, unit: Unit) -> None:
    """Delete every document of the unit's collection, beside the transaction: it might take longer than one may.

    Whoever is killed here does it again: none of the unit's chunks is done any more. Collections that no document can
    be deleted from are made anew by their route.
    """
    assert isinstance(unit, CollectionUnit | DocumentUnit)
    name = unit.target if isinstance(unit, CollectionUnit) else unit.mapping.collection
    with writer.connected() as database:
        entries = database.command("listCollections", filter={"name": name})["cursor"]["firstBatch"]
        if entries and kind_of(entries[0]) not in MADE_ANEW:
            mark_cleared(writer, unit.name)
            Transaction(database, None).collection(name).delete_many({})
