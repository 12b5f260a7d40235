"""What a target notes of a migration, read without a grant: its plan, how far it is, what was set aside."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

from engines.errors import EngineError
from engines.families import family
from engines.own_state import note
from engines.protocols import Database
from transfer.quarantined import RECOGNIZED, Quarantined, shortened

# how servers refuse a query that names a column they don't have: undefined_column, ER_BAD_FIELD_ERROR, SQLite's words
NO_COLUMN_STATE, NO_COLUMN_NUMBER, NO_COLUMN_WORDS = "42703", 1054, "no such column"
ASIDE = ("table_name", "locator", "column_name", "row_key", "reason", "action", "original")
PLACE = ("number", "entry")  # of an entry in its table's quarantine


@dataclass(frozen=True)
class Names:
    """How one family of engines is asked: is a table there, the mark of a parameter."""

    there: str
    mark: str
    quote: str = '"'  # rows and lower are words of MySQL; SQLite takes an unknown name in "" for a text


NAMES: dict[str, Names] = {
    "postgresql": Names("SELECT pg_catalog.to_regclass(%s) IS NOT NULL", "%s"),
    "sqlite": Names("SELECT count(*) FROM sqlite_master WHERE name = ?", "?", "`"),
    "mysql": Names(
        "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = %s",
        "%s",
        "`",
    ),
}


def begun(target: Database, migration: str) -> dict[str, Any] | None:
    """The migration's row (plan_hash, status, epoch, journal_head); None where it never began on the target."""
    columns = ("plan_hash", "status", "epoch", "journal_head")
    found = list(_rows(target, "migration", migration, columns, "id"))
    return dict(zip(columns, found[0], strict=True)) if found else None


def tables(target: Database, migration: str) -> list[dict[str, Any]]:
    """Per table: name, chunks, done, rows and bytes that are committed; in the order of the names."""
    found: dict[str, dict[str, Any]] = {}
    for name, done, rows, size in _rows(target, "chunk", migration, ("table_name", "done", "rows", "bytes")):
        entry = found.setdefault(name, {"name": name, "chunks": 0, "done": 0, "rows": 0, "bytes": 0})
        entry["chunks"] += 1
        entry["done"] += bool(done)
        entry["rows"] += int(rows or 0)
        entry["bytes"] += int(size or 0)
    return [found[name] for name in sorted(found)]


def set_aside(target: Database, migration: str) -> list[tuple[str, Quarantined]]:
    """Source table and entry of everything the migration set aside; empty where it never ran.

    Of long originals size and digest; one of them is in memory at a time.
    """
    found = sorted(_entries(target, migration), key=lambda row: tuple(map(str, row[:3])))
    return [(str(row[0]), Quarantined(*row[1:])) for row in found]


def _entries(target: Database, migration: str) -> Iterator[tuple[Any, ...]]:
    if family(target.engine) == "mongodb":
        for *row, original in _documents(target, "quarantine", migration, ASIDE, "migration"):
            yield *row, shortened(original, RECOGNIZED)
        return
    names = NAMES[family(target.engine)]
    full, mark, original = note("quarantine", target.engine), names.mark, ASIDE[-1]
    quoted = f"{names.quote}{original}{names.quote}"
    one = f"SELECT {quoted} FROM {full} WHERE migration = {mark} AND table_name = {mark} AND number = {mark}"
    one += f" AND entry = {mark}"
    short = f"CASE WHEN length({quoted}) <= {RECOGNIZED} THEN {quoted} END"
    for *row, number, entry, text in _rows(target, "quarantine", migration, (*ASIDE[:-1], *PLACE), last=short):
        if text is None:
            [(text,)] = target.query(one, (migration, row[0], number, entry))
        yield *row, shortened(text, RECOGNIZED)


def _rows(
    target: Database, table: str, migration: str, columns: tuple[str, ...], owner: str = "migration", last: str = ""
) -> Iterator[tuple[Any, ...]]:
    """The migration's rows of a table of the state; last: SQL of one more column."""
    if family(target.engine) == "mongodb":
        yield from _documents(target, table, migration, columns, owner)
        return
    names = NAMES[family(target.engine)]
    full = note(table, target.engine)
    if not target.query(names.there, (full,))[0][0]:
        return
    quoted = ", ".join(f"{names.quote}{name}{names.quote}" for name in columns)
    quoted += f", {last}" if last else ""
    try:
        yield from target.query(f"SELECT {quoted} FROM {full} WHERE {owner} = {names.mark}", (migration,))
    except EngineError as error:
        if not _lacks_column(error):
            raise
        raise EngineError(
            "STATE_LAYOUT",
            f"The state in {target.display} ({full}) is none that this version makes: {error.what}",
            "Finish or take back that migration with the version that began it, then drop these tables.",
            **error.data,
        ) from error


def _lacks_column(error: EngineError) -> bool:
    told = error.data.get("sqlstate"), error.data.get("errno")
    words = error.code == "QUERY_FAILED" and NO_COLUMN_WORDS in error.what
    return words or told in ((NO_COLUMN_STATE, None), (None, NO_COLUMN_NUMBER))


def _documents(
    target: Database, table: str, migration: str, columns: tuple[str, ...], owner: str
) -> Iterator[tuple[Any, ...]]:
    from engines.mongodb.bson_exact import decode

    reader = cast(Any, target)
    condition = {"_id" if owner == "id" else owner: migration}
    for raw in reader.read_documents(note(table, target.engine), condition, ordered=False):
        document = decode(raw)
        yield tuple(document.get(name) for name in columns)
