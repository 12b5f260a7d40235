"""A migration script as text for psql, mysql or sqlite3: every step with what it locks, loses and needs to know."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from conversion.alter.model import Migration, Step

MYSQL = ("mysql", "mariadb")
DELIMITER = "//"


def script(migration: Migration, reverse: bool = False) -> str:
    """The text; reverse: the way back. Empty where there is nothing to do."""
    steps = migration.reverse if reverse else migration.steps
    return "\n".join(_lines(migration, steps)) + "\n" if steps else ""


def _lines(migration: Migration, steps: list[Step]) -> Iterator[str]:
    engine = migration.engine
    for left in migration.remaining:
        yield f"-- not done: {_line(left.kind)} of {_line(left.object)}: {_line(left.reason)}"
    for item in () if steps is migration.reverse else migration.candidates:
        evidence = _line("; ".join(item.evidence))
        yield f"-- perhaps a rename: {item.kind} {_line(item.source)} -> {_line(item.target)} ({evidence})"
        yield "-- this script drops and adds it; overrides.names makes it a rename"
    yield from (f"{sql};" for sql in migration.opening)
    yield from _steps([step for step in steps if not step.transactional], engine, 1)
    together = [step for step in steps if step.transactional]
    first = 1 + len(steps) - len(together)
    if migration.atomic:
        yield "BEGIN;"
    yield from _steps(together, engine, first)
    for check in migration.checks:
        yield f"-- this must give no rows; if it does: ROLLBACK\n{check};"
    if migration.atomic:
        yield "COMMIT;"
    yield from (f"{sql};" for sql in migration.closing)


def _steps(steps: Iterable[Step], engine: str, first: int) -> Iterator[str]:
    for number, step in enumerate(steps, first):
        yield ""
        yield from (f"-- {line}" for line in _about(step, number))
        yield _statement(step.sql, engine)


def _about(step: Step, number: int) -> Iterator[str]:
    yield f"{number}. {step.action} {step.kind} {_line(step.object)}".rstrip()
    yield f"lock: {step.lock.name}; blocks {step.lock.blocks}; held {step.lock.held}"
    if step.rewrite:
        yield "the table is written anew"
    if step.destructive:
        yield f"DESTRUCTIVE: {_line(step.lost or '')}"
    if step.refuses:
        yield f"may be refused: {_line(step.refuses)}"
    if step.probe:
        yield f"how many rows: {_line(step.probe)}"
    yield from (_line(change) for change in step.changes)
    yield from (_line(note) for note in step.notes)
    if step.online is not None:
        yield from _gentler(step)


def _gentler(step: Step) -> Iterator[str]:
    online = step.online
    assert online is not None
    for sql in online.statements:
        yield f"gentler: {_line(sql)}"
    if online.tool:
        yield f"gentler: {online.tool}"
    if online.needs or online.note:
        yield "gentler: " + "; ".join(_line(part) for part in (online.needs, online.note) if part)


def _line(text: str) -> str:
    """A text in one line, so that it stays inside of its comment."""
    return " ".join(text.split())


def _statement(sql: str, engine: str) -> str:
    if engine in MYSQL and ";" in sql:
        return f"DELIMITER {DELIMITER}\n{sql.rstrip().rstrip(';')}\n{DELIMITER}\nDELIMITER ;"
    return f"{sql.rstrip().rstrip(';')};"
