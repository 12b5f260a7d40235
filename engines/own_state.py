"""What a migration's notes are called in its target: no part of the database, whoever reads it afterwards.

The target of one migration may be the source of the next. Catalogs leave exactly these names out, so that a table of
somebody's own which begins alike is carried, and nothing of a source may get one of them in a target.
"""

from __future__ import annotations

from collections.abc import Iterable

from engines.families import family
from engines.full_names import qualified

SCHEMA = "_dbmo"  # of PostgreSQL, where nothing else may be; elsewhere the beginning of each name
TABLES = ("migration", "step", "chunk", "quarantine")  # in the order in which they are made
COLLECTIONS = (*TABLES, "session")
# family -> what stands between the beginning and the name of a table or collection
BETWEEN = {"postgresql": ".", "mysql": "_", "sqlite": "_", "mongodb": "."}
# family -> what is there for a moment only: made to be compared with a table that is there, or to gather rows in
PASSING = {"mysql": ("twin", "stage", "held")}
FOLDED = frozenset({"mysql", "sqlite"})  # there, or on some of their servers, names differ in more than case


def note(name: str, engine: str) -> str:
    """What a table or collection of the notes is called in targets of an engine: `_dbmo.chunk`, `_dbmo_chunk`."""
    return f"{SCHEMA}{BETWEEN[family(engine)]}{name}"


def notes(engine: str) -> tuple[str, ...]:
    """All tables or collections of the notes, as they are called there, in the order in which they are made."""
    names = COLLECTIONS if family(engine) == "mongodb" else TABLES
    return tuple(note(name, engine) for name in names)


def full_notes(engine: str, schemas: Iterable[str]) -> frozenset[str]:
    """Their full names in a database with these schemas."""
    if family(engine) == "postgresql":
        return frozenset(notes(engine))
    return frozenset(qualified(schema, name) for schema in schemas for name in notes(engine))


def is_kept(name: str, engine: str) -> bool:
    """Whether nothing of a source may be called so in a database of an engine without schemas."""
    kept = {*notes(engine), *(note(passing, engine) for passing in PASSING.get(family(engine), ()))}
    return (name.lower() if family(engine) in FOLDED else name) in kept
