"""PostgreSQL objects that a catalog only names, made again from the statement that came with their name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from conversion.mapping import Statement
from engines.catalog import Unread

# kind -> what takes it back; names are quoted, a rule's is `name on table`, a comment's `on schema name`
UNDO = {
    "rule": "DROP RULE {name}",
    "extended statistics": "DROP STATISTICS {name}",
    "comment": "COMMENT {name} IS NULL",
}


def carried(parts: Iterable[Unread]) -> list[Unread]:
    """Those that can be made again: rules, extended statistics and comments on schemas."""
    return [part for part in parts if part.kind in UNDO and part.definition]


def beyond(parts: Iterable[Unread]) -> Iterator[Statement]:
    """Their statements, for when all else is there and the rows are loaded: rules change what INSERT does."""
    for part in carried(parts):
        kind = part.kind or ""
        name = part.part.removeprefix(f"{kind} ")
        yield Statement(
            id=f"{kind}:{name}", sql=(part.definition or "").rstrip().removesuffix(";"),
            undo=UNDO[kind].format(name=name), object=part.part, kind=kind.replace(" ", "_"), stage="post_data",
        )  # fmt: skip
