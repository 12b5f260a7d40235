"""Arrays of PostgreSQL whose elements are of a type that somebody made, as JSON of each element's own text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from conversion.mapping import ColumnMapping
from engines.full_names import parts
from engines.postgresql.quoting import quote_identifier
from transfer.canonical.arrays_postgresql import OTHER_BOUNDS
from transfer.canonical.sql_postgresql import OWN_TEXT
from transfer.routes.postgresql_for_mysql import sources

# to_json() would call a cast to json that the type's owner may have defined, and write composites as objects
TEXTS = f"pg_catalog.to_json(({OWN_TEXT})::pg_catalog.text[])::text"


def own_arrays(
    query: Callable[[str], list[tuple[Any, ...]]], table: str, columns: Sequence[ColumnMapping], unbound: str
) -> dict[str, str]:
    """Column -> SQL of its JSON, of those of this source table; domains over numbers and booleans are none of them.

    unbound: what stands before the own text of an array of which a dimension doesn't begin at 1.
    """
    names = [column.source for column in columns if column.route == "pg_array" and "." in column.source_type]
    facts = sources(query, *parts(table)) if names else {}
    template = f"CASE WHEN {OTHER_BOUNDS} THEN '{unbound}' || ({OWN_TEXT}) ELSE {TEXTS} END"
    return {
        name: template.replace("{c}", quote_identifier(name))
        for name in names
        if facts[name].own_element and facts[name].element_kind is None
    }
