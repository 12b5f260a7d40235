"""What differs between the keys, constraints and indexes of two tables, paired by what they are and then by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from conversion.diff_converted import plain_parts
from conversion.differences import Difference, added, changed, missing, slight
from conversion.forms import Form, check_form, exclusion_form, folded, foreign_key_form, index_form, key_form
from conversion.generated_names import generated
from conversion.sides import Sides
from engines.catalog import ForeignKey, Index, Key, Table, View

FormOf = Callable[[Any, str], Form]  # (object, home of its catalog) -> form


def part_differences(sides: Sides, a: Table, b: Table) -> list[Difference]:
    """Keys, indexes, references, checks and exclusions."""
    engine = sides.engine
    if not sides.names:
        a, b = plain_parts(a), plain_parts(b)
    found = _primary_key(sides, a, b)
    uniques, indexes = (list(a.uniques), list(b.uniques)), (list(a.indexes), list(b.indexes))
    found += _same_rule(sides, a, uniques, indexes)
    if engine == "mysql":
        indexes = (wanted_indexes(a, b, indexes[0]), wanted_indexes(b, a, indexes[1]))
    found += compared(sides, a, "unique constraint", *uniques, lambda item, home: key_form(item, engine))
    found += index_differences(sides, a, *indexes)
    found += compared(
        sides, a, "foreign key", a.foreign_keys, b.foreign_keys,
        lambda item, home: foreign_key_form(item, engine, home),
    )  # fmt: skip
    found += compared(sides, a, "check", a.checks, b.checks, lambda item, home: check_form(item, engine))
    return found + compared(sides, a, "exclusion", a.exclusions, b.exclusions, lambda item, home: exclusion_form(item))


def index_differences(sides: Sides, a: Table | View, left: list[Index], right: list[Index]) -> list[Difference]:
    """Indexes of a table or materialized view."""
    return compared(sides, a, "index", left, right, lambda item, home: index_form(item, sides.engine))


def compared(
    sides: Sides, owner: Table | View, kind: str, left: Sequence[Any], right: Sequence[Any], form: FormOf
) -> list[Difference]:
    """Pair by name and structure, then by structure, then by name; what is left over is missing or added."""
    both = zip((left, right), sides.homes, strict=True)
    forms = [[(item, form(item, home)) for item in items] for items, home in both]
    found: list[Difference] = []
    for same in (_same_thing, _same_structure, _same_name):
        for one, form_a in list(forms[0]):
            match = next((other for other in forms[1] if same(one, form_a, *other)), None)
            if match is not None:
                forms[0].remove((one, form_a))
                forms[1].remove(match)
                found += _changes(sides, owner, kind, one, form_a, *match)
    found += [missing(_label(owner, item), kind) for item, _ in forms[0]]
    return found + [added(_label(owner, item), kind) for item, _ in forms[1]]


def _same_thing(one: Any, form_a: Form, other: Any, form_b: Form) -> bool:
    return bool(form_a[0] == form_b[0]) and one.name == other.name


def _same_structure(one: Any, form_a: Form, other: Any, form_b: Form) -> bool:
    return bool(form_a[0] == form_b[0])


def _same_name(one: Any, form_a: Form, other: Any, form_b: Form) -> bool:
    return one.name is not None and one.name == other.name


def _changes(
    sides: Sides, owner: Table | View, kind: str, one: Any, form_a: Form, other: Any, form_b: Form
) -> list[Difference]:
    name, found = _label(owner, one), []
    if form_a[0] != form_b[0]:
        found.append(changed(name, kind, shown(one), shown(other)))
    elif form_a != form_b:
        found.append(changed(name, kind, _details(one), _details(other)))
    if getattr(one, "comment", None) != getattr(other, "comment", None):
        found.append(slight(name, f"{kind} comment", one.comment, other.comment))
    if sides.names and one.name != other.name and not _made_up(sides, owner, kind, one, other):
        found.append(slight(name, "name", f"{kind} {one.name}", other.name))
    return found


def _made_up(sides: Sides, owner: Table | View, kind: str, one: Any, other: Any) -> bool:
    """A server chose one of the names: nobody meant them to be the same. MySQL calls an index like its reference."""
    if sides.engine == "mysql" and kind == "index" and isinstance(owner, Table):
        references = {key.name for key in owner.foreign_keys}
        if one.name in references or other.name in references:
            return True
    return any(generated(sides.engine, kind, item.name, owner.name, _columns(item)) for item in (one, other))


def _columns(item: Any) -> list[str]:
    if isinstance(item, Index):
        return [key.column for key in item.keys if key.column is not None]
    return list(getattr(item, "columns", ()))


def _label(owner: Table | View, item: Any) -> str:
    return f"{owner.full_name}.{item.name or getattr(item, 'columns', None) or shown(item)}"


def shown(item: Any) -> str:
    """What an object is, for people."""
    if isinstance(item, ForeignKey):
        columns, referenced = ", ".join(item.columns), ", ".join(item.referenced_columns)
        actions = f"ON UPDATE {item.on_update} ON DELETE {item.on_delete}"
        return f"({columns}) REFERENCES {item.referenced_table} ({referenced}) {actions}"
    for name in ("definition", "expression", "columns"):
        value = getattr(item, name, None)
        if value:
            return str(value)
    if isinstance(item, Index):
        keys = ", ".join(f"{key.column or key.expression}{' DESC' if key.descending else ''}" for key in item.keys)
        return f"{'unique ' if item.unique else ''}{item.method} ({keys})"
    return str(item)


def _details(item: Any) -> str:
    """What may change of an object that stays what it is."""
    names = ("deferrable", "initially_deferred", "validated", "enforced", "valid", "visible", "options")
    values = ((name, getattr(item, name, None)) for name in names)
    return ", ".join(f"{name}={value}" for name, value in values if value is not None)


def _primary_key(sides: Sides, a: Table, b: Table) -> list[Difference]:
    """The primary key; that of a partition is made and named by its parent's."""
    name, kind = a.full_name, "primary key"
    if a.primary_key is None or b.primary_key is None:
        if a.primary_key is b.primary_key:
            return []
        return [missing(name, kind) if a.primary_key is not None else added(name, kind)]
    one, other = a.primary_key, b.primary_key
    if key_form(one, sides.engine) != key_form(other, sides.engine):
        return [changed(name, kind, one.columns, other.columns)]
    found = [slight(name, f"{kind} comment", one.comment, other.comment)] if one.comment != other.comment else []
    part = a.partitioning is not None and a.partitioning.parent is not None
    if sides.names and one.name != other.name and not part and not _made_up(sides, a, kind, one, other):
        found.append(slight(name, "name", f"{kind} {one.name}", other.name))
    return found


def _same_rule(
    sides: Sides, owner: Table, uniques: tuple[list[Key], list[Key]], indexes: tuple[list[Index], list[Index]]
) -> list[Difference]:
    """A unique constraint here and a plain unique index there refuse the same rows: one slight difference."""
    found = []
    for place, other in ((0, 1), (1, 0)):
        for key in list(uniques[place]):
            columns = folded(key.columns, sides.engine)
            if any(folded(twin.columns, sides.engine) == columns for twin in uniques[other]):
                continue
            twins = [index for index in indexes[other] if _plain_unique(index, key, columns, sides.engine)]
            if twins and not key.deferrable:
                uniques[place].remove(key)
                indexes[other].remove(twins[0])
                words = ["unique constraint", "unique index"]
                before, after = words if place == 0 else words[::-1]
                found.append(slight(_label(owner, key), "unique form", before, after))
    return found


def _plain_unique(index: Index, key: Key, columns: tuple[str | None, ...], engine: str) -> bool:
    plain = all(not part.descending and part.prefix is None and not part.operator_class for part in index.keys)
    whole = index.predicate is None and index.valid and index.nulls_distinct == key.nulls_distinct
    return index.unique and plain and whole and folded([k.column or "" for k in index.keys], engine) == columns


def wanted_indexes(own: Table, other: Table, indexes: Iterable[Index]) -> list[Index]:
    """Indexes without those that MySQL makes for a foreign key, where the other side has the key on another index."""
    keys = {folded(key.columns, "mysql") for key in own.foreign_keys}
    keys &= {folded(key.columns, "mysql") for key in other.foreign_keys}
    whole = [*other.uniques, *([other.primary_key] if other.primary_key else [])]
    serving = [folded(key.columns, "mysql") for key in whole]
    serving += [folded([part.column or "" for part in index.keys], "mysql") for index in other.indexes]
    theirs = {index_form(index, "mysql")[0] for index in other.indexes}
    kept = []
    for index in indexes:
        columns = folded([part.column or "" for part in index.keys], "mysql")
        implicit = not index.unique and index.method == "btree" and columns in keys
        served = any(found[: len(columns)] == columns for found in serving)
        if not (implicit and served and index_form(index, "mysql")[0] not in theirs):
            kept.append(index)
    return kept
