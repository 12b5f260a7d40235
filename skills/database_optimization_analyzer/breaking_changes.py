"""What changes between two PostgreSQL major versions, as data, and which objects of a catalog it touches."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import Field

from engines.catalog import Catalog, Model


@dataclass(frozen=True)
class Change:
    """A change of one release; the source is that release's notes, section Migration.

    looks_in: extension, type, code (bodies of routines, views and triggers), aggregate, unlogged, or "" where a
    catalog cannot tell and a person has to look; pattern finds it there.
    """

    release: int
    id: str
    what: str
    remedy: str
    looks_in: str = ""
    pattern: str = ""


# Each row: the release notes of the named major version, section "Migration to Version N".
CHANGES = (
    Change(
        12,
        "old-time-types",
        "abstime, reltime and tinterval are gone.",
        "Use timestamptz and interval.",
        "type",
        r"^(abstime|reltime|tinterval)$",
    ),
    Change(
        12,
        "recovery-conf",
        "recovery.conf is not read any more; a server with one does not start.",
        "Move its settings to postgresql.conf and use standby.signal or recovery.signal.",
    ),
    Change(
        12,
        "float-output",
        "Floats are written with the fewest digits that read back exactly.",
        "Compare floats by value, not by text.",
    ),
    Change(
        13,
        "wal-keep-segments",
        "wal_keep_segments became wal_keep_size, in megabytes.",
        "Rename it in the configuration.",
    ),
    Change(
        14,
        "array-function-signatures",
        "array_append, array_cat, array_position and others take anycompatiblearray.",
        "Drop user-defined aggregates and operators on them before and create them again after.",
        "aggregate",
        r"array_(append|prepend|cat|position|positions|remove|replace)|width_bucket",
    ),
    Change(
        14,
        "postfix-operators",
        "Postfix operators and the factorial operators ! and !! are gone.",
        "Use the function factorial.",
        "code",
        r"\d+\s*!(?![=~])",
    ),
    Change(
        14,
        "extract-numeric",
        "EXTRACT gives numeric where it gave double precision.",
        "Cast where a float is expected.",
        "code",
        r"(?i)\bextract\s*\(",
    ),
    Change(
        14,
        "scram-default",
        "password_encryption is scram-sha-256 by default.",
        "Check that every client's driver knows SCRAM.",
    ),
    Change(
        15,
        "public-schema-create",
        "In a new database only its owner may create in schema public.",
        "Grant CREATE on public where an application creates tables there.",
    ),
    Change(
        15,
        "exclusive-backup",
        "pg_start_backup and pg_stop_backup became pg_backup_start and pg_backup_stop; exclusive mode is gone.",
        "Change the backup scripts.",
        "code",
        r"(?i)\bpg_(start|stop)_backup\b",
    ),
    Change(
        15, "python-2", "PL/Python on Python 2 is gone.", "Port functions to plpython3u.", "extension", r"^plpython2?u$"
    ),
    Change(
        16,
        "createrole",
        "CREATEROLE only manages roles for which it holds the ADMIN option.",
        "Check the roles that create other roles.",
    ),
    Change(
        16,
        "removed-settings",
        "promote_trigger_file and vacuum_defer_cleanup_age are gone; force_parallel_mode is debug_parallel_query.",
        "Take them out of the configuration.",
    ),
    Change(
        17,
        "safe-search-path",
        "Maintenance runs functions of indexes and materialized views with a safe search_path.",
        "Name schemas in such functions or set search_path on them.",
    ),
    Change(17, "adminpack", "The extension adminpack is gone.", "Drop it before.", "extension", r"^adminpack$"),
    Change(
        17,
        "old-snapshot-threshold",
        "old_snapshot_threshold and db_user_namespace are gone.",
        "Take them out of the configuration.",
    ),
    Change(
        17,
        "checkpointer-view",
        "Columns of pg_stat_bgwriter moved to pg_stat_checkpointer or are gone.",
        "Change the monitoring queries.",
        "code",
        r"(?i)\bpg_stat_bgwriter\b",
    ),
    Change(
        18,
        "data-checksums",
        "initdb turns data checksums on.",
        "pg_upgrade needs the same setting on both sides: enable them before or use --no-data-checksums.",
    ),
    Change(18, "md5-deprecated", "MD5 passwords are deprecated and warned about.", "Set passwords again as SCRAM."),
    Change(
        18,
        "unlogged-partitioned",
        "A partitioned table cannot be unlogged.",
        "Create it logged; its partitions may be unlogged.",
        "unlogged",
    ),
    Change(
        18,
        "copy-csv-end-marker",
        "COPY FROM reads \\. in a CSV file as data.",
        "Take end markers out of CSV files.",
    ),
    Change(
        18,
        "vacuum-children",
        "VACUUM and ANALYZE of a parent include its inheritance children.",
        "Use ONLY where the parent alone is meant.",
    ),
)


class BreakingChange(Model):
    """A change between the two versions: status found (objects named), not_found, or to_check by a person."""

    release: int
    id: str
    what: str
    remedy: str
    status: str
    objects: list[str] = Field(default_factory=list)
    source: str


def major(version: str | None) -> int | None:
    """The major version at the beginning of a version text; None where there is none."""
    match = re.search(r"\d+", version or "")
    return int(match[0]) if match else None


def _texts(catalog: Catalog, where: str) -> Iterator[tuple[str, str]]:
    if where == "extension":
        yield from ((extension.name, extension.name) for extension in catalog.extensions)
        yield from ((routine.full_name, routine.language) for routine in catalog.routines)
    elif where == "type":
        yield from ((f"{t.full_name}.{c.name}", c.native.lower()) for t in catalog.tables for c in t.columns)
    elif where == "code":
        yield from ((routine.full_name, routine.definition) for routine in catalog.routines)
        yield from ((view.full_name, view.definition) for view in catalog.views)
    elif where == "aggregate":
        yield from ((r.full_name, r.definition) for r in catalog.routines if r.kind == "aggregate")
    elif where == "unlogged":
        yield from (
            (t.full_name, "")
            for t in catalog.tables
            if t.partitioning and t.partitioning.strategy and t.kind == "unlogged"
        )


def between(source: str | None, target: str | None, catalog: Catalog | None) -> list[BreakingChange]:
    """The changes after the source's major version up to the target's; catalog None: everything is to_check."""
    first, last = major(source), major(target)
    if first is None or last is None:
        return []
    found = []
    for change in CHANGES:
        if not first < change.release <= last:
            continue
        objects: list[str] = []
        status = "to_check"
        if change.looks_in and catalog is not None:
            objects = [name for name, text in _texts(catalog, change.looks_in) if re.search(change.pattern, text)]
            status = "found" if objects else "not_found"
        found.append(
            BreakingChange(
                release=change.release,
                id=change.id,
                what=change.what,
                remedy=change.remedy,
                status=status,
                objects=objects,
                source=f"PostgreSQL {change.release} release notes, Migration to Version {change.release}",
            )
        )
    return found
