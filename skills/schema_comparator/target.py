"""Which target a conversion writes for: the open one, or the one that was declared."""

from __future__ import annotations

from dataclasses import dataclass

from engines.connection import parse
from engines.errors import UsageError
from engines.families import family
from engines.protocols import Database
from skills.models import DatabaseRef

SPELLINGS = {"postgres": "postgresql", "other": "sqlite", "mongo": "mongodb"}
# Versions that need not be said: what these engines' statements look like doesn't depend on it.
USUAL_VERSION = {"sqlite": "3", "mongodb": "8.0"}
# Where names without a schema go, when nobody says; in MySQL that is the database, which no statement names.
HOME = {"postgresql": "public", "sqlite": "main", "mysql": "target", "mongodb": "target"}


@dataclass(frozen=True)
class Target:
    """Engine (postgresql, mysql, mariadb, sqlite, mongodb), version, and where names without a schema go."""

    engine: str
    version: str
    home: str


def chosen(declared: DatabaseRef, opened: Database | None, schema: str | None) -> Target:
    """The target of a conversion; schema is what the input says. UsageError TARGET_UNKNOWN."""
    if opened is not None:
        home = opened.catalog().database if family(opened.engine) in ("mysql", "mongodb") else HOME[opened.engine]
        return Target(opened.engine, opened.version, schema or home)
    engine = parse(declared.url).engine if declared.url else (declared.type or "").lower()
    engine = SPELLINGS.get(engine, engine)
    version = declared.version or USUAL_VERSION.get(engine)
    if not engine or version is None:
        raise UsageError(
            "TARGET_UNKNOWN",
            "The target is neither open nor declared with its type and version.",
            "Give the target's type and version, or a url that can be opened.",
        )
    return Target(engine, version, schema or HOME.get(family(engine), ""))
