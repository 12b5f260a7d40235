"""What a MongoDB server says about its load: running operations, lag of secondaries, the time of an answer."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from typing import Any

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from engines.errors import DbmoError
from engines.mongodb.errors import translate_error
from engines.mongodb.sessions import WINDOW
from engines.pressure import ANSWER_SECONDS, Unseen

NOT_REPLICATED = 76  # NoReplicationEnabled, src/mongo/base/error_codes.yml
NO_COMMAND = 59
REFUSED = {13: "the user has no right to {name} (role clusterMonitor)", NO_COMMAND: "the server knows no {name}"}
WAITS = ("serverSelectionTimeoutMS", "connectTimeoutMS", "socketTimeoutMS")
SECONDARY, PRIMARY = 2, 1  # states of replSetGetStatus


class MongodbGauge:
    """The answers of engines.pressure.PressureGauge from serverStatus and replSetGetStatus.

    Tested live over an emulator of the protocol only; where that has no such command, nothing is seen.
    """

    def __init__(self, url: str, display: str) -> None:
        self.url, self.display = url, display
        self._client: MongoClient[Any] | None = None

    def running_threads(self) -> int:
        """Clients with an operation under way: globalLock.activeClients."""
        clients = self._command("serverStatus").get("globalLock", {}).get("activeClients", {})
        if "total" not in clients:
            raise Unseen("serverStatus has no globalLock.activeClients")
        return int(clients["total"])

    def waiting_threads(self) -> int:
        """None: between two batches of a cursor no operation is under way."""
        return 0

    def replicas_lag(self) -> float | None:
        """Seconds between the primary's last operation and that of its slowest secondary."""
        members = self._members()
        if members is None:
            return None
        newest = max((m["optimeDate"] for m in members if "optimeDate" in m), default=None)
        behind = [(newest - m["optimeDate"]).total_seconds() for m in members if newest and m.get("state") == SECONDARY]
        return max(behind) if behind else None

    def own_lag(self) -> float:
        """The same of the member that answers; infinite where it is neither primary nor secondary."""
        members = self._members()
        if members is None:
            raise Unseen("it is in no replica set")
        own = next((m for m in members if m.get("self")), None)
        if own is None or own.get("state") not in (PRIMARY, SECONDARY):
            return math.inf
        newest = max(m["optimeDate"] for m in members if "optimeDate" in m)
        return float((newest - own["optimeDate"]).total_seconds())

    def held_transactions(self) -> int:
        """Unseen, with the age at which the server ends a snapshot by itself, where it says that."""
        try:
            found = self._command("getParameter", **{WINDOW: 1}).get(WINDOW)
        except (Unseen, DbmoError):  # no right, or no such parameter
            found = None
        kept = "old ones" if found is None else f"those older than {int(found)} s ({WINDOW})"
        raise Unseen(f"MongoDB counts none; it ends {kept} by itself")

    def latency_ms(self) -> float:
        """A round trip (ping): there is no write that touches no collection."""
        self._command("ping")
        started = time.perf_counter()
        self._command("ping")
        return (time.perf_counter() - started) * 1000

    def close(self) -> None:
        """Close the connections; the next question opens others."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def _members(self) -> list[Mapping[str, Any]] | None:
        found = self._command("replSetGetStatus")
        return None if "members" not in found else list(found["members"])

    def _command(self, name: str, **more: Any) -> Mapping[str, Any]:
        try:
            if self._client is None:
                given = self.url.lower()
                waits: dict[str, Any] = {name: ANSWER_SECONDS * 1000 for name in WAITS if name.lower() not in given}
                self._client = MongoClient(self.url, **waits, appname="dbmo")
            answer: Mapping[str, Any] = self._client.admin.command(name, **more)
            return answer
        except OperationFailure as error:
            if error.code == NOT_REPLICATED:
                return {}
            if error.code in REFUSED:
                raise Unseen(REFUSED[error.code].format(name=name)) from None
            self.close()
            raise translate_error(error, self.display) from error
        except PyMongoError as error:
            self.close()
            raise translate_error(error, self.display) from error
