"""Hazards of a PostgreSQL source: what a copy misses, what a target lacks, what moves under the copy."""

from __future__ import annotations

from collections.abc import Iterator

from engines.full_names import qualified
from skills.database_optimization_analyzer.breaking_changes import major
from skills.database_optimization_analyzer.indexes import quoted
from skills.database_optimization_analyzer.probe import Found, Probe, orphans

OLD_TRANSACTION = "5 minutes"
SEQUENCE_ALARM = 0.7
ODD_TYPES = {
    "abstime": "removed in PostgreSQL 12",
    "reltime": "removed in PostgreSQL 12",
    "tinterval": "removed in PostgreSQL 12",
    "money": "its text depends on lc_monetary; another engine reads it wrong",
    "xml": "kept as text; the target has to be built with libxml",
    "pg_lsn": "a log position of this server, meaningless on another",
    "oid": "may point to a large object or a catalog row of this server",
    "regclass": "an object number of this server; pg_upgrade refuses it in tables",
    "regproc": "an object number of this server; pg_upgrade refuses it in tables",
    "xid": "a transaction number of this server",
}


def no_row_identity(probe: Probe) -> Iterator[Found]:
    """Tables whose updates and deletes logical replication cannot name."""
    for table in probe.tables:
        identity = (table.replica_identity or "default").lower()
        if table.primary_key is None and identity in ("default", "d", "nothing", "n"):
            yield Found(table.full_name, detail="no primary key and no other replica identity")


def unlogged(probe: Probe) -> Iterator[Found]:
    """Tables that a crash empties and that no replica receives."""
    return (Found(table.full_name) for table in probe.catalog.tables if table.kind == "unlogged")


def foreign_tables(probe: Probe) -> Iterator[Found]:
    """Tables whose rows live on another server."""
    return (Found(table.full_name) for table in probe.catalog.tables if table.kind == "foreign")


def sequences_near_end(probe: Probe) -> Iterator[Found]:
    """Sequences that used most of their range."""
    for sequence in probe.catalog.sequences:
        limit = sequence.maximum
        if sequence.last_value is None or limit is None or sequence.increment < 0 or sequence.cycle:
            continue
        if sequence.last_value > limit * SEQUENCE_ALARM:
            detail = f"last value {sequence.last_value} of {limit}"
            yield Found(sequence.full_name, column=sequence.owned_by, detail=detail)


def sequences(probe: Probe) -> Iterator[Found]:
    """Sequences, whose state logical replication does not carry."""
    if probe.catalog.sequences:
        yield Found(probe.catalog.database, count=len(probe.catalog.sequences), detail="set them again at the cutover")


def not_validated(probe: Probe) -> Iterator[Found]:
    """Constraints that were never checked against the rows that were there."""
    for table in probe.catalog.tables:
        for key in table.foreign_keys:
            if not key.validated:
                count, keys = orphans(probe, table, key) if probe.small(table) else (None, ())
                yield Found(table.full_name, ", ".join(key.columns), count, keys, f"foreign key {key.name}")
        for check in table.checks:
            if not check.validated:
                condition = f"NOT ({check.expression})"
                keys = probe.keys(table, condition) if probe.small(table) else ()
                yield Found(table.full_name, None, None, keys, f"check {check.name}: {check.expression[:100]}")


def invalid_indexes(probe: Probe) -> Iterator[Found]:
    """Indexes that a failed CREATE INDEX CONCURRENTLY left behind."""
    for table in probe.catalog.tables:
        for index in table.indexes:
            if not index.valid:
                yield Found(qualified(table.schema_name, index.name), detail=f"on {table.full_name}")


def large_objects(probe: Probe) -> Iterator[Found]:
    """Large objects, which live outside every table."""
    count = int(probe.one("SELECT count(*) FROM pg_largeobject_metadata"))
    if count:
        rows = probe.source.query("SELECT oid::text FROM pg_largeobject_metadata ORDER BY oid LIMIT 10")
        yield Found("pg_largeobject", count=count, keys=tuple(f"oid={row[0]}" for row in rows))


def extensions(probe: Probe) -> Iterator[Found]:
    """Extensions; blocking where an open PostgreSQL target does not offer one."""
    offered: set[str] | None = None
    if probe.target is not None and probe.target.engine == "postgresql":
        offered = {str(row[0]) for row in probe.target.query("SELECT name::text FROM pg_available_extensions")}
    for extension in probe.catalog.extensions:
        if extension.name == "plpgsql":
            continue
        missing = (offered is not None and extension.name not in offered) or (
            probe.target_engine is not None and probe.target_engine != "postgresql"
        )
        detail = f"version {extension.version}" + (", not on the target" if missing else "")
        yield Found(extension.name, detail=detail, severity="blocking" if missing else "info")


def odd_types(probe: Probe) -> Iterator[Found]:
    """Columns of types that are gone, local to a server, or read differently elsewhere."""
    for table in probe.tables:
        for column in table.columns:
            reason = ODD_TYPES.get(column.native.lower().removeprefix("pg_catalog."))
            if reason:
                severity = "blocking" if "removed" in reason and (major(probe.target_version) or 0) >= 12 else None
                yield Found(table.full_name, column.name, detail=f"{column.native}: {reason}", severity=severity)


def partitioned(probe: Probe) -> Iterator[Found]:
    """Partitioned tables: rows are counted and copied by their parts."""
    for table in probe.catalog.tables:
        if table.kind == "partitioned":
            parts = [
                child
                for child in probe.catalog.tables
                if child.partitioning and child.partitioning.parent in (table.full_name, table.name)
            ]
            yield Found(table.full_name, count=len(parts), detail="parts")


def row_security(probe: Probe) -> Iterator[Found]:
    """Tables with row security: a role that is subject to it silently sees fewer rows."""
    return (Found(table.full_name) for table in probe.catalog.tables if table.row_security)


def disabled_triggers(probe: Probe) -> Iterator[Found]:
    """Triggers that do not fire today and would after a careless move."""
    for table in probe.catalog.tables:
        for trigger in table.triggers:
            if not trigger.enabled:
                yield Found(f"{table.full_name}.{trigger.name}")


def with_oids(probe: Probe) -> Iterator[Found]:
    """Tables with a hidden oid column (before PostgreSQL 12)."""
    if (major(probe.catalog.version) or 12) >= 12:
        return
    rows = probe.source.query(
        "SELECT n.nspname::text, c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE c.relhasoids AND c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema')"
    )
    yield from (Found(qualified(schema, name)) for schema, name in rows)


def collation_version(probe: Probe) -> Iterator[Found]:
    """A collation whose library changed since the indexes were built: they may be in the wrong order already."""
    if (major(probe.catalog.version) or 0) < 15:
        return
    rows = probe.source.query(
        "SELECT datname::text, datcollversion, pg_database_collation_actual_version(oid) FROM pg_database"
        " WHERE datname = current_database()"
    )
    for name, recorded, actual in rows:
        if recorded and actual and recorded != actual:
            yield Found(str(name), detail=f"built with {recorded}, the library is {actual}")


def collation_provider(probe: Probe) -> Iterator[Found]:
    """A locale of the operating system or ICU: the target's may sort otherwise."""
    row = probe.source.query(
        "SELECT datname::text, datcollate::text FROM pg_database WHERE datname = current_database()"
    )[0]
    if str(row[1]) not in ("C", "POSIX", "C.UTF-8", "C.utf8"):
        yield Found(str(row[0]), detail=f"sorts by {row[1]}")


def sql_ascii(probe: Probe) -> Iterator[Found]:
    """A database that never checked the encoding of its text."""
    if (probe.catalog.encoding or "").upper() == "SQL_ASCII":
        yield Found(probe.catalog.database, detail="bytes over 127 may be no text at all")


def prepared_transactions(probe: Probe) -> Iterator[Found]:
    """Transactions prepared and never finished: they hold locks and keep old rows."""
    rows = probe.source.query(
        "SELECT gid FROM pg_prepared_xacts WHERE database = current_database() ORDER BY gid LIMIT 10"
    )
    if rows:
        count = int(probe.one("SELECT count(*) FROM pg_prepared_xacts WHERE database = current_database()"))
        yield Found("pg_prepared_xacts", count=count, keys=tuple(str(row[0]) for row in rows))


def long_transactions(probe: Probe) -> Iterator[Found]:
    """Transactions open for longer than OLD_TRANSACTION: a replication slot waits for them."""
    rows = probe.source.query(
        "SELECT pid::text, (now() - xact_start)::text FROM pg_stat_activity WHERE datname = current_database()"
        f" AND pid <> pg_backend_pid() AND xact_start < now() - interval '{OLD_TRANSACTION}' ORDER BY xact_start"
    )
    if rows:
        keys = tuple(f"pid={pid} for {age}" for pid, age in rows[:10])
        yield Found("pg_stat_activity", count=len(rows), keys=keys)


def event_triggers(probe: Probe) -> Iterator[Found]:
    """Triggers on DDL: they fire while the target's schema is made."""
    rows = probe.source.query("SELECT evtname::text, evtevent::text FROM pg_event_trigger ORDER BY evtname")
    return (Found(str(name), detail=str(event)) for name, event in rows)


def subscriptions(probe: Probe) -> Iterator[Found]:
    """Replication that comes into or goes out of this database today."""
    rows = probe.source.query(
        "SELECT 'publication'::text, pubname::text FROM pg_publication UNION ALL"
        " SELECT 'replication slot', slot_name::text FROM pg_replication_slots WHERE database = current_database()"
    )
    return (Found(str(name), detail=str(kind)) for kind, name in rows)


def tablespaces(probe: Probe) -> Iterator[Found]:
    """Tablespaces: folders that the target does not have."""
    rows = probe.source.query(
        "SELECT spcname::text FROM pg_tablespace WHERE spcname NOT IN ('pg_default', 'pg_global') ORDER BY spcname"
    )
    return (Found(str(row[0])) for row in rows)


def md5_passwords(probe: Probe) -> Iterator[Found]:
    """Roles whose password is kept as MD5, where this connection may look."""
    if not probe.one("SELECT has_table_privilege('pg_authid', 'select')"):
        return
    rows = probe.source.query(
        "SELECT rolname::text FROM pg_authid WHERE starts_with(rolpassword, 'md5') ORDER BY rolname"
    )
    if rows:
        yield Found("pg_authid", count=len(rows), keys=tuple(quoted(str(row[0])) for row in rows[:10]))
