"""What the target knows of a migration: its epoch, steps, chunks and quarantined values.

The truth about progress stands here, in the same transaction as the rows. On PostgreSQL the tables are in the
schema `_dbmo`; on SQLite their names begin with `_dbmo_`.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from engines.errors import Aborted, EngineError
from engines.protocols import Writer

SCHEMA = "_dbmo"


class State:
    """The state tables of one migration on one target."""

    def __init__(self, writer: Writer, migration: str) -> None:
        self.writer = writer
        self.migration = migration
        self.epoch = 0
        schema = SCHEMA if writer.engine == "postgresql" else None
        prefix = "" if schema else f"{SCHEMA}_"
        meta = sa.MetaData(schema=schema)
        self._meta, self._schema = meta, schema
        self.migrations = sa.Table(
            f"{prefix}migration",
            meta,
            sa.Column("id", sa.Text, primary_key=True),
            sa.Column("plan_hash", sa.Text, nullable=False),
            sa.Column("epoch", sa.BigInteger, nullable=False),
            sa.Column("status", sa.Text, nullable=False),
            sa.Column("approval", sa.Text),
            sa.Column("position", sa.Text),
            sa.Column("journal_head", sa.Text),
            sa.Column("started_at", sa.Text, nullable=False),
            sa.Column("finished_at", sa.Text),
        )
        self.steps = sa.Table(
            f"{prefix}step",
            meta,
            _owner(),
            sa.Column("id", sa.Text, primary_key=True),
            sa.Column("epoch", sa.BigInteger, nullable=False),
            sa.Column("seconds", sa.Float, nullable=False),
            sa.Column("done_at", sa.Text, nullable=False),
        )
        self.chunks = sa.Table(
            f"{prefix}chunk",
            meta,
            _owner(),
            sa.Column("table_name", sa.Text, primary_key=True),
            sa.Column("number", sa.Integer, primary_key=True),
            sa.Column("lower", sa.BigInteger),
            sa.Column("upper", sa.BigInteger),
            sa.Column("done", sa.Boolean, nullable=False),
            sa.Column("rows", sa.BigInteger),
            sa.Column("bytes", sa.BigInteger),
            sa.Column("quarantined", sa.BigInteger),
            sa.Column("seconds", sa.Float),
            sa.Column("position", sa.Text),
            sa.Column("epoch", sa.BigInteger),
            sa.Column("copies", sa.Integer, nullable=False),
        )
        self.quarantine = sa.Table(
            f"{prefix}quarantine",
            meta,
            _owner(),
            sa.Column("table_name", sa.Text, primary_key=True),
            sa.Column("number", sa.Integer, nullable=False),
            sa.Column("locator", sa.Text, primary_key=True),
            sa.Column("column_name", sa.Text, primary_key=True),
            sa.Column("row_key", sa.Text, nullable=False),
            sa.Column("reason", sa.Text, nullable=False),
            sa.Column("action", sa.Text, nullable=False),
            sa.Column("original", sa.Text, nullable=False),
        )

    def start(self, plan_hash: str, approval: dict[str, Any], journal_head: str) -> None:
        """Create the tables if needed and take the next epoch, so that no older process can write any more.

        PLAN_CHANGED when the target holds this migration under another plan.
        """
        with self.writer.begin(durable=True) as connection:
            if self._schema:
                connection.execute(sa.schema.CreateSchema(self._schema, if_not_exists=True))
            self._meta.create_all(connection)
        with self.writer.begin(durable=True) as connection:
            row = connection.execute(
                sa.select(self.migrations.c.plan_hash, self.migrations.c.epoch)
                .where(self.migrations.c.id == self.migration)
                .with_for_update()
            ).one_or_none()
            if row is None:
                self.epoch = 1
                connection.execute(
                    self.migrations.insert().values(
                        id=self.migration,
                        plan_hash=plan_hash,
                        epoch=1,
                        status="running",
                        approval=json.dumps(approval, sort_keys=True),
                        journal_head=journal_head,
                        started_at=_now(),
                    )
                )
                return
            if row.plan_hash != plan_hash:
                raise Aborted(
                    "PLAN_CHANGED",
                    f"The target holds {self.migration} under plan {row.plan_hash[:12]}, not {plan_hash[:12]}.",
                    "Finish or undo that one (rollback.sql in its artifacts), or use another name for this one.",
                )
            self.epoch = row.epoch + 1
            self._update(connection, epoch=self.epoch, status="running", journal_head=journal_head)

    def join(self, epoch: int) -> None:
        """Work under an epoch that another process took."""
        self.epoch = epoch

    def fence(self, connection: Connection) -> None:
        """Hold the epoch until the transaction ends; EPOCH_PASSED when a newer run has taken over."""
        query = sa.select(self.migrations.c.epoch).where(
            self.migrations.c.id == self.migration, self.migrations.c.epoch == self.epoch
        )
        if connection.execute(query.with_for_update(read=True)).one_or_none() is None:
            raise EngineError(
                "EPOCH_PASSED",
                "Another run of this migration has taken over; this one may not write any more.",
                "Let the other run finish; `dbmo status` shows how far it is.",
            )

    def update(self, **values: object) -> None:
        """Set columns of the migration's row, durably."""
        with self.writer.begin(durable=True) as connection:
            self.fence(connection)
            self._update(connection, **values)

    def _update(self, connection: Connection, **values: object) -> None:
        connection.execute(self.migrations.update().where(self.migrations.c.id == self.migration).values(**values))

    def row(self) -> dict[str, Any]:
        """The migration's row."""
        with self.writer.begin() as connection:
            query = sa.select(self.migrations).where(self.migrations.c.id == self.migration)
            return dict(connection.execute(query).mappings().one())

    def done_steps(self) -> set[str]:
        """Ids of the steps that are done."""
        with self.writer.begin() as connection:
            query = sa.select(self.steps.c.id).where(self.steps.c.migration == self.migration)
            return set(connection.execute(query).scalars())

    def finish_step(self, connection: Connection, step: str, seconds: float) -> None:
        """Record a step in the transaction that did it."""
        self.fence(connection)
        connection.execute(
            self.steps.insert().values(
                migration=self.migration, id=step, epoch=self.epoch, seconds=seconds, done_at=_now()
            )
        )

    def forget_step(self, connection: Connection, step: str) -> None:
        """Record that a step was taken back, in the transaction that does so."""
        self.fence(connection)
        own = self.steps.c.migration == self.migration
        connection.execute(self.steps.delete().where(own, self.steps.c.id == step))

    def drop(self) -> None:
        """Remove the state tables, with everything that was set aside: for rehearsals."""
        with self.writer.begin(durable=True) as connection:
            self._meta.drop_all(connection)
            if self._schema:
                connection.execute(sa.schema.DropSchema(self._schema, if_exists=True))

    def step_seconds(self) -> dict[str, float]:
        """How long each finished step took."""
        with self.writer.begin() as connection:
            query = sa.select(self.steps.c.id, self.steps.c.seconds).where(self.steps.c.migration == self.migration)
            return {row.id: row.seconds for row in connection.execute(query)}


def _owner() -> sa.Column[str]:
    return sa.Column("migration", sa.Text, primary_key=True)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
