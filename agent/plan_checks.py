"""Abort conditions that need the source or the plan: reach, rights, features, volume, dependencies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from agent.report.words import counted
from agent.request_model import Request
from agent.request_options import Acceptance
from agent.rules import refuse
from agent.versions import check_version
from conversion.mapping import Omission, TableMapping
from engines.catalog import Catalog
from engines.errors import EngineError
from engines.protocols import Database
from transfer.cutting.keys import chunk_keys
from transfer.moveplan import ChunkKey

GIGABYTE = 1e9
OMISSIONS = "artifacts/planning/omissions.json"
# A table without a key to cut it by is one transaction; a lost connection costs all of it. 50 GB take 7 minutes at
# the 112 MB/s of a fast machine and 67 minutes on a link of 100 Mbit/s: more should be given a key first.
MAX_UNCHUNKED_GB = 50.0
MAX_ROUTINES = 500  # more than a person reads before a cutover; beyond it they move in groups
# Extensions through which a database reads or writes another one.
LINK_EXTENSIONS = frozenset(
    {"postgres_fdw", "dblink", "mysql_fdw", "oracle_fdw", "tds_fdw", "mongo_fdw", "sqlite_fdw", "odbc_fdw", "jdbc_fdw"}
)
# Languages whose routines reach files, programs or networks of the server: they don't move with the database.
OUTSIDE_LANGUAGES = frozenset({"c", "plpythonu", "plpython2u", "plpython3u", "plperlu", "pltclu", "plsh"})
# Omissions that cost neither data nor behaviour; an index that isn't unique costs time only. Privileges are those of
# a server's roles, which stand outside the database: they are reported and granted on the target by a person.
MINOR_KINDS = frozenset(
    {"comment", "extended statistics", "default privileges", "storage", "tablespace", "cluster", "privileges", "grants"}
)


def check_source(database: Database, declared_version: str | None = None) -> None:
    """Whether the source answers, is what was declared, and may be read whole.

    Raises SOURCE_UNREACHABLE, UNSUPPORTED_VERSION, DECLARED_FACTS_DIFFER (another major version than the request says),
    SOURCE_RIGHTS_MISSING; errors in the reference itself (wrong password, no such database) pass as they are.
    """
    try:
        version = database.version
        lacking = database.privileges_missing()
    except EngineError as error:
        raise refuse(
            "SOURCE_UNREACHABLE", f"The source can't be reached: {error.what}", error.remedy, cause=error.code
        ) from error
    check_version("source", database.engine, version)
    if declared_version is not None and declared_version.split(".")[0] != version.split(".")[0]:
        raise refuse(
            "DECLARED_FACTS_DIFFER",
            f"The request says version {declared_version}, {database.display} is {version}.",
            "Check that the url names the right server, then correct the version or leave it out.",
            declared=declared_version,
            found=version,
        )
    if lacking:
        raise refuse(
            "SOURCE_RIGHTS_MISSING",
            f"The user of {database.display} lacks {counted(len(lacking), 'right')}: {_some(lacking)}.",
            "Grant them (reading is enough), then run the same command again.",
            missing=lacking,
        )


def check_plan(
    request: Request, catalog: Catalog, mappings: Sequence[TableMapping], omissions: Sequence[Omission]
) -> list[Omission]:
    """Features, volume and dependencies of a plan; returns the omissions that nobody has to accept.

    Raises FEATURE_UNSUPPORTED, VOLUME_OVER_CAPACITY, DEPENDENCIES_TOO_COMPLEX.
    """
    options = request.options
    reported = check_features(omissions, options.accept)
    keys = chunk_keys(catalog, mappings)
    check_volume(mappings, options.max_unchunked_gb or MAX_UNCHUNKED_GB, keys)
    check_dependencies(catalog, options.accept)
    return reported


def check_features(omissions: Iterable[Omission], accepted: Sequence[Acceptance]) -> list[Omission]:
    """Raise FEATURE_UNSUPPORTED for omissions that cost data or behaviour and that nobody accepted.

    Returns the minor ones. The error's data holds what there is to do, one entry per object (`todo`).
    """
    found = list(omissions)
    blocking = [o for o in found if not is_minor(o) and not is_accepted(o.object, o.kind, accepted)]
    if blocking:
        raise refuse(
            "FEATURE_UNSUPPORTED",
            f"{counted(len(blocking), 'object has', 'objects have')} no counterpart in the target: "
            f"{_some([f'{o.kind} {o.object} ({o.reason})' for o in blocking])}.",
            "Rewrite them for the target, or accept each in options.accept with a name and a reason; "
            f"{OMISSIONS} of the migration's folder has all of them.",
            todo=[{"object": o.object, "kind": o.kind, "reason": o.reason, "original": o.original} for o in blocking],
        )
    return [o for o in found if is_minor(o)]


def is_minor(omission: Omission) -> bool:
    """Whether leaving it out costs neither data nor behaviour."""
    if omission.kind == "index":
        return bool(omission.original) and "UNIQUE" not in omission.original.upper()
    return omission.kind in MINOR_KINDS


def is_accepted(name: str, kind: str, accepted: Sequence[Acceptance]) -> bool:
    """Whether a person accepted that object: by its name or a pattern, and by its kind where one is given."""
    return any(one.covers(name, kind) for one in accepted)


def check_volume(
    mappings: Iterable[TableMapping], limit_gb: float = MAX_UNCHUNKED_GB, keys: Mapping[str, ChunkKey] | None = None
) -> None:
    """Raise VOLUME_OVER_CAPACITY for tables that can't be copied in chunks and are over the limit (10^9 bytes).

    keys: how the mover cuts them; without it, a table with a source_key is cut.
    """
    whole = {name for name, key in (keys or {}).items() if key.kind == "whole"}
    uncut = [m for m in mappings if (m.source in whole if keys is not None else not m.source_key)]
    large = [m for m in uncut if (m.size_bytes or 0) > limit_gb * GIGABYTE]
    if large:
        told = [f"{m.source} ({(m.size_bytes or 0) / GIGABYTE:.1f} GB)" for m in large]
        raise refuse(
            "VOLUME_OVER_CAPACITY",
            f"{_some(told)} would be copied in one piece: no key cuts it, and it is over {limit_gb:g} GB.",
            "Give it a primary key, or raise options.max_unchunked_gb.",
            tables=[m.source for m in large],
            limit_gb=limit_gb,
        )


def check_dependencies(catalog: Catalog, accepted: Sequence[Acceptance]) -> None:
    """Raise DEPENDENCIES_TOO_COMPLEX for what can't move at one moment with the database.

    That is: tables and extensions that lead to other databases, routines that reach out of the server, and more
    routines than a person can look through. Accept what is known with kind `dependency`.
    """
    found = [(name, why) for name, why in dependencies(catalog) if not is_accepted(name, "dependency", accepted)]
    if found:
        raise refuse(
            "DEPENDENCIES_TOO_COMPLEX",
            f"{counted(len(found), 'dependency', 'dependencies')} can't move at one moment: "
            f"{_some([f'{n}: {why}' for n, why in found])}.",
            "Cut or move them first, or accept each in options.accept with kind dependency and a reason.",
            dependencies=[{"object": name, "reason": why} for name, why in found],
        )


def dependencies(catalog: Catalog) -> list[tuple[str, str]]:
    """(object, why it can't move along) for everything that hangs on something outside the database."""
    found = [(t.full_name, "a foreign table of another database") for t in catalog.tables if t.kind == "foreign"]
    found += [
        (e.name, "an extension that reaches other databases") for e in catalog.extensions if e.name in LINK_EXTENSIONS
    ]
    found += [
        (r.full_name, f"a routine in {r.language} reaches out of the server")
        for r in catalog.routines
        if r.language.lower() in OUTSIDE_LANGUAGES
    ]
    if len(catalog.routines) > MAX_ROUTINES:
        found.append(("routines", f"{len(catalog.routines)} routines, over {MAX_ROUTINES}, to be moved in groups"))
    return found


def _some(items: Sequence[str], limit: int = 5) -> str:
    more = f" and {len(items) - limit} more" if len(items) > limit else ""
    return ", ".join(items[:limit]) + more
