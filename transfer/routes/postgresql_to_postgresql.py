"""PostgreSQL rows relayed as COPY gives them: binary where both sides have the same bytes for a type, else text."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import psycopg

from engines.errors import DbmoError, EngineError
from engines.postgresql.money import check_money
from engines.postgresql.quoting import quote_literal
from engines.postgresql.snapshot import PostgresqlSnapshot
from engines.postgresql.writer import PostgresqlWriter
from engines.protocols import Loaded
from transfer.chunks import Chunk
from transfer.cutting.postgresql import condition
from transfer.moveplan import MovePlan
from transfer.routes.policy import Judge
from transfer.routes.postgresql_asked import is_refusal, why_refused
from transfer.routes.postgresql_forms import DOMAIN, USER_TYPE, UserType, is_same_user_type, read, unproved
from transfer.routes.postgresql_halves import BACK, NOTHING_LOADED, SAVEPOINT, Attempts, added
from transfer.routes.postgresql_refusals import ExactRows
from transfer.routes.postgresql_wide_rows import WideRow, WideRows
from transfer.routes.route import Copied, Pace, paced
from transfer.units import TableUnit, Unit


def open_route(plan: MovePlan, unit: Unit, snapshot: Any, writer: Any) -> PostgresqlRelay:
    """See transfer.routes.route."""
    assert isinstance(unit, TableUnit)
    return PostgresqlRelay(plan, unit, snapshot, writer)


class PostgresqlRelay:
    """What COPY TO gives goes to COPY FROM as it is; only rows too large to be held are read in pieces."""

    def __init__(self, plan: MovePlan, unit: TableUnit, snapshot: PostgresqlSnapshot, writer: PostgresqlWriter) -> None:
        self.plan, self.unit, self.snapshot, self.writer = plan, unit, snapshot, writer
        self.table = unit.mapping
        self.source = snapshot.relation(self.table.source)
        self.target = writer.relation(self.table.target)
        if not writer.grant.stands_in:
            place = self.source.schema, self.source.name
            check_money(snapshot.query, snapshot.money_digits, writer.money_digits, [place])
        self.columns = [column.target for column in self.table.copied]
        self.reads = ", ".join(read(column) for column in self.table.copied)
        self.encoding = _shared_encoding(snapshot, writer)
        self.form = "binary" if not self.encoding and self._has_same_bytes() else "text"
        limit = plan.quarantine_limit
        self.exact = ExactRows(snapshot, self.source, writer, self.table, unit.key, limit, self.encoding)
        self.wide = WideRows(self.snapshot, self.source, self.table, unit.key, self.encoding)

    def copy(self, chunk: Chunk, into: Any, pace: Pace) -> Copied:
        """See Route."""
        judge = Judge(self.table, self.plan.policy())
        where = condition(self.unit.key, chunk)
        wide = self.wide.find(where)
        if wide:
            where = self.wide.others(where)
        loaded = self._relay(where, into, pace) or self.exact.copy(where, into, judge, pace)
        for row in wide:
            loaded = added(loaded, self._alone(row, into, judge, pace))
        return Copied(loaded.rows, loaded.bytes, judge.found)

    def _alone(self, row: WideRow, into: Any, judge: Judge, pace: Pace) -> Loaded:
        """A row that is read in pieces; nothing where it is set aside."""
        attempts = Attempts(self.writer, self.table.target, self.columns, is_refusal, self.encoding)
        found = attempts.one(paced(self.wide.blocks(row, judge), pace), into)
        if isinstance(found, Loaded):
            return found
        self.wide.refuse(row, *why_refused(found, self.writer.encoding), judge)
        return NOTHING_LOADED

    def _relay(self, where: str, into: Any, pace: Pace) -> Loaded | None:
        """The range as it is; None when one of the servers refuses a value of it, and nothing of it is there."""
        source = f"SELECT {self.reads} FROM ONLY {self.source.quoted}{f' WHERE {where}' if where else ''}"
        encoded = f", ENCODING '{self.encoding}'" if self.encoding else ""
        out = self.snapshot.copy_out(f"COPY ({source}) TO STDOUT WITH (FORMAT {self.form}{encoded})")
        try:
            with closing(out):
                blocks = paced(out, pace)
                loaded = self.writer.load(
                    into, self.table.target, self.columns, blocks, (SAVEPOINT,), self.form, self.encoding
                )
        except (psycopg.Error, DbmoError) as error:
            state = error.sqlstate if isinstance(error, psycopg.Error) else error.data.get("sqlstate")
            if not is_refusal(state):
                raise
            self.writer.run(into, BACK)
            return None
        if loaded.rows != out.rows:
            raise EngineError(
                "ROWS_LOST",
                f"{self.table.source} gave {out.rows} rows and {self.table.target} took {loaded.rows} of them.",
                "Look for a trigger on the target's table that drops rows; nothing of this range was committed.",
            )
        return loaded

    def _has_same_bytes(self) -> bool:
        """Whether every copied column has the same binary form on both sides; asks them about users' own types."""
        here, there = self.snapshot.version, self.writer.version_number
        for column in unproved(self.table.copied, here, there):
            if column.source_type != column.target_type:
                return False
            own = _user_type(self.snapshot, self.source.oid, column.source)
            others = _user_type(self.writer, self.target.oid, column.target)
            if own is None or others is None or not is_same_user_type(own, others, here, there):
                return False
        return True


def _shared_encoding(snapshot: PostgresqlSnapshot, writer: PostgresqlWriter) -> str:
    """The encoding that both databases have, "" where it is UTF-8 or they differ.

    Rows go in it as COPY's text, so that no byte is converted: the way by UTF-8 lacks some (SQL_ASCII holds any bytes,
    WIN1252 such as have no character). COPY's binary form can't be told an encoding.
    """
    return writer.encoding if writer.encoding == snapshot.encoding != "UTF8" else ""


def _user_type(asked: PostgresqlSnapshot | PostgresqlWriter, oid: int, column: str) -> UserType | None:
    found = asked.query(USER_TYPE.format(oid=oid, name=quote_literal(column)))
    kind, base, kind_of_base = found[0] if found else ("", None, None)
    return (kind, base if kind == DOMAIN else None, kind_of_base) if found else None
