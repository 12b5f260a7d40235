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
    "collation": "DROP COLLATION {name}",
}
FIRST = frozenset({"collation"})  # what tables and types are made of; the others change what INSERT does, or come last


def carried(parts: Iterable[Unread]) -> list[Unread]:
    """Those that can be made again: collations, rules, extended statistics and comments on schemas."""
    return [part for part in parts if part.kind in UNDO and part.definition]


def beyond(parts: Iterable[Unread], first: bool = False) -> Iterator[Statement]:
    """The statements of what comes first, or for when all else is there and the rows are loaded."""
    for part in carried(parts):
        kind = part.kind or ""
        if (kind in FIRST) is not first:
            continue
        name = part.part.removeprefix(f"{kind} ")
        yield Statement(
            id=f"{kind}:{name}", sql=(part.definition or "").rstrip().removesuffix(";"),
            undo=UNDO[kind].format(name=name), object=part.part, kind=kind.replace(" ", "_"),
            stage="pre_data" if first else "post_data",
        )  # fmt: skip
