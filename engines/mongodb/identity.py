"""What tells one MongoDB server, replica set or cluster from all others, whatever way leads there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pymongo.database import Database
from pymongo.errors import OperationFailure

from engines.mongodb.introspect.server import ROUTER


def cluster_of(database: Database[Any]) -> str:
    """What stays the same when the server restarts."""
    admin = database.client.admin
    hello = admin.command("hello")
    if hello.get("msg") == ROUTER:
        found = _asked(lambda: database.client["config"]["version"].find_one())
        return str(found["clusterId"]) if found and "clusterId" in found else _address(database)
    if "setName" not in hello:
        return _address(database)
    answer = _asked(lambda: admin.command("replSetGetConfig"))
    identifier = (answer or {}).get("config", {}).get("settings", {}).get("replicaSetId")
    return str(identifier or ",".join([hello["setName"], *sorted(hello.get("hosts", []))]))


def _asked(question: Callable[[], Mapping[str, Any] | None]) -> Mapping[str, Any] | None:
    """The answer; None where the server refuses to give one."""
    try:
        return question()
    except OperationFailure:
        return None


def _address(database: Database[Any]) -> str:
    return ",".join(sorted(f"{host}:{port}" for host, port in database.client.nodes))
