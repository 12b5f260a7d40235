"""The state of a migration in collections `_dbmo.*` of a MongoDB target."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from engines.errors import EngineError
from engines.grant import passed
from engines.mongodb.batches import Transaction
from engines.mongodb.writer import MongodbWriter
from engines.own_state import COLLECTIONS
from engines.own_state import SCHEMA as PREFIX
from transfer.retry import Patience, insist
from transfer.state.document_chunks import DocumentChunks
from transfer.state.taking import judge_of_taking, new_mark, plan_changed

T = TypeVar("T")
INDEXED = dict.fromkeys(("step", "chunk", "quarantine", "session"), "migration")
FIELDS = (
    "plan_hash", "epoch", "status", "approval", "position", "journal_head", "started_at", "finished_at",
)  # fmt: skip


class DocumentState:
    """The state of one migration on one MongoDB target; see State.

    In a transaction two runs can't both write: whoever takes an epoch writes to the migration's document and to every
    chunk that isn't finished, and a range is finished by writing to its chunks, so that one of the two meets a
    conflict. Without transactions (a standalone server) each batch of documents asks for the epoch before it is sent,
    and a range is finished only where its chunks have this run's epoch. That leaves what an older process was just
    sending when the newer run began: at most one batch.
    """

    def __init__(self, writer: MongodbWriter, migration: str) -> None:
        self.writer = writer
        self.migration = migration
        self.epoch = 0
        self.lane = ""  # whose sessions are noted; of the program's own: none
        self.cancelled: Callable[[], bool] = lambda: False  # asked by whoever waits for the server

    def start(self, plan_hash: str, approval: dict[str, Any], journal_head: str) -> None:
        """Make the collections if needed and take the next epoch, so that no older process can write any more.

        PLAN_CHANGED when the target holds this migration under another plan.
        """
        own = {"plan_hash": plan_hash, "journal_head": journal_head, "taken_by": new_mark(), "status": "running"}
        first = {"approval": json.dumps(approval, sort_keys=True), "started_at": now()}
        self.join(insist(lambda: self._start(own, first), Patience(), self.cancelled, judge=judge_of_taking()))

    def _start(self, own: dict[str, Any], first: dict[str, Any]) -> int:
        """See _take."""
        for name in COLLECTIONS:
            self.writer.run_command(json.dumps({"create": f"{PREFIX}.{name}"}))
        for name, field in INDEXED.items():
            index = {"key": {field: 1}, "name": f"{field}_1"}
            self.writer.run_command(json.dumps({"createIndexes": f"{PREFIX}.{name}", "indexes": [index]}))
        self.writer.noting = self._note_session
        self._end_sessions({})
        with self.writer.begin(durable=True) as transaction:
            return self._take(transaction, own, first)

    def _take(self, transaction: Transaction, own: dict[str, Any], first: dict[str, Any]) -> int:
        """The epoch that is taken; the one that was, where that was not answered. first: set by a first run only."""
        migrations, session = self.of(transaction, "migration"), transaction.session
        row = migrations.find_one({"_id": self.migration}, session=session)
        if row is None:
            values = {**dict.fromkeys(FIELDS), **own, **first, "epoch": 1}
            migrations.insert_one({"_id": self.migration, **values}, session=session)
            return 1
        if row["plan_hash"] != own["plan_hash"]:
            raise plan_changed(self.migration, row["plan_hash"], own["plan_hash"])
        if row.get("taken_by") == own["taken_by"]:
            taken = int(row["epoch"])
        else:
            taken = int(row["epoch"]) + 1
            condition = {"_id": self.migration, "epoch": row["epoch"]}
            changed = migrations.update_one(condition, {"$set": {**own, "epoch": taken}}, session=session)
            if changed.matched_count == 0:
                raise passed()
        self._take_chunks(transaction, taken)
        return taken

    def _take_chunks(self, transaction: Transaction, epoch: int) -> None:
        """Without transactions it may be that the epoch was taken and these were not, so it is done again with it."""
        left = {"migration": self.migration, "done": False}
        self.of(transaction, "chunk").update_many(left, {"$set": {"epoch": epoch}}, session=transaction.session)

    def renew(self) -> None:
        """Take the next epoch for the same run, whose earlier lanes are gone: what they have open is ended."""
        mark, taken = new_mark(), self.epoch + 1

        def take() -> None:
            self._end_sessions({})
            with self.writer.begin(durable=True) as transaction:
                migrations, session = self.of(transaction, "migration"), transaction.session
                values = {"$set": {"epoch": taken, "taken_by": mark}}
                found = migrations.update_one(self._own(), values, session=session)
                own = {"_id": self.migration, "taken_by": mark}
                if found.matched_count == 0 and migrations.find_one(own, {"_id": 1}, session=session) is None:
                    raise passed()
                self._take_chunks(transaction, taken)

        insist(take, Patience(), self.cancelled)
        self.join(taken)

    def join(self, epoch: int, lane: str = "") -> None:
        """See State."""
        self.epoch, self.lane = epoch, lane
        self.writer.noting = self._note_session
        self.writer.fenced = f"{PREFIX}.migration", self._own()
        if lane:
            self.abandon(lane)

    def abandon(self, lane: str) -> None:
        """A transaction outlives the process, or the connection, that began it, and holds its documents."""
        self._end_sessions({"epoch": self.epoch, "lane": lane})

    def _end_sessions(self, which: Mapping[str, object]) -> None:
        """End noted sessions of the migration with what is open in them; whose session is our own goes on."""
        with self.writer.connected() as database:
            sessions = Transaction(database, None).collection(f"{PREFIX}.session")
            found = [one["_id"] for one in sessions.find({"migration": self.migration, **which}, {"_id": 1})]
            if found:
                self.writer.end_sessions(found)
                sessions.delete_many({"_id": {"$in": [one for one in found if bytes(one) not in self.writer.noted]}})

    def _note_session(self, identifier: Any) -> None:
        with self.writer.connected() as database:
            values = {"migration": self.migration, "epoch": self.epoch, "lane": self.lane}
            Transaction(database, None).collection(f"{PREFIX}.session").replace_one(
                {"_id": identifier}, values, upsert=True
            )

    def fence(self, transaction: Transaction) -> None:
        """EPOCH_PASSED when a newer run has taken over; one that does so later meets finish(), or hold()."""
        found = self.of(transaction, "migration").find_one(self._own(), {"_id": 1}, session=transaction.session)
        if found is None:
            raise passed()

    def hold(self, transaction: Transaction) -> None:
        """Hold the epoch until the transaction ends, against newer runs and other writers of the migration's own."""
        count = {"$inc": {"writes": 1}}
        found = self.of(transaction, "migration").update_one(self._own(), count, session=transaction.session)
        if found.matched_count == 0:
            raise passed()

    def update(self, **values: object) -> None:
        """Set fields of the migration's document, durably."""

        def write() -> None:
            with self.writer.begin(durable=True) as transaction:
                found = self.of(transaction, "migration").update_one(
                    self._own(), {"$set": values}, session=transaction.session
                )
                if found.matched_count == 0:
                    raise passed()

        insist(write, Patience(), self.cancelled)

    def read(self, query: Callable[[Transaction], T]) -> T:
        """Ask within a transaction of its own, again as long as the server is away."""

        def ask() -> T:
            with self.writer.begin() as transaction:
                return query(transaction)

        return insist(ask, Patience(), self.cancelled)

    def find(self, name: str, condition: dict[str, Any]) -> list[dict[str, Any]]:
        """Documents of one of the state's collections."""
        return self.read(
            lambda transaction: list(self.of(transaction, name).find(condition, session=transaction.session))
        )

    def row(self) -> dict[str, Any]:
        """The migration's document."""
        found = self.find("migration", {"_id": self.migration})
        if not found:
            raise EngineError(
                "MIGRATION_NOT_THERE",
                f"The target knows no migration {self.migration}.",
                "Start it first, or look at another target.",
            )
        return {"id": self.migration, **{name: found[0].get(name) for name in FIELDS}}

    def done_steps(self) -> set[str]:
        """Ids of the steps that are done."""
        return set(self.step_seconds())

    def finish_step(self, transaction: Transaction, step: str, seconds: float) -> None:
        """Record a step behind the command that did it: commands are no part of transactions, but can be repeated."""
        self.hold(transaction)
        values = {"migration": self.migration, "id": step, "epoch": self.epoch, "seconds": seconds, "done_at": now()}
        steps = self.of(transaction, "step")
        steps.replace_one({"_id": self._step(step)}, values, upsert=True, session=transaction.session)

    def finish_steps(self, transaction: Transaction, steps: Sequence[tuple[str, float]]) -> None:
        """Record several steps, one after the other."""
        for step, seconds in steps:
            self.finish_step(transaction, step, seconds)

    def forget_steps(self, transaction: Transaction, steps: Sequence[str]) -> None:
        """Record that steps were taken back."""
        self.hold(transaction)
        which = {"_id": {"$in": [self._step(step) for step in steps]}}
        self.of(transaction, "step").delete_many(which, session=transaction.session)

    def step_seconds(self) -> dict[str, float]:
        """How long each finished step took."""
        return {step["id"]: step["seconds"] for step in self.find("step", {"migration": self.migration})}

    def drop(self) -> None:
        """Remove the collections, with everything that was set aside: for rehearsals."""
        for name in COLLECTIONS:
            self.writer.run_command(json.dumps({"drop": f"{PREFIX}.{name}"}))

    def of(self, transaction: Transaction, name: str) -> Any:
        """One of the state's collections."""
        return transaction.collection(f"{PREFIX}.{name}")

    def _own(self) -> dict[str, Any]:
        return {"_id": self.migration, "epoch": self.epoch}

    def _step(self, step: str) -> dict[str, str]:
        return {"migration": self.migration, "id": step}


def open_state(writer: MongodbWriter, migration: str) -> DocumentState:
    """The state on an open writer."""
    return DocumentState(writer, migration)


def open_chunks(state: DocumentState) -> DocumentChunks:
    """The chunks of the state's migration."""
    return DocumentChunks(state)


def now() -> str:
    """This moment in UTC."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
