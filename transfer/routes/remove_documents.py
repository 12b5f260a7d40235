"""What a MongoDB target holds of a unit: whether there are documents, and how they are taken out again."""

from __future__ import annotations

from collections.abc import Collection, Sequence

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


class Collections:
    """Collections of a target that keep what a transaction left out; those that are made anew are left out here."""

    def __init__(self, writer: MongodbWriter, names: Sequence[str]) -> None:
        self.writer = writer
        with writer.connected() as database:
            entries = list(database.list_collections(filter={"name": {"$in": list(names)}}))
        self.there: Collection[str] = {entry["name"] for entry in entries if kind_of(entry) not in MADE_ANEW}

    def filled(self, names: Sequence[str]) -> set[str]:
        """Those that hold a document."""
        with self.writer.connected() as database:
            return {name for name in names if name in self.there and database[name].find_one({}, {"_id": 1})}

    def count(self, name: str) -> int:
        """Documents of one; 0 where it is not there."""
        if name not in self.there:
            return 0
        with self.writer.connected() as database:
            return int(database[name].count_documents({}))
