"""Sequences with their state, and which columns they number."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from engines.catalog import Sequence
from engines.full_names import column_name, qualified
from engines.postgresql.introspect.reader import Reader, not_of_extension
from engines.postgresql.introspect.tables import Relations
from engines.postgresql.quoting import quote_name
from engines.postgresql.schemas import USER_SCHEMA

STATES_AT_ONCE = 200
READABLE = "has_schema_privilege(n.oid, 'USAGE') AND has_sequence_privilege(c.oid, 'SELECT')"
SEQUENCES = f"""
    SELECT c.oid, n.nspname, c.relname, format_type(s.seqtypid, NULL) AS data_type, s.seqstart, s.seqincrement,
           s.seqmin, s.seqmax, s.seqcache, s.seqcycle, d.description, {READABLE} AS readable,
           o.refobjid AS owner, o.refobjsubid AS owner_column, o.deptype::text = 'i' AS identity,
           tn.nspname AS owner_schema, t.relname AS owner_table, a.attname AS owner_name,
           CASE WHEN {READABLE} THEN pg_sequence_last_value(c.oid) END AS last_value
      FROM pg_sequence s
      JOIN pg_class c ON c.oid = s.seqrelid
      JOIN pg_namespace n ON n.oid = c.relnamespace
      LEFT JOIN pg_depend o ON o.classid = 'pg_class'::regclass AND o.objid = c.oid AND o.objsubid = 0
                           AND o.refclassid = 'pg_class'::regclass AND o.refobjsubid > 0 AND o.deptype IN ('a', 'i')
      LEFT JOIN pg_class t ON t.oid = o.refobjid
      LEFT JOIN pg_namespace tn ON tn.oid = t.relnamespace
      LEFT JOIN pg_attribute a ON a.attrelid = o.refobjid AND a.attnum = o.refobjsubid
      LEFT JOIN pg_description d ON d.objoid = c.oid AND d.classoid = 'pg_class'::regclass AND d.objsubid = 0
     WHERE {USER_SCHEMA} AND {not_of_extension("pg_class", "c.oid")}
     ORDER BY n.nspname, c.relname
"""


def read_sequences(reader: Reader, relations: Relations) -> list[Sequence]:
    """All sequences; columns that are identities get their sequence and the number they would give next.

    A sequence that the user may not read has last_value None and stands in unread.
    """
    rows = reader.rows("sequences", SEQUENCES)
    uncalled = _uncalled(reader, [row for row in rows if row.readable and row.last_value is None])
    sequences = []
    for row in rows:
        sequence = _sequence(row, uncalled.get(row.oid))
        sequences.append(sequence)
        if not row.readable:
            reader.missing(f"state of sequence {sequence.full_name}", "The user has no SELECT on it.")
        if row.identity:
            _mark_column(relations, row, sequence)
    return sequences


def _uncalled(reader: Reader, rows: list[Any]) -> dict[int, int]:
    """Values set with is_called = false, by oid: no function of the catalog gives them, only the sequence itself."""
    found: dict[int, int] = {}
    pending: Iterator[Any] = iter(rows)
    while some := list(islice(pending, STATES_AT_ONCE)):
        parts = [f"SELECT {r.oid}::bigint AS oid, last_value FROM {quote_name(r.nspname, r.relname)}" for r in some]
        found.update((row.oid, row.last_value) for row in reader.rows("states of sequences", " UNION ALL ".join(parts)))
    return found


def _sequence(row: Any, uncalled: int | None) -> Sequence:
    owner = column_name(qualified(row.owner_schema, row.owner_table), row.owner_name) if row.owner else None
    return Sequence(
        schema_name=row.nspname,
        name=row.relname,
        data_type=row.data_type,
        start=row.seqstart,
        increment=row.seqincrement,
        minimum=row.seqmin,
        maximum=row.seqmax,
        cache=row.seqcache,
        cycle=row.seqcycle,
        last_value=row.last_value if row.last_value is not None else uncalled,
        is_called=row.last_value is not None,
        owned_by=owner,
        identity=bool(row.identity),
        comment=row.description,
    )


def _mark_column(relations: Relations, row: Any, sequence: Sequence) -> None:
    table = relations.tables.get(row.owner)
    identity = table.column(row.owner_name).identity if table is not None else None
    if identity is None:
        return
    identity.sequence = sequence.full_name
    if sequence.last_value is not None:
        identity.next_value = sequence.last_value + (sequence.increment if sequence.is_called else 0)
