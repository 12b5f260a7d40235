"""Comments that come, change and go; those of objects that are made anew are written again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from conversion.alter.changes import Changes
from conversion.alter.model import Step
from conversion.alter.pieces import Piece
from conversion.alter.postgresql.facts import lock
from conversion.ddl_comments import comments
from conversion.mapping import Statement
from engines.catalog import Catalog, Table, View
from engines.full_names import parts
from engines.postgresql.quoting import quote_identifier, quote_name

CONSTRAINTS = ("pk", "unique", "fk", "check", "exclusion")
PLURALS = {"sequence": "sequences", "type": "types", "routine": "routines"}


def comment_steps(changes: Changes, added: Iterable[tuple[str, str]]) -> Iterator[Step]:
    """COMMENT ON where the text differs or its object is new; added: (table, column) that the script adds."""
    fresh = {name for key in changes.make for name in targets(changes.new.by_key[key], seen=True)}
    fresh |= {column_target(table, column) for table, column in added}
    wanted = {statement.id: statement for statement in comments(changes.b)}
    there = _standing(changes, fresh)
    for name, statement in wanted.items():
        before = there.get(name)
        if before is None or before.sql != statement.sql:
            yield _step(statement.sql, before.sql if before else statement.undo, statement)
    for name, statement in there.items():
        if name not in wanted:
            yield _step(statement.undo or "", statement.sql, statement)


def _step(sql: str, undo: str | None, statement: Statement) -> Step:
    return Step(
        sql=sql, undo=[undo] if undo else [], object=statement.object, kind="comment", action="alter",
        lock=lock("comment"),
    )  # fmt: skip


def _standing(changes: Changes, fresh: set[str]) -> dict[str, Statement]:
    """The comments that are still there after the drops, by the names as wanted."""
    dead = {name for key in changes.drop for name in targets(changes.old.by_key[key], seen=True)}
    kept = {column_target(pair.full_name, b.name) for pair in changes.pairs.values() for _, b in pair.columns}
    moved: dict[str, str] = {}
    for old, new in changes.renamed_parts:
        moved.update(zip(sorted(targets(old, seen=True)), sorted(targets(new, seen=True)), strict=False))
    found = {}
    for statement in comments(changes.seen):
        column = statement.id.startswith("comment:COLUMN ")
        if statement.id in dead or statement.id in fresh or (column and statement.id not in kept):
            continue
        name = moved.get(statement.id, statement.id)
        target = statement.id.removeprefix("comment:"), name.removeprefix("comment:")
        found[name] = statement.model_copy(update={
            "id": name,
            "sql": statement.sql.replace(*target, 1),
            "undo": (statement.undo or "").replace(*target, 1),
        })  # fmt: skip
    return found


def column_target(table: str, column: str) -> str:
    """The id of a column's comment; table: its full name."""
    return f"comment:COLUMN {quote_name(*parts(table))}.{quote_identifier(column)}"


def comments_of(piece: Piece) -> list[str]:
    """The statements that write an object's own comments again, in its own catalog's names."""
    names = targets(piece, seen=False)
    owner = piece.item if isinstance(piece.item, (Table, View)) else piece.owner
    if isinstance(owner, Table):
        found = comments(_catalog(tables=[owner]))
    elif isinstance(owner, View):
        found = comments(_catalog(views=[owner]))
    elif piece.kind in PLURALS:
        found = comments(_catalog(**{PLURALS[piece.kind]: [piece.item]}))
    else:
        return []
    return [statement.sql for statement in found if statement.id in names]


def targets(piece: Piece, seen: bool) -> set[str]:
    """The ids of the comments that go with an object; seen: under its owner's wanted name, else under its own."""
    item, owner = piece.item, piece.owner
    if isinstance(item, Table):
        bare = Table(schema_name=item.schema_name, name=item.name, columns=item.columns, comment=item.comment)
        return {statement.id for statement in comments(_catalog(tables=[bare]))}
    if isinstance(item, View):
        bare_view = item.model_copy(update={"indexes": [], "triggers": []})
        return {statement.id for statement in comments(_catalog(views=[bare_view]))}
    if piece.kind in PLURALS:
        return {statement.id for statement in comments(_catalog(**{PLURALS[piece.kind]: [item]}))}
    if owner is None or not piece.name:
        return set()
    if piece.kind == "index":
        return {f"comment:INDEX {quote_name(owner.schema_name, piece.name)}"}
    home = quote_name(*parts(piece.owner_key if seen else owner.full_name))
    word = {"trigger": "TRIGGER"}.get(piece.kind, "CONSTRAINT" if piece.kind in CONSTRAINTS else "")
    return {f"comment:{word} {quote_identifier(piece.name)} ON {home}"} if word else set()


def _catalog(**parts: list[object]) -> Catalog:
    return Catalog(engine="postgresql", version="", database="").model_copy(update=parts)
