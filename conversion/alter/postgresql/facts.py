"""Which lock each change of a PostgreSQL schema takes, for how long, and whether the table is written anew.

Source: https://www.postgresql.org/docs/current/explicit-locking.html and the pages of ALTER TABLE, CREATE INDEX, ALTER
TYPE, CREATE TRIGGER, ALTER INDEX, COMMENT.
"""

from __future__ import annotations

from conversion.alter.model import Lock

MOMENT, SCAN, REWRITE = "a moment", "while every row is read", "while the table is written anew"
BUILD = "while the index is built"
ALL, WRITES, SCHEMA, NOTHING = "reads and writes", "writes", "schema changes", "nothing"
EXCLUSIVE, SHARE, SHARE_ROW, SHARE_UPDATE, ROW = (
    "ACCESS EXCLUSIVE", "SHARE", "SHARE ROW EXCLUSIVE", "SHARE UPDATE EXCLUSIVE", "ROW EXCLUSIVE",
)  # fmt: skip

# change -> (lock on the table that is there, what it blocks, how long)
LOCKS: dict[str, tuple[str, str, str]] = {
    "create": ("none on tables that are there", NOTHING, MOMENT),
    "drop schema object": ("none on tables that are there", NOTHING, MOMENT),
    "drop table": (EXCLUSIVE, ALL, MOMENT),
    "drop view": (EXCLUSIVE, ALL, MOMENT),
    "create view": ("ACCESS SHARE on what it reads", NOTHING, MOMENT),
    "create materialized view": ("ACCESS SHARE on what it reads", NOTHING, "while its query runs"),
    "add column": (EXCLUSIVE, ALL, MOMENT),
    "add column rewrite": (EXCLUSIVE, ALL, REWRITE),
    "drop column": (EXCLUSIVE, ALL, MOMENT),
    "alter type": (EXCLUSIVE, ALL, MOMENT),
    "alter type rewrite": (EXCLUSIVE, ALL, REWRITE),
    "default": (EXCLUSIVE, ALL, MOMENT),
    "identity": (EXCLUSIVE, ALL, MOMENT),
    "drop not null": (EXCLUSIVE, ALL, MOMENT),
    "set not null": (EXCLUSIVE, ALL, SCAN),
    "check": (EXCLUSIVE, ALL, SCAN),
    "check not valid": (EXCLUSIVE, ALL, MOMENT),
    "fk": (f"{SHARE_ROW} on both tables", WRITES, SCAN),
    "fk not valid": (f"{SHARE_ROW} on both tables", WRITES, MOMENT),
    "pk": (EXCLUSIVE, ALL, BUILD),
    "unique": (EXCLUSIVE, ALL, BUILD),
    "exclusion": (EXCLUSIVE, ALL, BUILD),
    "drop constraint": (EXCLUSIVE, ALL, MOMENT),
    "index": (SHARE, WRITES, BUILD),
    "drop index": (EXCLUSIVE, ALL, MOMENT),
    "trigger": (SHARE_ROW, WRITES, MOMENT),
    "drop trigger": (EXCLUSIVE, ALL, MOMENT),
    "partition": (f"{SHARE_UPDATE} on the whole, {EXCLUSIVE} on the part", "reads and writes of the part", SCAN),
    "drop partition": (EXCLUSIVE, ALL, MOMENT),
    "rename": (EXCLUSIVE, ALL, MOMENT),
    "rename index": (SHARE_UPDATE, SCHEMA, MOMENT),
    "table option": (SHARE_UPDATE, SCHEMA, MOMENT),
    "logging": (EXCLUSIVE, ALL, REWRITE),
    "table": (EXCLUSIVE, ALL, MOMENT),
    "enum value": ("none on tables that are there", NOTHING, MOMENT),
    "fill": (ROW, "writes of the same rows", "until the transaction ends"),
    "sequence": (SHARE_ROW + " on the sequence", WRITES, MOMENT),
    "comment": (SHARE_UPDATE, SCHEMA, MOMENT),
}

REWRITES = {"add column rewrite", "alter type rewrite", "logging"}
# kind of a writer's statement -> (change when it is made, change when it is dropped)
OF_KIND: dict[str, tuple[str, str]] = {
    "schema": ("create", "drop schema object"), "extension": ("create", "drop schema object"),
    "sequence": ("create", "drop schema object"), "type": ("create", "drop schema object"),
    "routine": ("create", "drop schema object"), "table": ("create", "drop table"),
    "view": ("create view", "drop view"), "partition": ("partition", "drop partition"),
    "owned": ("sequence", "sequence"), "pk": ("pk", "drop constraint"), "unique": ("unique", "drop constraint"),
    "exclusion": ("exclusion", "drop constraint"), "check": ("check", "drop constraint"),
    "fk": ("fk", "drop constraint"), "index": ("index", "drop index"), "trigger": ("trigger", "drop trigger"),
    "trigger_state": ("trigger", "trigger"), "replica_identity": ("table", "table"), "policy": ("table", "table"),
    "row_security": ("table", "table"), "row_security_forced": ("table", "table"),
    "column_options": ("table option", "table option"), "comment": ("comment", "comment"),
}  # fmt: skip


def lock(change: str) -> Lock:
    """The lock of a change; KeyError for a change that the table doesn't know."""
    name, blocks, held = LOCKS[change]
    return Lock(name=name, blocks=blocks, held=held)
