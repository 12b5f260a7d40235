"""What differs between two catalogs of one engine, in normal form, so that two spellings of one thing are equal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from conversion import normal_form
from conversion.diff_columns import column_differences
from conversion.differences import Difference, added, changed, missing
from engines.catalog import Catalog, Check, ForeignKey, Index, IndexKey, Key, Sequence, Table, UserType, View

Item = TypeVar("Item")


def diff(a: Catalog, b: Catalog) -> list[Difference]:
    """From a (what should be) to b (what is): objects missing in b, added in b, and changed; empty when equal.

    Rows, sizes, sequence states and the names of constraints that nobody named are not compared.
    """
    engine = a.engine
    found: list[Difference] = []
    found += _paired("schema", {name: name for name in a.schemas}, {name: name for name in b.schemas}, lambda x, y: [])
    found += _paired("table", _named(a.tables), _named(b.tables), lambda x, y: _table(x, y, engine))
    found += _paired("view", _named(a.views), _named(b.views), lambda x, y: _view(x, y, engine))
    found += _paired("sequence", _named(_free(a)), _named(_free(b)), _sequence)
    found += _paired("type", _named(a.types), _named(b.types), _user_type)
    found += _paired("routine", _named(a.routines), _named(b.routines), _routine)
    extensions = [{item.name: item for item in side.extensions} for side in (a, b)]
    found += _paired("extension", extensions[0], extensions[1], lambda x, y: [])
    return found


def _free(catalog: Catalog) -> list[Sequence]:
    """Sequences that no identity column owns: those are compared with their columns."""
    return [item for item in catalog.sequences if not item.identity]


def _named(items: Iterable[Any]) -> dict[str, Any]:
    return {item.full_name: item for item in items}


def _paired(
    kind: str, left: dict[str, Item], right: dict[str, Item], compare: Callable[[Item, Item], list[Difference]]
) -> list[Difference]:
    found: list[Difference] = []
    for name in sorted(left.keys() | right.keys()):
        if name not in right:
            found.append(missing(name, kind))
        elif name not in left:
            found.append(added(name, kind))
        else:
            found += compare(left[name], right[name])
    return found


def _table(a: Table, b: Table, engine: str) -> list[Difference]:
    name = a.full_name
    found = list(column_differences(a, b, engine))
    found += _attributes(name, "table", a, b, ("kind", "inherits", "comment", "row_security", "options"))
    if a.partitioning != b.partitioning:
        found.append(changed(name, "partitioning", a.partitioning, b.partitioning))
    part = a.partitioning is not None and a.partitioning.parent is not None
    found += _key(name, "primary key", a.primary_key, b.primary_key, part)
    found += _by_content(name, "unique constraint", a.uniques, b.uniques, _key_form)
    found += _by_content(name, "index", a.indexes, b.indexes, lambda item: _index_form(item, engine))
    found += _by_content(name, "foreign key", a.foreign_keys, b.foreign_keys, _foreign_key_form)
    found += _by_content(name, "check", a.checks, b.checks, lambda item: _check_form(item, engine))
    found += _by_content(name, "exclusion", a.exclusions, b.exclusions, lambda item: (item.name, item.definition))
    found += _triggers(a, b)
    return found


def _triggers(a: Table | View, b: Table | View) -> list[Difference]:
    def form(item: Any) -> tuple[Any, ...]:
        return (item.name, normal_form.words(item.definition), item.enabled)

    return _by_content(a.full_name, "trigger", a.triggers, b.triggers, form)


def _attributes(name: str, kind: str, a: Any, b: Any, fields: Iterable[str]) -> Iterator[Difference]:
    for field in fields:
        if getattr(a, field) != getattr(b, field):
            yield changed(name, f"{kind} {field.replace('_', ' ')}", getattr(a, field), getattr(b, field))


def _key(name: str, kind: str, a: Key | None, b: Key | None, part: bool) -> list[Difference]:
    """part: the table is a partition, whose key the server makes and names from its parent's."""
    if a is None or b is None:
        if a is b:
            return []
        return [missing(name, kind) if a is not None else added(name, kind)]
    forms = [_key_form(key)[1 if part else 0 :] for key in (a, b)]
    return [] if forms[0] == forms[1] else [changed(name, kind, a.columns, b.columns)]


def _by_content(
    name: str, kind: str, left: Iterable[Any], right: Iterable[Any], form: Callable[[Any], tuple[Any, ...]]
) -> list[Difference]:
    """Compare what has names by name, and say changed where the name is there but the content is another."""
    found: list[Difference] = []
    remaining = {form(item): item for item in right}
    absent = [item for item in left if remaining.pop(form(item), None) is None]
    by_name = {getattr(item, "name", None): key for key, item in remaining.items()}
    for item in absent:
        key = by_name.get(item.name) if item.name else None
        if key is not None and key in remaining:
            found.append(changed(f"{name}.{item.name}", kind, _shown(item), _shown(remaining.pop(key))))
        else:
            found.append(missing(f"{name}.{item.name or _shown(item)}", kind))
    found += [added(f"{name}.{item.name or _shown(item)}", kind) for item in remaining.values()]
    return found


def _shown(item: Any) -> str:
    for field in ("definition", "expression", "columns"):
        value = getattr(item, field, None)
        if value:
            return str(value)
    return str(item)


def _key_form(key: Key) -> tuple[Any, ...]:
    collations = [(name or "BINARY").upper() for name in key.collations]
    plain = all(name == "BINARY" for name in collations)
    return (
        key.name, tuple(key.columns), () if plain else tuple(collations), key.nulls_distinct, key.deferrable,
        key.initially_deferred, tuple(key.include), key.comment,
    )  # fmt: skip


def _index_form(index: Index, engine: str) -> tuple[Any, ...]:
    keys = tuple(_index_key_form(key, engine) for key in index.keys)
    predicate = normal_form.expression(index.predicate, engine)
    return (
        index.name, keys, index.unique, index.method, predicate, tuple(index.include), index.nulls_distinct,
        index.valid, index.comment,
    )  # fmt: skip


def _index_key_form(key: IndexKey, engine: str) -> tuple[Any, ...]:
    expression = normal_form.expression(key.expression, engine) if key.expression else None
    own_collation = expression is not None and "Collate(" in expression
    nulls_first = key.descending if key.nulls_first is None else key.nulls_first
    collation = None if own_collation else key.collation
    return (key.column, expression, key.descending, nulls_first, collation, key.operator_class)


def _foreign_key_form(key: ForeignKey) -> tuple[Any, ...]:
    return tuple(str(value) for value in key.model_dump().values())


def _check_form(check: Check, engine: str) -> tuple[Any, ...]:
    expression = normal_form.expression(check.expression, engine)
    return (check.name, expression, check.validated, check.no_inherit, check.comment)


def _view(a: View, b: View, engine: str) -> list[Difference]:
    name = a.full_name
    found = list(_attributes(name, "view", a, b, ("materialized", "columns", "options", "comment")))
    if normal_form.words(a.definition) != normal_form.words(b.definition) and (
        normal_form.query(a.definition, engine) != normal_form.query(b.definition, engine)
    ):
        found.append(changed(name, "view", a.definition, b.definition))
    found += _by_content(name, "index", a.indexes, b.indexes, lambda item: _index_form(item, engine))
    return found + _triggers(a, b)


def _sequence(a: Any, b: Any) -> list[Difference]:
    fields = ("data_type", "start", "increment", "minimum", "maximum", "cache", "cycle", "owned_by", "comment")
    return list(_attributes(a.full_name, "sequence", a, b, fields))


def _user_type(a: UserType, b: UserType) -> list[Difference]:
    found = list(_attributes(a.full_name, "type", a, b, ("kind", "labels", "comment")))
    if normal_form.words(a.definition) != normal_form.words(b.definition):
        found.append(changed(a.full_name, "type", a.definition, b.definition))
    return found


def _routine(a: Any, b: Any) -> list[Difference]:
    found = list(_attributes(a.full_name, "routine", a, b, ("kind", "language", "comment")))
    if normal_form.words(a.definition) != normal_form.words(b.definition):
        found.append(changed(a.full_name, "routine", a.definition, b.definition))
    return found
