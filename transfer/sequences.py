"""Numbers that an engine gives by itself: what the source would give next, whatever its engine is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from conversion.mapping import TableMapping
from engines.families import family
from engines.full_names import column_name, column_parts, name_of, parts
from engines.mysql.after_load import next_number, next_of_sequence
from engines.postgresql.quoting import quote_literal, quote_name
from engines.protocols import Database
from engines.sqlite.quoting import quote_identifier as quote_sqlite
from transfer.moveplan import SequenceSetting

if TYPE_CHECKING:
    from engines.catalog import Catalog, Table

AT_ONCE = 100  # sequences read or set by one statement
# target families that number a column by itself where PostgreSQL has a sequence of the column's own
COUNTERS = frozenset({"mysql", "sqlite"})
POSTGRESQL = """
SELECT {number}, s.last_value, s.is_called, p.seqincrement
  FROM {name} AS s, pg_catalog.pg_sequence AS p WHERE p.seqrelid = {text}::pg_catalog.regclass
"""
# MySQL 8 keeps a copy of this number for a day (information_schema_stats_expiry); MariaDB has no such setting.
FRESH = "SET SESSION information_schema_stats_expiry = 0"


def sequence_settings(
    catalog: Catalog,
    tables: Sequence[TableMapping],
    renames: Mapping[str, str],
    target_engine: str,
    target: Catalog | None = None,
) -> list[SequenceSetting]:
    """Identity columns and sequences of the target with where their next value comes from.

    catalog: of the source; renames: full names of sequences that are called otherwise in the target; target: what it
    is to have, where that is known: PostgreSQL's sequences become columns that MySQL numbers, or stay sequences.
    """
    mapped = {table.source: table for table in tables}
    if target is not None and catalog.engine == "postgresql" and family(target_engine) == "mysql":
        return [*_columns_of(catalog, mapped, target), *_sequences_of(catalog, renames, target)]
    found = [setting for table in catalog.tables for setting in _identities(table, mapped.get(table.full_name))]
    counted = {setting.source for setting in found}
    for sequence in catalog.sequences:
        if sequence.identity or sequence.full_name in counted:
            continue
        owner, column = column_parts(sequence.owned_by or "")
        if family(target_engine) not in COUNTERS:
            name = _named(renames.get(sequence.full_name, sequence.full_name), target)
            found.append(SequenceSetting(target_sequence=name, source=sequence.full_name))
        elif owner in mapped:
            found.append(_setting(mapped[owner], column, sequence.full_name))
        elif target_engine == "mariadb":
            name = renames.get(sequence.full_name, sequence.full_name)
            found.append(SequenceSetting(target_sequence=name, source=sequence.full_name))
    return found


def _columns_of(catalog: Catalog, mapped: Mapping[str, TableMapping], target: Catalog) -> Iterator[SequenceSetting]:
    """The columns that the target numbers, each by what numbers it in the source."""
    from conversion.to_mysql.defaults import sequence_of  # a whole translator, which only planning needs

    made = {table.full_name: table for table in target.tables}
    owners = {sequence.owned_by: sequence.full_name for sequence in catalog.sequences if sequence.owned_by}
    for table in catalog.tables:
        mapping = mapped.get(table.full_name)
        if mapping is None or mapping.target not in made:
            continue
        numbered = {column.name for column in made[mapping.target].columns if column.identity is not None}
        for column in table.columns:
            own = column.identity.sequence if column.identity else None
            own = own or owners.get(column_name(table.full_name, column.name))
            own = own or sequence_of(column.default, table.schema_name)
            if own and _setting(mapping, column.name, own).target_column in numbered:
                yield _setting(mapping, column.name, own)


def _sequences_of(catalog: Catalog, renames: Mapping[str, str], target: Catalog) -> Iterator[SequenceSetting]:
    made = {sequence.name for sequence in target.sequences if not sequence.identity}
    for sequence in catalog.sequences:
        name = renames.get(sequence.full_name, sequence.full_name)
        if name_of(name) in made:
            yield SequenceSetting(target_sequence=name, source=sequence.full_name)


def _named(name: str, target: Catalog | None) -> str:
    """The full name of a sequence in the target, whose schema may be another: a database of MySQL is none there."""
    there = [sequence.full_name for sequence in target.sequences] if target is not None else []
    alike = [full for full in there if name_of(full) == name_of(name)]
    return alike[0] if name not in there and len(alike) == 1 else name


def _identities(table: Table, mapping: TableMapping | None) -> Iterator[SequenceSetting]:
    for column in table.columns if mapping is not None else []:
        if column.identity is not None and mapping is not None:
            yield _setting(mapping, column.name, column.identity.sequence or column_name(table.full_name, column.name))


def _setting(mapping: TableMapping, column: str, source: str) -> SequenceSetting:
    name = next((c.target for c in mapping.columns if c.source == column), column)
    return SequenceSetting(target_table=mapping.target, target_column=name, source=source)


def next_values(engine: str, source: Database, settings: Sequence[SequenceSetting]) -> list[int | None]:
    """What each sequence or key column of the source would give next; None for one that never gave any."""
    return READERS[family(engine)](source, settings)


def _of_postgresql(source: Database, settings: Sequence[SequenceSetting]) -> list[int | None]:
    """pg_sequences has no last_value after setval(..., false), so the sequences themselves are read."""
    found: dict[int, int] = {}
    for start in range(0, len(settings), AT_ONCE):
        queries = []
        for number, setting in enumerate(settings[start : start + AT_ONCE], start):
            name = quote_name(*parts(setting.source))
            queries.append(POSTGRESQL.format(number=number, name=name, text=quote_literal(name)))
        for number, last, called, increment in source.query(" UNION ALL ".join(queries)):
            found[int(number)] = int(last) + (int(increment) if called else 0)
    return [found.get(number) for number in range(len(settings))]


def _of_mysql(source: Database, settings: Sequence[SequenceSetting]) -> list[int | None]:
    if source.engine == "mysql" and settings:
        source.query(FRESH)  # not tested live
    found: list[int | None] = []
    for setting in settings:
        if setting.target_sequence is not None:  # a sequence of MariaDB
            found.append(next_of_sequence(source.query, *parts(setting.source)))
        else:
            table, column = column_parts(setting.source)
            found.append(next_number(source.query, *parts(table), column))
    return found


def _of_sqlite(source: Database, settings: Sequence[SequenceSetting]) -> list[int | None]:
    """AUTOINCREMENT's own counter, or the largest number in the column, whichever is larger."""
    counted: dict[Any, Any] = {}
    if source.query("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_sequence'"):
        counted = dict(source.query("SELECT name, seq FROM sqlite_sequence"))
    found: list[int | None] = []
    for setting in settings:
        table, column = column_parts(setting.source)
        name = name_of(table)
        highest = source.query(f"SELECT max({quote_sqlite(column)}) FROM {quote_sqlite(name)}")[0][0]
        known = [int(value) for value in (highest, counted.get(name)) if isinstance(value, int)]
        found.append(max(known) + 1 if known else None)
    return found


def _of_mongodb(source: Database, settings: Sequence[SequenceSetting]) -> list[int | None]:
    """Documents are numbered by nobody."""
    return [None] * len(settings)


READERS: dict[str, Callable[[Database, Sequence[SequenceSetting]], list[int | None]]] = {
    "postgresql": _of_postgresql,
    "mysql": _of_mysql,
    "sqlite": _of_sqlite,
    "mongodb": _of_mongodb,
}
