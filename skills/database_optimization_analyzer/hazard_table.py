"""The table of hazards: which there are, on which sources, how bad they are, how they are found, and the remedy."""

from __future__ import annotations

from skills.database_optimization_analyzer import hazards_names as names
from skills.database_optimization_analyzer import hazards_postgresql as pg
from skills.database_optimization_analyzer import hazards_sqlite as lite
from skills.database_optimization_analyzer import hazards_values as values
from skills.database_optimization_analyzer.hazard_rule import HazardRule

SQLITE, POSTGRESQL = ("sqlite",), ("postgresql",)
EVERY = (*SQLITE, *POSTGRESQL, "mysql")


def _value(identifier: str, title: str, severity: str, remedy: str) -> HazardRule:
    return HazardRule(identifier, title, SQLITE, severity, remedy, values.of_rule(identifier), across=True)


SET_ASIDE = "Rows whose value the target type can't hold go to the quarantine table with their key."
TRANSLATE = "Review the translated text; it is run on both engines before it is used."

HAZARDS = (
    _value(
        "text-in-number", "Text in a number column", "high",
        SET_ASIDE,
    ),
    _value(
        "blob-in-number", "Bytes in a number column", "high",
        SET_ASIDE,
    ),
    _value(
        "real-in-integer", "Fractions in an integer column", "high",
        "Use numeric or double precision for the column; an integer would round.",
    ),
    _value(
        "integer-beyond-64-bits", "Integers over 64 bits, already rounded by SQLite", "high",
        "The exact value is lost in the source; use double precision or repair it first.",
    ),
    _value(
        "nul-in-text", "NUL characters in text", "high",
        "PostgreSQL text holds no NUL: such values go to the quarantine table, or use bytea.",
    ),
    _value(
        "invalid-text", "Text that is not valid in its encoding", "high",
        "PostgreSQL refuses such bytes: the values go to the quarantine table as bytes, with their key.",
    ),
    _value(
        "invalid-date", "Text that is no date in a date column", "high",
        SET_ASIDE,
    ),
    _value(
        "invalid-time", "Text that is no time in a time column", "high",
        SET_ASIDE,
    ),
    _value(
        "null-in-primary-key", "NULL in a primary key", "high",
        "SQLite lets it in, no other engine does: give the rows a key, or they go to the quarantine table.",
    ),
    _value(
        "text-longer-than-declared", "Text longer than declared", "medium",
        "SQLite keeps no limit: the column becomes text, or a longer varchar.",
    ),
    _value(
        "text-in-binary", "Text in a binary column", "medium",
        "Text becomes its UTF-8 bytes.",
    ),
    _value(
        "blob-in-text", "Bytes in a text column", "high",
        SET_ASIDE,
    ),
    _value(
        "number-in-text", "Numbers in a text column", "low",
        "They become their text.",
    ),
    _value(
        "beyond-declared-scale", "More decimals than declared", "medium",
        "SQLite keeps no scale: the column becomes numeric without one, so nothing is rounded.",
    ),
    _value(
        "boolean-with-other-values", "A boolean column with values beside 0 and 1", "medium",
        "The column stays an integer; map the values to make it boolean.",
    ),
    _value(
        "infinite-real", "Infinite reals", "medium",
        "double precision holds them, numeric from PostgreSQL 14 on, no integer or json does.",
    ),
    HazardRule(
        "mixed-temporal-encodings", "Moments kept in several ways in one column", SQLITE, "high",
        "Decide on one encoding; the rarer ones go to the quarantine table.", values.mixed_encodings, True,
    ),
    HazardRule(
        "temporal-as-number", "Moments kept as numbers", SQLITE, "info",
        "Converted to timestamps where exact; check which zone they mean.", values.number_encodings, True,
    ),
    HazardRule(
        "mixed-storage-classes", "A column without a type holds several kinds of values", SQLITE, "medium",
        "It becomes text or jsonb, which keeps the kinds apart.", values.mixed_classes, True,
    ),
    HazardRule(
        "orphaned-rows", "Rows that reference nothing", SQLITE, "high",
        "Repair them, or the foreign key is created NOT VALID and the rows are listed.", lite.orphaned,
    ),
    HazardRule(
        "foreign-key-parent-missing", "A foreign key to a table or column that isn't there", SQLITE, "high",
        "Drop the reference, or restore what it points to.", lite.parent_missing,
    ),
    HazardRule(
        "foreign-keys-not-enforced", "Foreign keys are enforced by each connection or not at all", SQLITE, "info",
        "The target always enforces them: programs may see errors they never saw.", lite.enforcement_off, True,
    ),
    HazardRule(
        "case-only-duplicates", "Key values that differ only in case", SQLITE, "medium",
        "Decide whether they are one: a case-blind unique key on the target would refuse them.", lite.case_duplicates,
    ),
    HazardRule(
        "collation-to-translate", "A column with a collation of SQLite", SQLITE, "medium",
        "Its keys and comparisons need lower(), rtrim() or a collation on the target.", lite.case_blind, True,
    ),
    HazardRule(
        "virtual-table", "A virtual table", SQLITE, "blocking",
        "Replace it by what the target offers (full text search, PostGIS) or leave it out.", lite.virtual, True,
    ),
    HazardRule(
        "without-rowid", "A table WITHOUT ROWID", SQLITE, "info",
        "It is copied by its primary key.", lite.keyed_storage,
    ),
    HazardRule(
        "numbers-near-end", "Row numbers near 2^63-1", SQLITE, "high",
        "Move the row to a smaller number: the target's sequence has to start after the largest.", lite.numbers_used_up,
    ),
    HazardRule(
        "no-row-identity", "Logical replication can't name a row to update or delete", POSTGRESQL, "medium",
        "Add a primary key or set REPLICA IDENTITY.", pg.no_row_identity,
    ),
    HazardRule(
        "unlogged-table", "An unlogged table", POSTGRESQL, "medium",
        "It is not replicated and is empty after a crash: copy it at the cutover.", pg.unlogged,
    ),
    HazardRule(
        "foreign-table", "A foreign table", POSTGRESQL, "high",
        "Create server, user mapping and table again on the target; its rows are not moved.", pg.foreign_tables,
    ),
    HazardRule(
        "sequence-near-end", "A sequence that used most of its range", POSTGRESQL, "high",
        "Widen column and sequence to bigint.", pg.sequences_near_end,
    ),
    HazardRule(
        "sequence-state", "Sequences whose state is not replicated", POSTGRESQL, "info",
        "Set every sequence after the last row was moved.", pg.sequences,
    ),
    HazardRule(
        "constraint-not-validated", "A constraint that was never checked against old rows", POSTGRESQL, "medium",
        "Validate it before, or create it NOT VALID on the target.", pg.not_validated,
    ),
    HazardRule(
        "invalid-index", "An invalid index", POSTGRESQL, "medium",
        "Drop or rebuild it: it is not carried over.", pg.invalid_indexes,
    ),
    HazardRule(
        "large-objects", "Large objects", POSTGRESQL, "high",
        "Logical replication leaves them out: move them to bytea columns or copy them apart.", pg.large_objects,
    ),
    HazardRule(
        "extension", "An extension", POSTGRESQL, "info",
        "Install it on the target first, or replace what uses it.", pg.extensions,
    ),
    HazardRule(
        "unusual-type", "A type that is gone or that another server reads otherwise", POSTGRESQL, "medium",
        "Change the column's type before the migration.", pg.odd_types,
    ),
    HazardRule(
        "partitioned-table", "A partitioned table", POSTGRESQL, "info",
        "Its parts are created, copied and counted one by one.", pg.partitioned,
    ),
    HazardRule(
        "row-security", "A table with row security", POSTGRESQL, "medium",
        "Read it as its owner or with BYPASSRLS, else rows are missing silently.", pg.row_security,
    ),
    HazardRule(
        "disabled-trigger", "A disabled trigger", POSTGRESQL, "low",
        "Disable it on the target too.", pg.disabled_triggers,
    ),
    HazardRule(
        "with-oids", "A table WITH OIDS", POSTGRESQL, "high",
        "Copy the oid into a column of its own: PostgreSQL 12 removed them.", pg.with_oids,
    ),
    HazardRule(
        "collation-version", "A collation whose library changed", POSTGRESQL, "high",
        "REINDEX, then ALTER DATABASE ... REFRESH COLLATION VERSION.", pg.collation_version,
    ),
    HazardRule(
        "collation-provider", "Text is sorted by a locale", POSTGRESQL, "info",
        "Another system may sort otherwise: build indexes there, never copy files.", pg.collation_provider,
    ),
    HazardRule(
        "sql-ascii", "Text whose encoding was never checked", POSTGRESQL, "high",
        "Find out the real encoding and convert: a UTF-8 target refuses other bytes.", pg.sql_ascii,
    ),
    HazardRule(
        "prepared-transaction", "A prepared transaction that was never finished", POSTGRESQL, "high",
        "Commit or roll it back before a snapshot is taken.", pg.prepared_transactions,
    ),
    HazardRule(
        "long-transaction", "A transaction open for minutes", POSTGRESQL, "medium",
        "End it: a replication slot is not ready before it ends.", pg.long_transactions,
    ),
    HazardRule(
        "event-trigger", "A trigger on DDL", POSTGRESQL, "medium",
        "Create it last on the target.", pg.event_triggers,
    ),
    HazardRule(
        "replication-in-use", "Publications or slots in use", POSTGRESQL, "low",
        "Plan how their consumers move to the target.", pg.subscriptions,
    ),
    HazardRule(
        "tablespace", "A tablespace of its own", POSTGRESQL, "low",
        "Create it on the target, or leave the clause out.", pg.tablespaces,
    ),
    HazardRule(
        "md5-password", "Passwords kept as MD5", POSTGRESQL, "low",
        "Set them again as SCRAM: MD5 is deprecated since PostgreSQL 18.", pg.md5_passwords,
    ),
    HazardRule(
        "table-without-key", "A table where nothing names a row", EVERY, "medium",
        "Add a key; until then rows are compared as a bag.", names.without_key,
    ),
    HazardRule(
        "name-too-long", "A name over 63 bytes", EVERY, "medium",
        "It is shortened, and the new name is recorded.", names.too_long,
    ),
    HazardRule(
        "name-collision", "Names that are equal without case", EVERY, "medium",
        "Rename one of them.", names.folding_collisions,
    ),
    HazardRule(
        "reserved-word", "A name that is a reserved word", EVERY, "low",
        "Always quote it, or rename it.", names.reserved,
    ),
    HazardRule(
        "view-to-translate", "A view", EVERY, "low",
        TRANSLATE, names.views, True,
    ),
    HazardRule(
        "trigger-to-translate", "A trigger", EVERY, "high",
        "Write it by hand where it isn't translated; it stays off during the load.", names.triggers, True,
    ),
    HazardRule(
        "generated-column", "A computed column", EVERY, "low",
        "The target computes it; its values are compared after the load.", names.generated, True,
    ),
    HazardRule(
        "empty-table", "A table without rows", EVERY, "info",
        "Ask whether it is still used.", names.empty_tables,
    ),
)  # fmt: skip
