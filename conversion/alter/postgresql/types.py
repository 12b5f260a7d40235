"""Types of one's own that change: labels that come in place, everything else by a new type under the old name."""

from __future__ import annotations

from collections.abc import Iterator

from conversion.alter.changes import Changes
from conversion.alter.model import Step
from conversion.alter.postgresql.facts import lock
from engines.catalog import UserType
from engines.postgresql.quoting import quote_identifier, quote_literal, quote_name

AWAY = "__before"  # suffix of a type's name while its successor has the name


def only_adds(a: UserType, b: UserType) -> bool:
    """True when b is the enum a with more labels, the old ones in their order."""
    if a.kind != "enum" or b.kind != "enum" or a.labels == b.labels:
        return False
    rest = iter(b.labels)
    return all(label in rest for label in a.labels)


def grown(changes: Changes) -> list[tuple[UserType, UserType]]:
    """Enums that only get more labels; they are no longer to be dropped and made."""
    found = []
    for key in changes.replaced("type"):
        a, b = changes.old.by_key[key].item, changes.new.by_key[key].item
        if only_adds(a, b):
            found.append((a, b))
            changes.drop.discard(key)
            changes.make.discard(key)
    return found


def add_values(a: UserType, b: UserType, columns: list[tuple[str, str, str]]) -> Iterator[Step]:
    """ADD VALUE for each new label, at its place; columns: (table, column, its default) that use the type in both."""
    name = quote_name(b.schema_name, b.name)
    there = set(a.labels)
    for number, label in enumerate(b.labels):
        if label in there:
            continue
        following = next((other for other in b.labels[number + 1 :] if other in there), None)
        place = f" BEFORE {quote_literal(following)}" if following is not None else ""
        there.add(label)
        sql = f"ALTER TYPE {name} ADD VALUE {quote_literal(label)}{place}"
        yield Step(
            sql=sql, undo=list(_without(b, [x for x in b.labels if x in there and x != label], columns)),
            object=b.full_name, kind="type", action="alter", lock=lock("enum value"), transactional=False,
            changes=[f"label {label}"],
            notes=["runs by itself: a label can't be used in the transaction that adds it, and before PostgreSQL 12 "
                   "ADD VALUE is refused in one"],
        )  # fmt: skip


def _without(item: UserType, labels: list[str], columns: list[tuple[str, str, str]]) -> Iterator[str]:
    """An enum loses a label only by a new type: the old one steps aside, columns are cast, it goes."""
    name, away = quote_name(item.schema_name, item.name), _away(item)
    yield f"ALTER TYPE {name} RENAME TO {quote_identifier(item.name + AWAY)}"
    yield f"CREATE TYPE {name} AS ENUM ({', '.join(quote_literal(label) for label in labels)})"
    for table, column, default in columns:
        if default:
            yield f"ALTER TABLE {table} ALTER COLUMN {column} DROP DEFAULT"
        yield f"ALTER TABLE {table} ALTER COLUMN {column} TYPE {name} USING {column}::text::{name}"
        if default:
            yield f"ALTER TABLE {table} ALTER COLUMN {column} SET DEFAULT {default}"
    yield f"DROP TYPE {away}"


def _away(item: UserType) -> str:
    return quote_name(item.schema_name, item.name + AWAY)


def step_aside(item: UserType) -> Step:
    """The type that is replaced gives its name to its successor."""
    sql = f"ALTER TYPE {quote_name(item.schema_name, item.name)} RENAME TO {quote_identifier(item.name + AWAY)}"
    undo = f"ALTER TYPE {_away(item)} RENAME TO {quote_identifier(item.name)}"
    if item.kind == "domain":
        sql, undo = sql.replace("ALTER TYPE", "ALTER DOMAIN", 1), undo.replace("ALTER TYPE", "ALTER DOMAIN", 1)
    return Step(sql=sql, undo=[undo], object=item.full_name, kind="type", action="rename", lock=lock("create"))


def drop_aside(before: UserType) -> Step:
    """The type that was replaced goes when no column uses it any more."""
    word = "DOMAIN" if before.kind == "domain" else "TYPE"
    name = quote_name(before.schema_name, before.name)
    undo = before.definition.replace(name, _away(before), 1)
    return Step(
        sql=f"DROP {word} {_away(before)}", undo=[undo], object=before.full_name, kind="type", action="drop",
        lock=lock("drop schema object"),
    )  # fmt: skip
