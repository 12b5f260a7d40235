"""What a plan needs and the server of a PostgreSQL target has not: types and functions of newer versions, libxml.

All of it would end the migration after its approval: a function when the table is made, xml at the first value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from conversion.collations_of_targets import texts
from conversion.result import Conversion
from engines.catalog import Catalog
from engines.columns import Column, Kind
from engines.errors import Aborted, EngineError
from engines.full_names import column_name
from engines.postgresql.quoting import quote_identifier, quote_name
from engines.protocols import Database

SHOWN = 5
# what is called, outside of constants and quoted names; the system's functions are written without their schema
CALLED = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|(?<![\w$.])([a-z_][\w$]*)\(""")
FUNCTIONS = """
SELECT DISTINCT p.proname::text FROM pg_catalog.pg_proc AS p
 WHERE p.pronamespace = 'pg_catalog'::pg_catalog.regnamespace AND p.proname = ANY (%s)
"""
TYPES = """
SELECT w.name FROM pg_catalog.unnest(%s::text[]) AS w(name)
  JOIN pg_catalog.pg_type AS t ON t.oid = pg_catalog.to_regtype(w.name)
 WHERE t.typnamespace = 'pg_catalog'::pg_catalog.regnamespace
"""
OWN = re.compile(r"[^.\"]+")  # the system's types stand without a schema
MODIFIER = re.compile(r"\([^)]*\)")
XML = "SELECT '<a/>'::pg_catalog.xml"
NOT_SUPPORTED = "0A000"  # how a server that was made without libxml refuses it: feature_not_supported
HELD = "SELECT EXISTS (SELECT FROM {table} WHERE {column} IS NOT NULL)"


def check_abilities(source: Database, target: Database, result: Conversion) -> None:
    """Aborted TARGET_LACKS where the target, of PostgreSQL as the source is, can't have what the plan makes or moves.

    Bodies of routines aside: they are run by whoever calls them.
    """
    catalog = result.target
    lacking = [
        *_types(source, target, catalog),
        *_functions(source, target, catalog),
        *_xml(source, target, catalog),
    ]
    if not lacking:
        return
    more = f" and {len(lacking) - SHOWN} more" if len(lacking) > SHOWN else ""
    raise Aborted(
        "TARGET_LACKS",
        f"The server of {target.display} lacks what the plan needs: {', '.join(lacking[:SHOWN])}{more}.",
        "Choose a server that has it, or change in the source what is named; then run the same command again.",
        lacking=lacking,
    )


def _functions(source: Database, target: Database, catalog: Catalog) -> Iterator[str]:
    """Functions of the source's own server that the target's hasn't, with the first place that calls each."""
    places: dict[str, str] = {}
    for place, holder, attribute in texts(catalog):
        for name in CALLED.findall(getattr(holder, attribute) or ""):
            if name:
                places.setdefault(name, place)
    yield from (f"the function {name} ({place})" for name, place in _missing(FUNCTIONS, places, source, target))


def _types(source: Database, target: Database, catalog: Catalog) -> Iterator[str]:
    """Types of the source's own server that the target's hasn't, with the first column of each."""
    places: dict[str, str] = {}
    for table in catalog.tables:
        for column in table.columns:
            if OWN.fullmatch(column.native):
                name = MODIFIER.sub("", column.native)
                places.setdefault(name, column_name(table.full_name, column.name))
    yield from (f"the type {name} ({place})" for name, place in _missing(TYPES, places, source, target))


def _missing(sql: str, places: Mapping[str, str], source: Database, target: Database) -> Iterator[tuple[str, str]]:
    """Names, with their places, that a query gives of the source's server and not of the target's."""
    if not places:
        return
    here, there = ({str(name) for (name,) in end.query(sql, (list(places),))} for end in (source, target))
    yield from ((name, place) for name, place in places.items() if name in here - there)


def _xml(source: Database, target: Database, catalog: Catalog) -> Iterator[str]:
    """Columns that hold xml, where the server takes none."""
    columns = [(table, column) for table in catalog.tables for column in table.columns if _is_xml(column)]
    if not columns or _takes_xml(target):
        return
    for table, column in columns:
        place = quote_name(table.schema_name, table.name)
        if source.query(HELD.format(table=place, column=quote_identifier(column.name)))[0][0]:
            yield f"libxml, for the values of {column_name(table.full_name, column.name)}"


def _is_xml(column: Column) -> bool:
    return Kind.XML in (column.type.kind, column.type.element and column.type.element.kind)


def _takes_xml(target: Database) -> bool:
    try:
        target.query(XML)
    except EngineError as error:
        if error.data.get("sqlstate") != NOT_SUPPORTED:
            raise
        return False
    return True
