"""After the rows: sequences continue where the source's would, and the planner gets its statistics."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from sqlalchemy.engine import Connection

from engines.errors import EngineError
from engines.families import family
from engines.full_names import column_name, name_of, parts
from engines.mysql.after_load import analyze, counter_statement, sequence_statement
from engines.postgresql.quoting import quote_identifier, quote_name
from engines.protocols import Database, Writer
from transfer.builds import first_ended
from transfer.ddl import LIGHT
from transfer.moveplan import MovePlan, SequenceSetting
from transfer.sequences import next_values
from transfer.state import State

TOGETHER = 50  # tables in one ANALYZE, each locked until its transaction ends
# A sequence that is used up stands at its last number and is called; a column's own sequence is found by its name.
SET_POSTGRESQL = """
SELECT pg_catalog.setval(s.seqrelid::pg_catalog.regclass,
                         GREATEST(LEAST(w.following, s.seqmax), s.seqmin)::bigint,
                         w.following > s.seqmax OR w.following < s.seqmin)
  FROM ROWS FROM (pg_catalog.unnest(%s::text[]), pg_catalog.unnest(%s::text[]), pg_catalog.unnest(%s::text[]),
                  pg_catalog.unnest(%s::numeric[])) AS w(sequence, owner, name, following)
  JOIN pg_catalog.pg_sequence AS s
    ON s.seqrelid = coalesce(w.sequence, pg_catalog.pg_get_serial_sequence(w.owner, w.name))::pg_catalog.regclass
"""
LARGEST = 2**63 - 1  # of SQLite; MySQL's unsigned numbers go on beyond it, there the next insert is refused
Settings = Sequence[tuple[SequenceSetting, int]]


def set_sequences(plan: MovePlan, source: Database, state: State) -> dict[str, int]:
    """Set every sequence of the plan to give what the source would give next; name -> next value.

    Idempotent: the value comes from the source, so running it twice gives the same.
    """
    if not plan.sequences:
        return {}
    values = next_values(plan.source_engine, source, plan.sequences)
    chosen = [(setting, value) for setting, value in zip(plan.sequences, values, strict=True) if value is not None]
    with state.writer.begin(durable=True) as connection:
        state.fence(connection)
        SETTERS[family(state.writer.engine)](state.writer, connection, chosen)
    return {s.target_sequence or column_name(s.target_table or "", s.target_column or ""): value for s, value in chosen}


def _set_postgresql(writer: Any, connection: Connection, settings: Settings) -> None:
    """setval of sequences by their names, and of those behind identity columns."""
    names = [quote_name(*parts(s.target_sequence)) if s.target_sequence else None for s, _ in settings]
    owners = [quote_name(*parts(s.target_table)) if s.target_table and name is None else None
              for name, (s, _) in zip(names, settings, strict=True)]  # fmt: skip
    columns = [s.target_column for s, _ in settings]
    values = [value for _, value in settings]
    connection.exec_driver_sql(SET_POSTGRESQL, (names, owners, columns, values))


def _set_mysql(writer: Any, connection: Connection, settings: Settings) -> None:
    """AUTO_INCREMENT, which the server never sets below what its rows need; sequences of MariaDB."""
    for setting, following in settings:
        name = name_of(setting.target_sequence or setting.target_table or "")
        made = sequence_statement if setting.target_sequence else counter_statement
        writer.run(connection, made(writer.database, name, following))


def _set_sqlite(writer: Any, connection: Connection, settings: Settings) -> None:
    """AUTOINCREMENT's own counter; a plain INTEGER PRIMARY KEY needs none, it goes on from the largest."""
    if not connection.exec_driver_sql("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_sequence'").scalar():
        return
    for setting, following in settings:
        name = name_of(setting.target_table or "")
        counted = "SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?"
        text = connection.exec_driver_sql(counted, (name,)).scalar()
        if text and "AUTOINCREMENT" in str(text).upper():
            connection.exec_driver_sql("DELETE FROM sqlite_sequence WHERE name = ?", (name,))
            given = name, min(following - 1, LARGEST)
            connection.exec_driver_sql("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", given)


def _set_nothing(writer: Any, connection: Any, settings: Settings) -> None:
    """Documents are numbered by nobody."""


SETTERS: dict[str, Callable[[Any, Any, Settings], None]] = {
    "postgresql": _set_postgresql,
    "mysql": _set_mysql,
    "sqlite": _set_sqlite,
    "mongodb": _set_nothing,
}


def gather_statistics(plan: MovePlan, writer: Writer, cancelled: Callable[[], bool] = lambda: False) -> float:
    """ANALYZE every table that was loaded, the small ones together; seconds. MongoDB samples when it plans.

    INTERRUPTED when cancelled: the statements that run are ended, and another call begins anew.
    """
    started = time.monotonic()
    kind = family(writer.engine)
    if kind == "mongodb":
        return 0.0
    small, big = loaded_tables(plan)
    lots = [small[at : at + TOGETHER] for at in range(0, len(small), TOGETHER)] + [[name] for name in big]
    threads = max(1, plan.parallel) if kind == "postgresql" else 1
    with ThreadPoolExecutor(threads) as pool:
        running = {pool.submit(_analyze, writer, kind, lot) for lot in reversed(lots)}
        try:
            while running:
                ended = first_ended(running, partial(_stop_if, cancelled), writer.cancel)
                running -= ended
                for one in ended:
                    one.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return time.monotonic() - started


def _stop_if(cancelled: Callable[[], bool]) -> None:
    if cancelled():
        raise EngineError(
            "INTERRUPTED",
            "The gathering of statistics was interrupted; all rows are in the target.",
            "Run the same command again to go on.",
        )


def loaded_tables(plan: MovePlan) -> tuple[list[str], list[str]]:
    """Full names of the target's tables that rows went into: those known to be small, and the others."""
    small: list[str] = []
    big: list[str] = []
    for table in plan.tables:
        (small if table.size_bytes is not None and table.size_bytes <= LIGHT else big).append(table.target)
    for collection in plan.documents:
        big += [table.table for table in collection.tables]
    return small, big


def _analyze(writer: Any, kind: str, tables: Sequence[str]) -> None:
    with writer.begin() as connection:
        if kind == "postgresql":
            writer.run(connection, f"ANALYZE {', '.join(quote_name(*parts(name)) for name in tables)}")
        elif kind == "mysql":
            places = [(writer.database, name_of(name)) for name in tables]
            analyze(lambda sql: connection.exec_driver_sql(sql.replace("%", "%%")).all(), places)
        else:
            for name in tables:
                writer.run(connection, f"ANALYZE {quote_identifier(name_of(name))}")
