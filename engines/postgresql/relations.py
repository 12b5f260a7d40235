"""What a load must know of a table of the target: its real names, and the triggers that would fire."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from engines.errors import UsageError
from engines.full_names import parts
from engines.postgresql.quoting import quote_identifier, quote_name

Query = Callable[[str, Sequence[Any]], list[tuple[Any, ...]]]

# tgenabled: O fires unless the session is a replica, R only then, A always, D never (documentation: pg_trigger).
RELATIONS = """
SELECT w.number, n.nspname, c.relname, c.oid::bigint,
       coalesce(pg_catalog.pg_relation_size(nullif(c.reltoastrelid, 0)), 0),
       ARRAY(SELECT t.tgname || ' ' || t.tgenabled::text FROM pg_catalog.pg_trigger AS t
              WHERE t.tgrelid = c.oid AND NOT t.tgisinternal AND t.tgenabled <> 'D' ORDER BY t.tgname),
       ARRAY(SELECT ARRAY[a.attname::text, pg_catalog.format_type(a.atttypid, NULL)] FROM pg_catalog.pg_attribute AS a
              WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum)
  FROM ROWS FROM (pg_catalog.unnest(%s::text[]), pg_catalog.unnest(%s::text[])) WITH ORDINALITY
       AS w(schema, name, number)
  JOIN pg_catalog.pg_namespace AS n ON n.nspname = w.schema
  JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relname = w.name
 WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
"""
# Tables that are others now than at the moment of a transaction. Only rows keep their old versions: TRUNCATE and what
# rewrites a table leave it empty for older snapshots, a column that was dropped and added again holds nothing there, a
# name may have become another table's (documentation: Caveats of MVCC). Queries of the catalog see it as it was then,
# its functions as it is now. A partitioned table is read by way of its parts: those that it has now, so one that is
# detached or dropped is missing, and one that is attached is too much. Nor does a lock of the table keep that so:
# ATTACH waits for no reader, and a part that a range leaves out isn't locked. A part that is back again was missing
# meanwhile: what pg_inherits said of it at the moment was deleted by a transaction that the moment doesn't see.
ALTERED = """
WITH RECURSIVE wanted AS (
  SELECT w.number, w.schema, w.name, c.oid, c.relkind, c.relfilenode
    FROM ROWS FROM (pg_catalog.unnest(%s::text[]), pg_catalog.unnest(%s::text[])) WITH ORDINALITY
         AS w(schema, name, number)
    LEFT JOIN (pg_catalog.pg_namespace AS n JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid)
      ON n.nspname = w.schema AND c.relname = w.name
), part AS (
  SELECT number, oid FROM wanted WHERE relkind = 'p'
  UNION
  SELECT part.number, i.inhrelid FROM part JOIN pg_catalog.pg_inherits AS i ON i.inhparent = part.oid
   WHERE (pg_catalog.to_jsonb(i) ->> 'inhdetachpending')::bool IS NOT TRUE -- a column since version 14
)
SELECT w.number,
       w.oid IS DISTINCT FROM pg_catalog.to_regclass(pg_catalog.format('%%I.%%I', w.schema, w.name))::oid
       OR (w.relfilenode <> 0 AND w.relfilenode IS DISTINCT FROM pg_catalog.pg_relation_filenode(w.oid))
       OR EXISTS (SELECT FROM pg_catalog.pg_attribute AS a
                   WHERE a.attrelid = w.oid AND a.attnum > 0 AND NOT a.attisdropped
                     AND pg_catalog.format('%%I.%%I.%%I', w.schema, w.name, a.attname) IS DISTINCT FROM
                         (pg_catalog.pg_identify_object('pg_catalog.pg_class'::regclass, w.oid, a.attnum)).identity)
       OR (w.relkind = 'p'
           AND (EXISTS (SELECT FROM part JOIN pg_catalog.pg_class AS c ON c.oid = part.oid
                         WHERE part.number = w.number AND c.relfilenode <> 0
                           AND c.relfilenode IS DISTINCT FROM pg_catalog.pg_relation_filenode(c.oid))
                OR EXISTS (SELECT FROM part JOIN pg_catalog.pg_inherits AS i ON i.inhrelid = part.oid
                            WHERE part.number = w.number AND pg_catalog.age(i.xmax) <= pg_catalog.age(first.unseen))
                OR ARRAY(SELECT part.oid FROM part WHERE part.number = w.number ORDER BY 1) IS DISTINCT FROM
                   ARRAY(SELECT t.relid::oid FROM pg_catalog.pg_partition_tree(w.oid) AS t ORDER BY 1))),
       w.relkind = 'r' AND EXISTS (SELECT FROM pg_catalog.pg_locks AS l
                                    WHERE l.relation = w.oid AND l.granted AND l.pid = pg_catalog.pg_backend_pid())
  FROM wanted AS w
 CROSS JOIN (SELECT (pg_catalog.txid_snapshot_xmin(pg_catalog.txid_current_snapshot()) & 4294967295)::text::xid)
       AS first (unseen)
 ORDER BY w.number
"""
AGAIN = {"O": "ENABLE TRIGGER", "R": "ENABLE REPLICA TRIGGER", "A": "ENABLE ALWAYS TRIGGER"}


@dataclass(frozen=True)
class Relation:
    """A table by its own names.

    stored_apart: bytes of its second storage (TOAST); triggers: name and tgenabled of those that are not disabled;
    types: of its columns by their names, without typmods.
    """

    schema: str
    name: str
    oid: int
    stored_apart: int = 0
    triggers: tuple[tuple[str, str], ...] = ()
    types: dict[str, str] = field(default_factory=dict)

    @property
    def quoted(self) -> str:
        """As statements write it."""
        return quote_name(self.schema, self.name)

    def silencing(self, replica: bool) -> tuple[list[str], list[str]]:
        """Statements that keep its triggers from firing in a transaction, and those that put them back.

        replica: the session may be one (session_replication_role), so that ordinary triggers don't fire anyway. ALTER
        TABLE holds other writers up until the end of the transaction.
        """
        loud = [(name, state) for name, state in self.triggers if not replica or state in "RA"]
        loud = [(name, state) for name, state in loud if replica or state != "R"]
        before = [f"ALTER TABLE {self.quoted} DISABLE TRIGGER {quote_identifier(name)}" for name, _ in loud]
        after = [f"ALTER TABLE {self.quoted} {AGAIN[state]} {quote_identifier(name)}" for name, state in loud]
        return before, after


def find_relation(full_name: str, query: Query, display: str) -> Relation:
    """The relation that a full name means; UsageError TABLE_UNKNOWN when there is none."""
    found = find_relations([full_name], query)
    if not found:
        raise UsageError(
            "TABLE_UNKNOWN", f"{display} has no table {full_name}.", "Plan the migration again.", table=full_name
        )
    return found[full_name]


def find_relations(full_names: Sequence[str], query: Query) -> dict[str, Relation]:
    """The relations that full names mean, those that there are, by one query."""
    wanted = [parts(name) for name in full_names]
    rows = query(RELATIONS, ([schema for schema, _ in wanted], [name for _, name in wanted]))
    return {full_names[number - 1]: _relation(*row) for number, *row in rows}


def find_altered(full_names: Sequence[str], query: Query) -> tuple[list[str], bool]:
    """Those that were altered since the moment that the query reads, which can't show all of their rows any more.

    And whether none can be any more: the session holds a lock on each that keeps it as it is.
    """
    wanted = [parts(name) for name in full_names]
    rows = query(ALTERED, ([schema for schema, _ in wanted], [name for _, name in wanted]))
    altered = [full_names[number - 1] for number, other, _ in rows if other]
    return altered, not altered and all(held for *_, held in rows)


def _relation(schema: str, name: str, oid: int, stored_apart: int, triggers: list[str], columns: Any) -> Relation:
    pairs = tuple((entry[:-2], entry[-1]) for entry in triggers)
    return Relation(schema, name, oid, stored_apart, pairs, dict(columns))


class Known:
    """Relations that were looked up at one end, each once."""

    def __init__(self, query: Query, display: str) -> None:
        self._query, self._display = query, display
        self._found: dict[str, Relation] = {}

    def look_up(self, full_names: Sequence[str]) -> None:
        """Ask for many at once, before they are needed one by one."""
        missing = [name for name in full_names if name not in self._found]
        if missing:
            self._found.update(find_relations(missing, self._query))

    def forget(self) -> None:
        """All that was found."""
        self._found.clear()

    def __getitem__(self, full_name: str) -> Relation:
        """See find_relation."""
        if full_name not in self._found:
            self._found[full_name] = find_relation(full_name, self._query, self._display)
        return self._found[full_name]
