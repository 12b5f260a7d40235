"""The state of a migration in SQL tables of its target."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from engines.errors import DbmoError
from engines.grant import passed
from engines.protocols import Writer
from transfer.retry import Patience, insist
from transfer.state.sql_chunks import SqlChunks
from transfer.state.tables import StateTables
from transfer.state.taking import held_by, judge_of_taking, new_mark, plan_changed

T = TypeVar("T")
PATIENCE = Patience(outage_seconds=60)
# An older run whose machine stands still holds the epoch in an open transaction; MySQL gives up after 50 s by itself.
TAKEOVER = "SET LOCAL lock_timeout = '60s'"


class SqlState:
    """The state tables of one migration on one target; see State."""

    def __init__(self, writer: Writer, migration: str) -> None:
        self.writer = writer
        self.migration = migration
        self.epoch = 0
        self.cancelled: Callable[[], bool] = lambda: False
        self.tables = StateTables(writer.engine, getattr(writer, "server", None))
        self.migrations, self.steps = self.tables.migrations, self.tables.steps

    def start(self, plan_hash: str, approval: dict[str, Any], journal_head: str) -> None:
        """Create the tables if needed and take the next epoch, so that no older process can write any more.

        STATE_LAYOUT when another version of this program made them otherwise; PLAN_CHANGED when the target holds this
        migration under another plan; LOCK_TIMEOUT while an older run stands in the midst of a commit.
        """
        own = {"plan_hash": plan_hash, "journal_head": journal_head, "taken_by": new_mark(), "status": "running"}
        first = {"approval": json.dumps(approval, sort_keys=True), "started_at": _now()}
        with self._explained():
            self.epoch = insist(lambda: self._start(own, first), PATIENCE, self.cancelled, judge=judge_of_taking())

    def _start(self, own: dict[str, Any], first: dict[str, Any]) -> int:
        """The epoch that is taken; the one that was, where that was not answered. first: set by a first run only."""
        with self.writer.begin(durable=True) as connection:
            self._wait_briefly(connection)
            self.tables.make(connection)
            row = self._locked(connection)
            if row is None:
                connection.execute(self.migrations.insert().values(id=self.migration, epoch=1, **own, **first))
                return 1
            if row.plan_hash != own["plan_hash"]:
                raise plan_changed(self.migration, row.plan_hash, own["plan_hash"])
            if row.taken_by == own["taken_by"]:
                return int(row.epoch)
            self._update(connection, epoch=row.epoch + 1, **own)
            return int(row.epoch) + 1

    def renew(self) -> None:
        """Take the next epoch for the same run; waits for whoever stands in the midst of a commit."""
        mark, taken = new_mark(), self.epoch + 1

        def take() -> None:
            with self.writer.begin(durable=True) as connection:
                self._wait_briefly(connection)
                row = self._locked(connection)
                if row is not None and row.taken_by == mark:
                    return
                if row is None or row.epoch != self.epoch:
                    raise passed()
                self._update(connection, epoch=taken, taken_by=mark)

        with self._explained():
            insist(take, PATIENCE, self.cancelled)
        self.epoch = taken

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Inside, a wait for the epoch that is given up says who holds it."""
        try:
            yield
        except DbmoError as error:
            told = held_by(self.writer, error, self._taken)
            if told is error:
                raise
            raise told from error

    def _wait_briefly(self, connection: Connection) -> None:
        if self.tables.schema:
            connection.exec_driver_sql(TAKEOVER)

    def _locked(self, connection: Connection) -> Any:
        """The migration's row, held until the transaction ends: plan_hash, epoch, taken_by; None: it never began."""
        found = self.migrations.c
        query = sa.select(found.plan_hash, found.epoch, found.taken_by).where(found.id == self.migration)
        return connection.execute(query.with_for_update()).one_or_none()

    def _taken(self) -> dict[str, Any]:
        """The epoch and who took it, without waiting for anybody."""
        found = self.migrations.c
        query = sa.select(found.epoch, found.taken_by).where(found.id == self.migration)
        with self.writer.begin() as connection:
            return dict(connection.execute(query).mappings().one_or_none() or {})

    def join(self, epoch: int, lane: str = "") -> None:
        """See State."""
        self.epoch = epoch

    def abandon(self, lane: str) -> None:
        """Nothing: a server rolls back what a connection has open when it ends."""

    def fence(self, connection: Connection) -> None:
        """Hold the epoch until the transaction ends; EPOCH_PASSED when a newer run has taken over."""
        query = sa.select(self.migrations.c.epoch).where(
            self.migrations.c.id == self.migration, self.migrations.c.epoch == self.epoch
        )
        if connection.execute(query.with_for_update(read=True)).one_or_none() is None:
            raise passed()

    def update(self, **values: object) -> None:
        """Set columns of the migration's row, durably."""

        def write() -> None:
            with self.writer.begin(durable=True) as connection:
                self.fence(connection)
                self._update(connection, **values)

        insist(write, PATIENCE, self.cancelled)

    def read(self, query: Callable[[Connection], T]) -> T:
        """Ask within a transaction of its own, again as long as the server is away."""

        def ask() -> T:
            with self.writer.begin() as connection:
                return query(connection)

        return insist(ask, PATIENCE, self.cancelled)

    def _update(self, connection: Connection, **values: object) -> None:
        connection.execute(self.migrations.update().where(self.migrations.c.id == self.migration).values(**values))

    def row(self) -> dict[str, Any]:
        """The migration's row."""
        columns = [column for column in self.migrations.c if column.name != "taken_by"]  # earlier versions have none
        query = sa.select(*columns).where(self.migrations.c.id == self.migration)
        return dict(self.read(lambda connection: connection.execute(query).mappings().one()))

    def done_steps(self) -> set[str]:
        """Ids of the steps that are done."""
        query = sa.select(self.steps.c.id).where(self.steps.c.migration == self.migration)
        return set(self.read(lambda connection: connection.execute(query).scalars().all()))

    def finish_step(self, connection: Connection, step: str, seconds: float) -> None:
        """Record a step in the transaction that did it."""
        self.finish_steps(connection, [(step, seconds)])

    def finish_steps(self, connection: Connection, steps: Sequence[tuple[str, float]]) -> None:
        """Record several steps, id and seconds each, in the transaction that did them."""
        self.fence(connection)
        own = {"migration": self.migration, "epoch": self.epoch, "done_at": _now()}
        rows = [{**own, "id": step, "seconds": seconds} for step, seconds in steps]
        if rows:
            connection.execute(self.steps.insert(), rows)

    def forget_steps(self, connection: Connection, steps: Sequence[str]) -> None:
        """Record that steps were taken back, in the transaction that does so."""
        self.fence(connection)
        own = self.steps.c.migration == self.migration
        if steps:
            connection.execute(self.steps.delete().where(own, self.steps.c.id.in_(steps)))

    def drop(self) -> None:
        """Remove the state tables, with everything that was set aside: for rehearsals."""
        with self.writer.begin(durable=True) as connection:
            self.tables.meta.drop_all(connection)
            if self.tables.schema:
                connection.execute(sa.schema.DropSchema(self.tables.schema, if_exists=True))

    def step_seconds(self) -> dict[str, float]:
        """How long each finished step took."""
        query = sa.select(self.steps.c.id, self.steps.c.seconds).where(self.steps.c.migration == self.migration)
        return {row.id: row.seconds for row in self.read(lambda connection: connection.execute(query).all())}


def open_state(writer: Writer, migration: str) -> SqlState:
    """The state on an open writer."""
    return SqlState(writer, migration)


def open_chunks(state: SqlState) -> SqlChunks:
    """The chunks of the state's migration."""
    return SqlChunks(state)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
