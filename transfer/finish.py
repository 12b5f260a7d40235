"""After the rows: sequences continue where the source's would, and the planner gets its statistics."""

from __future__ import annotations

import time

from sqlalchemy.engine import Connection

from conversion.mapping import TableMapping
from engines.postgresql.quoting import quote_identifier, quote_name
from engines.protocols import Database, Writer
from engines.sqlite.quoting import quote_identifier as quote_sqlite
from transfer.moveplan import MovePlan, SequenceSetting
from transfer.state import State


def set_sequences(plan: MovePlan, source: Database, state: State) -> dict[str, int]:
    """Set every sequence of the plan to give what the source would give next; name -> next value.

    Idempotent: the value comes from the source, so running it twice gives the same.
    """
    given: dict[str, int] = {}
    with state.writer.begin(durable=True) as connection:
        state.fence(connection)
        for setting in plan.sequences:
            following = next_value(plan, source, setting)
            if following is None:
                continue
            given[setting.target_sequence or f"{setting.target_table}.{setting.target_column}"] = following
            if state.writer.engine == "postgresql":
                _set_postgresql(connection, setting, following)
            else:
                _set_sqlite(connection, setting, following)
    return given


def _set_postgresql(connection: Connection, setting: SequenceSetting, following: int) -> None:
    """setval of a sequence by its name, or of the one behind an identity column."""
    if setting.target_sequence:
        sql, name = "SELECT pg_catalog.setval(%s::regclass, %s, false)", (_quoted(setting.target_sequence),)
        connection.exec_driver_sql(sql, (*name, following))
        return
    sql = "SELECT pg_catalog.setval(pg_catalog.pg_get_serial_sequence(%s, %s)::regclass, %s, false)"
    connection.exec_driver_sql(sql, (_quoted(setting.target_table or ""), setting.target_column, following))


def _set_sqlite(connection: Connection, setting: SequenceSetting, following: int) -> None:
    """AUTOINCREMENT's own counter; a plain INTEGER PRIMARY KEY needs none, it goes on from the largest."""
    there = "SELECT 1 FROM sqlite_master WHERE name = 'sqlite_sequence'"
    name = (setting.target_table or "").partition(".")[2]
    counted = "SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?"
    text = connection.exec_driver_sql(counted, (name,)).scalar()
    if connection.exec_driver_sql(there).scalar() and text and "AUTOINCREMENT" in str(text).upper():
        connection.exec_driver_sql("DELETE FROM sqlite_sequence WHERE name = ?", (name,))
        connection.exec_driver_sql("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (name, following - 1))


def _quoted(full_name: str) -> str:
    schema, _, name = full_name.partition(".")
    return quote_name(schema, name)


def next_value(plan: MovePlan, source: Database, setting: SequenceSetting) -> int | None:
    """What the source's sequence or key column would give next; None for a key column without values.

    pg_sequences has no last_value after setval(..., false), so the sequence itself is read.
    """
    if plan.source_engine == "postgresql":
        schema, _, name = setting.source.partition(".")
        step = "SELECT seqincrement FROM pg_catalog.pg_sequence WHERE seqrelid = %s::regclass"
        ((increment,),) = source.query(step, (quote_name(schema, name),))
        ((last, called),) = source.query(f"SELECT last_value, is_called FROM {quote_name(schema, name)}")
        return int(last) + (int(increment) if called else 0)
    table, _, column = setting.source.rpartition(".")
    name = table.partition(".")[2]
    highest = source.query(f"SELECT max({quote_sqlite(column)}) FROM {quote_sqlite(name)}")[0][0]
    counted = None
    if source.query("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_sequence'"):
        found = source.query("SELECT seq FROM sqlite_sequence WHERE name = ?", (name,))
        counted = found[0][0] if found else None
    known = [int(value) for value in (highest, counted) if value is not None]
    return max(known) + 1 if known else None


def gather_statistics(plan: MovePlan, writer: Writer) -> float:
    """ANALYZE every table that was loaded; seconds."""
    started = time.monotonic()
    for table in plan.tables:
        with writer.begin() as connection:
            writer.run(connection, f"ANALYZE {_analyzed(writer, table)}")
    return time.monotonic() - started


def _analyzed(writer: Writer, table: TableMapping) -> str:
    schema, _, name = table.target.partition(".")
    return quote_name(schema, name) if writer.engine == "postgresql" else quote_identifier(name)
