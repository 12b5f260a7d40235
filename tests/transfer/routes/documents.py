"""A database moved to or from MongoDB: converted, planned and copied as the product does it."""

from __future__ import annotations

from contextlib import closing
from typing import Any

from bson import json_util
from bson.codec_options import DatetimeConversion
from bson.json_util import JSONMode, JSONOptions
from pymongo import MongoClient

from conversion.convert import convert
from conversion.documents.to_documents import moved_collections
from conversion.result import Conversion, Overrides
from engines.families import family
from engines.grant import Grant
from engines.registry import open_database
from transfer.chunks import ChunkResult
from transfer.copy import copy_tables
from transfer.endpoints import Endpoints
from transfer.make_plan import make_plan
from transfer.moveplan import MovePlan
from transfer.schema import run_stage
from transfer.state import open_chunks, open_state

MIGRATION = "move"
EXACT = JSONOptions(
    json_mode=JSONMode.CANONICAL, tz_aware=True, datetime_conversion=DatetimeConversion.DATETIME_AUTO,
    uuid_representation=0,
)  # fmt: skip


def planned(
    source: str, target: str, engine: str, overrides: Overrides | None = None, **settings: Any
) -> tuple[Conversion, MovePlan, Endpoints]:
    """The conversion of the source's whole catalog, the plan, and both ends with a grant."""
    with closing(open_database(source)) as database, closing(open_database(target)) as there:
        catalog = database.catalog()
        profiles = {} if catalog.engine == "mongodb" else {t.full_name: database.profile(t) for t in catalog.tables}
        version, identity = there.version, there.identity
    schema = {"sqlite": "main", "postgresql": "public"}.get(engine) or target.rpartition("/")[2].partition("?")[0]
    converted = convert(catalog, profiles, engine, version, overrides, schema)
    both = catalog.engine == "mongodb" and engine == "mongodb"
    plan = make_plan(
        MIGRATION, catalog, engine, converted.statements,
        documents=converted.documents, collections=converted.collections,
        renamed_collections=moved_collections(catalog, converted) if both else {},
        **{"plan_hash": "hash", "range_seconds": 0, **settings},
    )  # fmt: skip
    return converted, plan, Endpoints(source, target, Grant(MIGRATION, identity, "hash", scratch=True))


class Moved:
    """A run of the mover on a plan, up to the indexes; results: of the ranges, in the order of their commits."""

    def __init__(self, plan: MovePlan, ends: Endpoints) -> None:
        self.results: list[ChunkResult] = []
        with closing(ends.writer()) as writer:
            state = open_state(writer, MIGRATION)
            state.start("hash", {}, "")
            run_stage(plan, state, "pre_data", lambda *_: None, lambda: False)
            self.resumed = copy_tables(plan, ends, state, self.results.append, lambda: False)
            run_stage(plan, state, "post_data", lambda *_: None, lambda: False)
            chunks = open_chunks(state)
            self.figures, self.aside = chunks.figures(), chunks.quarantined()
            self.position = state.row()["position"]


def moved(source: str, target: str, engine: str, overrides: Overrides | None = None, **settings: Any) -> Moved:
    """Plan and copy."""
    _, plan, ends = planned(source, target, engine, overrides, **settings)
    return Moved(plan, ends)


def documents(url: str, collection: str) -> list[str]:
    """The documents of a collection in the order of _id, as the driver's own canonical Extended JSON."""
    with MongoClient[Any](url) as client:
        options = client.codec_options.with_options(tz_aware=True, datetime_conversion=DatetimeConversion.DATETIME_AUTO)
        found = client.get_default_database(codec_options=options)[collection].find(sort=[("_id", 1)])
        return [json_util.dumps(document, json_options=EXACT) for document in found]


def raw_documents(url: str, collection: str, ordered: bool = True) -> list[bytes]:
    """The documents of a collection as the server's bytes."""
    with MongoClient[Any](url) as client:
        batches = client.get_default_database()[collection].find_raw_batches(sort=[("_id", 1)] if ordered else None)
        return [raw for batch in batches for raw in _split(batch)]


def _split(batch: bytes) -> list[bytes]:
    found, place = [], 0
    while place < len(batch):
        end = place + int.from_bytes(batch[place : place + 4], "little")
        found.append(batch[place:end])
        place = end
    return found


def is_relational(engine: str) -> bool:
    """Whether the engine has tables."""
    return family(engine) != "mongodb"
