"""Facts about the server: version, features, replica set, storage engine, shard keys, sizes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pymongo.database import Database
from pymongo.errors import OperationFailure

from engines.catalog import Unread
from engines.documents import Collection
from engines.mongodb.errors import denied, message
from engines.mongodb.introspect.collections import plain

# setting -> command of the admin database, and where in its answer the value stands
SETTINGS: tuple[tuple[str, Mapping[str, Any], tuple[str, ...]], ...] = (
    ("modules", {"buildInfo": 1}, ("modules",)),
    ("replica_set", {"hello": 1}, ("setName",)),
    ("hosts", {"hello": 1}, ("hosts",)),
    ("topology", {"hello": 1}, ("msg",)),
    ("max_document_bytes", {"hello": 1}, ("maxBsonObjectSize",)),
    ("storage_engine", {"serverStatus": 1, "metrics": 0}, ("storageEngine", "name")),
    (
        "feature_compatibility_version",
        {"getParameter": 1, "featureCompatibilityVersion": 1},
        ("featureCompatibilityVersion", "version"),
    ),
)
ROUTER = "isdbgrid"  # how mongos calls itself in hello.msg


def reason(error: OperationFailure) -> str:
    """Why a part can't be read."""
    return f"the user lacks the right ({message(error)})" if denied(error) else message(error)


def settings(database: Database[Any], unread: list[Unread]) -> dict[str, Any]:
    """What the server says of itself; what it refuses to say is unread."""
    admin = database.client.admin
    found: dict[str, Any] = {}
    answers: dict[str, Any] = {}
    for name, command, place in SETTINGS:
        key = next(iter(command))
        try:
            if key not in answers:
                answers[key] = admin.command(dict(command))
        except OperationFailure as error:
            unread.append(Unread(part=f"setting {name}", reason=reason(error), kind="setting"))
            continue
        value: Any = answers[key]
        for step in place:
            value = value.get(step) if isinstance(value, Mapping) else None
        if value not in (None, []):
            found[name] = plain(value)
    return found


def shard_keys(database: Database[Any], collections: list[Collection], unread: list[Unread]) -> None:
    """Put the shard key of every sharded collection into its options; only asked of a mongos."""
    names = {f"{database.name}.{found.name}": found for found in collections}
    try:
        entries = list(database.client["config"]["collections"].find({"_id": {"$in": list(names)}}))
    except OperationFailure as error:
        unread.append(Unread(part="shard keys", reason=reason(error), kind="shard key"))
        return
    for entry in entries:
        if not entry.get("dropped"):
            names[entry["_id"]].options["shardKey"] = plain(entry.get("key", {}))
            names[entry["_id"]].options["shardUnique"] = bool(entry.get("unique"))


def size(database: Database[Any], collection: Collection, unread: list[Unread]) -> None:
    """Documents and bytes on disk, indexes included, of a collection, as far as the user may ask."""
    try:
        stages = [{"$collStats": {"storageStats": {"scale": 1}}}]
        shards = [found["storageStats"] for found in database[collection.name].aggregate(stages)]
    except OperationFailure as error:
        unread.append(Unread(part=f"size of {collection.name}", reason=reason(error), kind="size"))
        _count(database, collection, unread)
        return
    collection.documents = sum(int(found.get("count", 0)) for found in shards)
    collection.size_bytes = sum(
        int(found.get("storageSize", 0)) + int(found.get("totalIndexSize", 0)) for found in shards
    )


def _count(database: Database[Any], collection: Collection, unread: list[Unread]) -> None:
    try:
        collection.documents = database[collection.name].estimated_document_count()
    except OperationFailure as error:
        unread.append(Unread(part=f"number of documents of {collection.name}", reason=reason(error), kind="size"))
