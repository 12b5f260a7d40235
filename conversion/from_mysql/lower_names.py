"""Names of tables between MySQL servers of which one takes notice of capitals and the other doesn't."""

from __future__ import annotations

import re
from collections.abc import Iterable

from conversion.draft import Draft
from conversion.names import lowered
from engines.catalog import Event, Routine, Sequence, Table, Trigger, View
from engines.errors import UsageError
from engines.full_names import qualified
from engines.mysql.names import lowers

WORD = re.compile(r"`((?:[^`]|``)*)`|'(?:[^'\\]|\\.|'')*'|([\w$]+)", re.DOTALL)
SPELLED = (
    "its code says {words}: its server finds tables, views and sequences so, a target that tells capitals from small"
    " letters doesn't"
)


def lower_names(draft: Draft, home: str) -> None:
    """Call tables, views and sequences as a target keeps them that lowers their names; home: its database.

    UsageError NAMES_COLLIDE where two names differ in capitals only: stored code and views go over word for word.
    """
    if not draft.request.lowers:
        return
    target = draft.target
    renamed: dict[str, str] = {}
    items: list[Table | View | Sequence] = [*target.tables, *target.views, *target.sequences]
    _refuse_twins(item.name for item in items)
    for item in items:
        before = item.full_name
        item.name = lowered(item.name)
        if item.full_name != before:
            renamed[before] = item.full_name
            draft.namer.renames[before] = qualified(home, item.name)
    for table in target.tables:
        for key in table.foreign_keys:
            key.referenced_table = lowered(key.referenced_table)
    for view in target.views:
        view.depends_on = [renamed.get(name, name) for name in view.depends_on]
    for mapping in draft.tables:
        mapping.target = renamed.get(mapping.target, mapping.target)


def note_spellings(draft: Draft, code: Iterable[tuple[str, Trigger | Routine | Event]]) -> None:
    """Say which stored code finds its tables only where names are compared without case; code: full names and items."""
    if draft.request.lowers or not lowers(draft.source):
        return
    source = draft.source
    items: list[Table | View | Sequence] = [*source.tables, *source.views, *source.sequences]
    names = [item.name for item in items]
    known = {lowered(name): name for name in names}
    for full_name, item in code:
        words = {word: known.get(lowered(word), word) for word in _words(item.body or "")}
        said = [f"{word} for {name}" for word, name in words.items() if name != word]
        if said:
            draft.note(full_name, SPELLED.format(words=", ".join(said)))


def _refuse_twins(names: Iterable[str]) -> None:
    seen: dict[str, str] = {}
    for name in names:
        other = seen.setdefault(lowered(name), name)
        if other != name:
            raise UsageError(
                "NAMES_COLLIDE",
                f"{other} and {name} are one name on the target, which keeps names of tables in lower case"
                " (lower_case_table_names).",
                "Rename one of them in the source, and plan again.",
            )


def _words(text: str) -> Iterable[str]:
    for found in WORD.finditer(text):
        name = found[2] if found[1] is None else found[1].replace("``", "`")
        if name:
            yield name
