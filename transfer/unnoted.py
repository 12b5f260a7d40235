"""Rows of a target that its notes know nothing of: where somebody removed notes, the same rows would come twice."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from typing import Any, Protocol

from engines.errors import Aborted
from engines.families import family
from engines.full_names import name_of, parts
from engines.mysql.quoting import quote_identifier as quote_mysql
from engines.own_state import note
from engines.postgresql.quoting import quote_name as quote_postgresql
from engines.sqlite.quoting import quote_identifier as quote_sqlite
from transfer.agenda import gaps
from transfer.ddl import emptied_by_crashes
from transfer.moveplan import MovePlan
from transfer.state import Chunks, Cut, State
from transfer.state.protocol import Figures
from transfer.units import CollectionUnit, DocumentUnit, TableUnit, Unit, units

LOT = 50  # tables that one query looks into
QUICK = 1 << 30  # bytes of a unit whose rows are counted in any case; larger ones where no key would refuse twins
SHOWN = 5
# a partitioned table holds what its parts do; one that others inherit from has rows of its own
POSTGRESQL = """
SELECT w.number, c.relkind = 'p'
  FROM ROWS FROM (pg_catalog.unnest(%s::text[]), pg_catalog.unnest(%s::text[])) WITH ORDINALITY
       AS w(schema, name, number)
  JOIN pg_catalog.pg_namespace AS n ON n.nspname = w.schema
  JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relname = w.name AND c.relkind IN ('r', 'p')
"""
# A storage engine without transactions may hold a part of a range, which its route takes out by itself.
MYSQL = """
SELECT t.TABLE_NAME FROM information_schema.TABLES AS t JOIN information_schema.ENGINES AS e USING (ENGINE)
 WHERE t.TABLE_SCHEMA = DATABASE() AND e.TRANSACTIONS = 'YES'
"""
SQLITE = "SELECT name FROM sqlite_master WHERE type = 'table'"


class Places(Protocol):
    """Tables or collections of a target, of those that were asked for the ones that are there, whose names it has."""

    there: Collection[str]

    def filled(self, names: Sequence[str]) -> set[str]:
        """Those that hold a row."""
        ...

    def count(self, name: str) -> int:
        """Rows of one; 0 where it is not there."""
        ...


def check_noted(plan: MovePlan, state: State, chunks: Chunks) -> list[str]:
    """Aborted ROWS_NOT_NOTED where a unit's place in the target holds rows, or more rows, than its chunks say.

    Of units without a finished chunk any row is one too many. Of those that are finished in part the rows are counted
    where that is quick, a chunk is missing, or no key would refuse the same row later. Gives the names of units of
    whose rows none is there, although chunks say so, because somebody emptied their table; and of those whose table a
    crash of its server empties, where rows are missing.
    """
    figures, cuts = chunks.figures(), chunks.cuts()
    begun, holed = {chunk.table for chunk in chunks.begun()}, {chunk.table for chunk in gaps(chunks)}
    known = [unit for unit in units(plan) if unit.name not in begun]  # else documents may be there without their note
    noted = {unit.name: _rows(figures, unit) for unit in known}
    untouched = [unit for unit in known if not figures.get(unit.name, {}).get("done")]
    partial = [unit for unit in known if unit not in untouched and _is_counted(unit, figures, cuts, holed)]
    names = [name for unit in known for name in _targets(unit)]
    places = PLACES[family(state.writer.engine)](state.writer, names)
    filled, there = places.filled(names), set(places.there)
    volatile = set(emptied_by_crashes(plan))
    unsafe = [unit for unit in known if noted[unit.name] and volatile.intersection(_targets(unit))]
    held = {unit.name: sum(map(places.count, _targets(unit))) for unit in (*partial, *unsafe)}
    unknown = {unit.name: "rows, none is noted" for unit in untouched if filled.intersection(_targets(unit))}
    for unit in partial:
        if held[unit.name] > noted[unit.name]:
            unknown[unit.name] = f"{held[unit.name]:,} rows, {noted[unit.name]:,} are noted"
    if unknown:
        raise _refused(state, unknown)
    emptied = [unit for unit in known if noted[unit.name] and there.issuperset(_targets(unit))]
    gone = {unit.name for unit in emptied if not filled.intersection(_targets(unit))}
    gone |= {unit.name for unit in unsafe if held[unit.name] < noted[unit.name]}
    return [unit.name for unit in known if unit.name in gone]


def _rows(figures: Figures, unit: Unit) -> int:
    return int(figures.get(unit.name, {}).get("rows", 0))


def _is_counted(unit: Unit, figures: Figures, cuts: Mapping[str, Cut], holed: Set[str]) -> bool:
    """Whether a unit of which some is finished is not finished, and its rows are worth a count."""
    found = figures[unit.name]
    if unit.name in holed:
        return True
    open_ones = found["done"] < found["chunks"] or not cuts[unit.name].complete
    return open_ones and (unit.key.kind != "columns" or not _refuses_twins(unit) or found["bytes"] <= QUICK)


def _refuses_twins(unit: Unit) -> bool:
    """Whether the target will have a key, which refuses a row that came twice: at once, or when it is made."""
    return isinstance(unit, CollectionUnit) or bool(unit.mapping.key)


def _targets(unit: Unit) -> list[str]:
    """Full names of the tables, or the name of the collection, that a unit brings its rows to."""
    if isinstance(unit, TableUnit):
        return [unit.mapping.target]
    if isinstance(unit, CollectionUnit) and unit.mapping is not None:
        return [table.table for table in unit.mapping.tables]
    return [unit.target if isinstance(unit, CollectionUnit) else _collection(unit)]


def _collection(unit: DocumentUnit) -> str:
    return unit.mapping.collection


def _refused(state: State, unknown: Mapping[str, str]) -> Aborted:
    notes = note("chunk", state.writer.engine)
    shown = "; ".join(f"{name}: {why}" for name, why in list(unknown.items())[:SHOWN])
    more = f" and {len(unknown) - SHOWN} more" if len(unknown) > SHOWN else ""
    return Aborted(
        "ROWS_NOT_NOTED",
        f"{state.writer.display} holds rows that this migration has no notes of ({shown}{more}): notes in {notes} were"
        " removed or changed, or somebody else wrote there; no row was copied.",
        f"Empty what is named in the target and delete its notes (table_name in {notes}), then run the same command"
        " again: it is copied anew.",
        tables=sorted(unknown),
    )


class _Tables:
    """Of a SQL engine; there: what FROM is given, by full name."""

    def __init__(self, writer: Any, there: Mapping[str, str], partitioned: Set[str] = frozenset()) -> None:
        self.writer, self._from, self._partitioned = writer, there, partitioned
        self.there: Collection[str] = there.keys()

    def filled(self, names: Sequence[str]) -> set[str]:
        """See Places. Several are asked by one query."""
        found: set[str] = set()
        known = [name for name in names if name in self.there]
        apart = [[name] for name in known if name in self._partitioned]  # the lock of each part counts
        for lot in (*apart, *_lots([name for name in known if name not in self._partitioned])):
            asked = ", ".join(f"EXISTS (SELECT 1 FROM {self._from[name]})" for name in lot)
            (row,) = self.writer.query(f"SELECT {asked}")
            found.update(name for name, one in zip(lot, row, strict=True) if one)
        return found

    def count(self, name: str) -> int:
        """See Places."""
        if name not in self.there:
            return 0
        ((rows,),) = self.writer.query(f"SELECT count(*) FROM {self._from[name]}")
        return int(rows)


def _lots(names: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(names), LOT):
        yield names[start : start + LOT]


def _postgresql(writer: Any, names: Sequence[str]) -> Places:
    pairs = [parts(name) for name in names]
    rows = writer.query(POSTGRESQL, ([schema for schema, _ in pairs], [name for _, name in pairs]))
    partitioned = {names[number - 1] for number, has_parts in rows if has_parts}
    quoted = {names[number - 1]: quote_postgresql(*pairs[number - 1]) for number, _ in rows}
    there = {name: text if name in partitioned else f"ONLY {text}" for name, text in quoted.items()}
    return _Tables(writer, there, partitioned)


def _mysql(writer: Any, names: Sequence[str]) -> Places:
    return _Tables(writer, _named(names, (name for (name,) in writer.query(MYSQL)), quote_mysql))


def _sqlite(writer: Any, names: Sequence[str]) -> Places:
    return _Tables(writer, _named(names, (name for (name,) in writer.query(SQLITE)), quote_sqlite))


def _named(names: Iterable[str], there: Iterable[str], quoted: Any) -> dict[str, str]:
    known = set(there)
    return {name: quoted(name_of(name)) for name in names if name_of(name) in known}


def _documents(writer: Any, names: Sequence[str]) -> Places:
    from transfer.routes.remove_documents import Collections

    return Collections(writer, names)


PLACES = {"postgresql": _postgresql, "mysql": _mysql, "sqlite": _sqlite, "mongodb": _documents}
