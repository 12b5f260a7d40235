"""What of an object is compared: two objects are the same where their forms are, whatever they are called.

A form is (structure, details...): the structure pairs objects whose names differ, the details are what may change of
one. Names and comments are in no form. home is the name of the catalog's own database, for engines whose schemas are
databases (MySQL): two databases with other names hold the same schema.
"""

from __future__ import annotations

import re
from typing import Any

from conversion import normal_form
from conversion.normal_types import type_form
from engines.catalog import (
    Check,
    Column,
    Event,
    Exclusion,
    ForeignKey,
    Index,
    IndexKey,
    Key,
    Kind,
    Partitioning,
    Policy,
    Routine,
    Sequence,
    Trigger,
    UserType,
    View,
)
from engines.full_names import qualified

__all__ = ["type_form"]

Form = tuple[Any, ...]
FOLDING = frozenset({"mysql", "sqlite"})  # engines that don't tell column names apart by case
SEQUENCE_FIELDS = ("data_type", "start", "increment", "minimum", "maximum", "cache", "cycle")
# what says who made an object and with which client, not what it does
MAKERS = frozenset({"definer", "created", "charset", "collation", "database_collation", "algorithm"})
# the parts of sql_mode that change how stored code is read and what it computes; others say when it fails (MySQL
# manual, Server SQL Modes; MariaDB, SQL_MODE)
READING_MODES = frozenset({
    "ANSI_QUOTES", "PIPES_AS_CONCAT", "NO_BACKSLASH_ESCAPES", "IGNORE_SPACE", "HIGH_NOT_PRECEDENCE", "REAL_AS_FLOAT",
    "NO_UNSIGNED_SUBTRACTION", "ORACLE", "MSSQL", "EMPTY_STRING_IS_NULL", "PAD_CHAR_TO_FULL_LENGTH",
    "TIME_ROUND_FRACTIONAL", "SIMULTANEOUS_ASSIGNMENT",
})  # fmt: skip
WIDTHS = re.compile(r"\b((?!tinyint\(1\))(?:tiny|small|medium|big)?int)\(\d+\)")
COLLATIONS = re.compile(r"\s+collate\s+\S+")
VERBATIM_LANGUAGES = frozenset({"plpython3u", "plpythonu", "c", "internal"})  # spaces or case of their text matter
NEXTVAL = re.compile(r"^\s*nextval\('((?:[^']|'')+)'(?:::regclass|::text)?\)\s*$", re.IGNORECASE)


def fold(name: str | None, engine: str) -> str | None:
    """A column's name as the engine compares it."""
    return name.lower() if name is not None and engine in FOLDING else name


def folded(names: list[str], engine: str) -> tuple[str | None, ...]:
    """Column names as the engine compares them."""
    return tuple(fold(name, engine) for name in names)


def local(schema: str, engine: str, home: str) -> str:
    """The schema of an object; none where it is the catalog's own database."""
    return "" if engine == "mysql" and schema in ("", home) else schema


def key_form(key: Key, engine: str = "postgresql") -> Form:
    """A primary key or unique constraint; SQLite's may sort otherwise than their columns do."""
    collations = tuple((name or "BINARY").upper() for name in key.collations) if engine == "sqlite" else ()
    plain = all(name == "BINARY" for name in collations)
    prefixes = tuple(sorted((str(fold(name, engine)), length) for name, length in key.prefixes.items()))
    structure = (
        folded(key.columns, engine), () if plain else collations, key.nulls_distinct, tuple(key.include), prefixes,
    )  # fmt: skip
    return (structure, key.deferrable, key.initially_deferred)


def index_form(index: Index, engine: str) -> Form:
    """An index; its options and whether it is complete and visible are details."""
    keys = tuple(_index_key(key, engine) for key in index.keys)
    predicate = normal_form.expression(index.predicate, engine)
    structure = (keys, index.unique, index.method.lower(), predicate, tuple(index.include), index.nulls_distinct)
    return (structure, index.valid, index.visible, tuple(sorted(index.options.items())))


def _index_key(key: IndexKey, engine: str) -> Form:
    expression = normal_form.expression(key.expression, engine) if key.expression else None
    own_collation = expression is not None and "Collate(" in expression
    nulls_first = key.descending if key.nulls_first is None else key.nulls_first
    collation = None if own_collation or engine == "mysql" else key.collation
    column = fold(key.column, engine)
    return (column, expression, key.descending, nulls_first, collation, key.operator_class, key.prefix)


def foreign_key_form(key: ForeignKey, engine: str = "postgresql", home: str = "") -> Form:
    """A reference, whatever the order of its columns; InnoDB takes RESTRICT and NO ACTION for the same."""
    pairs = sorted(zip(folded(key.columns, engine), folded(key.referenced_columns, engine), strict=False), key=str)
    table = key.referenced_table.lower() if engine == "sqlite" else key.referenced_table
    actions = tuple(_action(action, engine) for action in (key.on_update, key.on_delete))
    structure = (tuple(pairs), local(key.referenced_schema, engine, home), table, *actions, key.match)
    return (structure, key.deferrable, key.initially_deferred, key.validated, key.enforced)


def _action(action: str, engine: str) -> str:
    return "NO ACTION" if engine == "mysql" and action.upper() == "RESTRICT" else action


def check_form(check: Check, engine: str) -> Form:
    """A check: its condition; whether all rows were checked is a detail."""
    return ((normal_form.expression(check.expression, engine), check.no_inherit), check.validated, check.enforced)


def exclusion_form(exclusion: Exclusion) -> Form:
    """An exclusion constraint: the server's words."""
    return (exclusion.definition,)


def policy_form(policy: Policy, engine: str = "postgresql") -> Form:
    """A row-level security policy."""
    using, check = (normal_form.expression(text, engine) for text in (policy.using, policy.check))
    return ((policy.command, policy.permissive, tuple(sorted(policy.roles)), using, check),)


def trigger_form(trigger: Trigger, engine: str = "postgresql") -> Form:
    """A trigger: when it fires and what it does. MySQL's text names who made it; its body does not."""
    if engine == "mysql" and trigger.body is not None:
        text = (trigger.timing, tuple(sorted(trigger.events)), normal_form.words(trigger.body))
        return (text, trigger.enabled, code_options(trigger.options))
    return ((normal_form.words(trigger.definition),), trigger.enabled, trigger.options.get("fires"))


def code_options(options: dict[str, str]) -> Form:
    """Options of stored code that change what it does; of sql_mode what changes how it is read."""
    found = {name: value for name, value in options.items() if name not in MAKERS}
    if "sql_mode" in found:
        found["sql_mode"] = ",".join(sorted(READING_MODES & set(found["sql_mode"].upper().split(","))))
    if not found.get("sql_mode"):
        found.pop("sql_mode", None)
    return tuple(sorted(found.items()))


def view_form(view: View, engine: str) -> Form:
    """A view: columns, options and the normal form of its query."""
    return (view.materialized, folded(view.columns, engine), view_options(view), query_form(view, engine))


def view_options(view: View) -> Form:
    """Options of a view that change what it does; NONE, UNDEFINED and DEFINER are what a view has without them."""
    return tuple(
        sorted(
            (name, value)
            for name, value in view.options.items()
            if name not in MAKERS and str(value).upper() not in ("NONE", "UNDEFINED", "DEFINER")
        )
    )


def query_form(view: View, engine: str) -> str:
    """The normal form of a view's query."""
    return normal_form.query(view.definition, engine)


def sequence_form(sequence: Sequence) -> Form:
    """A sequence without its owner and state."""
    return tuple(getattr(sequence, name) for name in SEQUENCE_FIELDS)


def user_type_form(item: UserType) -> Form:
    """A type of one's own."""
    return (item.kind, tuple(item.labels), normal_form.words(item.definition))


def routine_form(item: Routine, engine: str = "postgresql") -> Form:
    """A routine. MySQL's text names who made it; its parts do not."""
    if engine == "mysql" and item.body is not None:
        parameters = tuple((one.mode, one.name.lower(), _typed(one.native)) for one in item.parameters)
        returns = _typed(item.returns) if item.returns else None
        whole = (item.kind, parameters, returns, normal_form.words(item.body), item.volatility)
        return (*whole, code_options(item.options))
    text = item.definition.strip() if item.language in VERBATIM_LANGUAGES else normal_form.words(item.definition)
    return (item.kind, item.language, text)


def _typed(native: str) -> str:
    """A parameter's type without what servers add to it: the width of integers, the collation, other spellings."""
    plain = WIDTHS.sub(r"\1", native.lower()).replace("character set", "charset")
    return COLLATIONS.sub("", plain).strip()


def event_form(event: Event) -> Form:
    """An event: when it runs and what it does."""
    return (
        normal_form.words(event.schedule),
        normal_form.words(event.body),
        event.enabled,
        code_options(event.options),
    )


def partitioning_form(item: Partitioning | None, engine: str) -> Form | None:
    """How a table is split, or which part of which table it is."""
    if item is None:
        return None
    parts = tuple((part.name, _plain(part.bound), tuple(part.parts)) for part in item.parts)
    keys = (_plain(item.key), _plain(item.sub_key)) if engine == "mysql" else (item.key, item.sub_key)
    return (item.strategy, *keys, item.parent, _plain(item.bound), parts, item.sub_strategy)


def _plain(text: str | None) -> str:
    """A text of MySQL's PARTITION BY without the quotes and spaces that versions write differently."""
    return re.sub(r"\s*([(),])\s*", r"\1", normal_form.words((text or "").replace("`", "")))


def default_form(column: Column, engine: str, owned: frozenset[str] = frozenset()) -> str:
    """A column's default; owned: sequences of the column, whose next number is `its own sequence`."""
    sequence = sequence_of(column.default)
    if sequence is not None and sequence in owned:
        return "nextval of its own sequence"
    found = normal_form.expression(column.default, engine)
    if column.type.kind in (Kind.DECIMAL, Kind.FLOAT, Kind.INTEGER):
        return normal_form.number(found)
    return found


def sequence_of(default: str | None) -> str | None:
    """Full name of the sequence that a PostgreSQL default takes its numbers from."""
    found = NEXTVAL.match(default or "")
    if found is None:
        return None
    parts = re.findall(r'"((?:[^"]|"")*)"|([^".]+)', found[1].replace("''", "'"))
    names = [quoted.replace('""', '"') or plain for quoted, plain in parts]
    return qualified(*names) if len(names) == 2 else ".".join(names)


def generated_form(column: Column, engine: str) -> Form | None:
    """A computed column's expression; None where it isn't computed."""
    if column.generated is None:
        return None
    return (normal_form.expression(column.generated.expression, engine), column.generated.stored)


def identity_form(column: Column) -> Form | None:
    """Whether and how the engine numbers the column."""
    return (column.identity.always, column.identity.strict) if column.identity else None
