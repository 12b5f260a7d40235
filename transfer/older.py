"""Ends what an older run of a migration, stopped but not gone, still holds of its tables in a PostgreSQL target."""

from __future__ import annotations

from typing import Any

from engines.full_names import parts
from transfer.moveplan import MovePlan
from transfer.state import State

# A process that is suspended (SIGSTOP, a machine that sleeps) keeps its transactions open, and with them locks for
# which keys and indexes would wait without end. It can't commit them under its epoch. Ended are only sessions of this
# user under this program's name that hold more of these tables than a reader does; none where a reference gives its
# sessions another name, which other programs may have as well.
END = """
SELECT count(pg_catalog.pg_terminate_backend(held.pid))
  FROM (SELECT DISTINCT l.pid
          FROM ROWS FROM (
                 pg_catalog.unnest(%s::pg_catalog.text[]), pg_catalog.unnest(%s::pg_catalog.text[])
               ) AS made (schema, name)
          JOIN pg_catalog.pg_namespace AS n ON n.nspname = made.schema
          JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relname = made.name
          JOIN pg_catalog.pg_locks AS l ON l.relation = c.oid AND l.locktype = 'relation' AND l.granted
          JOIN pg_catalog.pg_database AS d ON d.oid = l.database AND d.datname = pg_catalog.current_database()
          JOIN pg_catalog.pg_stat_activity AS a ON a.pid = l.pid
         WHERE l.mode <> 'AccessShareLock' AND l.pid <> pg_catalog.pg_backend_pid() AND a.usename = current_user
           AND a.application_name = pg_catalog.current_setting('application_name')
           AND pg_catalog.left(a.application_name, 4) = 'dbmo') AS held
"""


def end_older(state: State, plan: MovePlan) -> int:
    """End them, once the older run's epoch has passed; how many sessions. On other engines, which don't tell: none.

    EPOCH_PASSED when a newer run has taken over meanwhile: the sessions may be its own.
    """
    if state.writer.engine != "postgresql":
        return 0
    names = {table.target for table in plan.tables}
    names |= {table.table for mapping in plan.documents for table in mapping.tables}
    made = [parts(name) for name in sorted(names)]
    given: tuple[Any, ...] = ([schema for schema, _ in made], [name for _, name in made])
    with state.writer.begin() as connection:
        state.fence(connection)
        return int(connection.exec_driver_sql(END, given).scalar() or 0)
