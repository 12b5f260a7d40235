"""In which order types, routines, tables and views of PostgreSQL are made, found from the names they mention."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from conversion.order import dependency_order
from engines.catalog import Catalog, Routine, Table, UserType, View

WORDS = (re.compile(r'"((?:[^"]|"")+)"'), re.compile(r"([\w$]+)"), re.compile(r"(\w+)"))  # the last: v1$function$
BODY = re.compile(r"\bAS \$|\bBEGIN ATOMIC\b|\bAS '", re.IGNORECASE)

Item = UserType | Routine | Table | View


@dataclass(frozen=True)
class Layout:
    """Objects by when they are made: before the rows, and after the keys."""

    before: list[UserType | Routine | Table]
    after: list[Routine | View]


def layout(catalog: Catalog, tables: list[Table]) -> Layout:
    """Everything in an order in which each finds what it mentions; tables keep their order where they can."""
    items: dict[str, Item] = {}
    groups: list[tuple[str, Sequence[Item]]] = [
        ("0", catalog.types),
        ("1", catalog.routines),
        ("2", tables),
        ("3", catalog.views),
    ]
    for prefix, found in groups:
        for number, item in enumerate(found):
            items[f"{prefix}{number:06d}:{item.full_name}"] = item
    owners: dict[str, list[str]] = {}
    for identifier, item in items.items():
        owners.setdefault(item.name.lower(), []).append(identifier)
    places = {item.full_name: identifier for identifier, item in items.items() if isinstance(item, Table)}
    needs = {identifier: _needs(item, owners, items, places) for identifier, item in items.items()}
    order, cyclic = dependency_order(needs)
    late = _late(order, needs, items)
    sequence = [*order, *cyclic]
    before = [items[name] for name in sequence if name not in late and not isinstance(items[name], View)]
    after = [items[name] for name in sequence if name in late or isinstance(items[name], View)]
    return Layout(
        [item for item in before if not isinstance(item, View)],
        [item for item in after if isinstance(item, (Routine, View))],
    )


def _late(order: Iterable[str], needs: dict[str, set[str]], items: dict[str, Item]) -> set[str]:
    """Routines that need a view, directly or through another routine."""
    late: set[str] = set()
    for name in order:
        if isinstance(items[name], Routine) and any(
            other in late or isinstance(items[other], View) for other in needs[name]
        ):
            late.add(name)
    return late


def _needs(item: Item, owners: dict[str, list[str]], items: dict[str, Item], places: dict[str, str]) -> set[str]:
    """Identifiers of what the item mentions; places: a table's full name -> its identifier."""
    found: set[str] = set()
    for word in _words(_text(item)):
        for identifier in owners.get(word, ()):
            other = items[identifier]
            if other is not item and _may_need(item, other):
                found.add(identifier)
    if isinstance(item, Table):
        parents = [*item.inherits, item.partitioning.parent if item.partitioning else None]
        found |= {places[parent] for parent in parents if parent in places}
    return found


def _may_need(item: Item, other: Item) -> bool:
    """Which mentions count: a word may also be the name of a column, and would then make a cycle out of nothing."""
    if isinstance(item, Table):
        return not isinstance(other, (Table, View))
    if isinstance(item, View) and isinstance(other, (Table, View)):
        return other.full_name in item.depends_on
    if isinstance(item, UserType):
        return not isinstance(other, (Table, View)) or item.kind == "composite"
    return True


def _text(item: Item) -> str:
    if isinstance(item, Routine):
        # A body in SQL is checked when the function is made; other languages look at names when they run.
        checked = item.language == "sql" or item.kind == "aggregate"
        return item.definition if checked else BODY.split(item.definition, maxsplit=1)[0]
    if isinstance(item, Table):
        parts = [(column.native, column.default, column.generated) for column in item.columns]
        texts = [
            text
            for native, default, generated in parts
            for text in (native, default, generated and generated.expression)
        ]
        key = item.partitioning.key if item.partitioning else None
        return " ".join(text for text in (*texts, key) if text)
    return item.definition


def _words(text: str) -> set[str]:
    return {found.replace('""', '"').lower() for pattern in WORDS for found in pattern.findall(text)}
