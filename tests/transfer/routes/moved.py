"""A small database moved in this process: converted, its tables made, every unit copied by its route."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from conversion.convert import convert
from conversion.result import Conversion, Overrides
from engines.grant import Grant
from engines.registry import open_database, open_writer
from transfer.chunks import Chunk
from transfer.endpoints import Endpoints
from transfer.make_plan import make_plan
from transfer.moveplan import MovePlan
from transfer.quarantined import Quarantined
from transfer.routes.route import Pace, open_route
from transfer.units import units


@dataclass(frozen=True)
class Moved:
    """What the conversion decided, the plan, and per source table what was copied."""

    conversion: Conversion
    plan: MovePlan
    rows: dict[str, int]
    quarantined: dict[str, list[Quarantined]]


def moved(
    source: str,
    target: str,
    types: dict[str, str] | None = None,
    chunks: Any = None,
    made: bool = True,
    stages: Sequence[str] = ("pre_data",),
    looked: bool = True,
    pace: Pace = lambda size: None,
    stands_in: bool = False,
    **settings: Any,
) -> Moved:
    """Move everything, whole tables unless chunks (unit name -> list of Chunk) says otherwise.

    made: the tables have to be made; stages: of statements that are run; looked: the values decide the types too.
    pace: see transfer/routes/route.py; stands_in: see engines/grant.py.
    """
    with closing(open_database(source)) as there, closing(open_database(target)) as empty:
        catalog, wanted = there.catalog(), empty.catalog()
        schema = "public" if empty.engine in ("postgresql", "sqlite") else wanted.database
        profiles = {table.full_name: there.profile(table) for table in catalog.tables} if looked else {}
        result = convert(catalog, profiles, empty.engine, empty.version, Overrides(types=types or {}), schema)
        identity = empty.identity
    plan = make_plan("m", catalog, empty.engine, result.statements, tables=result.tables, **settings)
    ends = Endpoints(source, target, Grant("m", identity, "", scratch=True, stands_in=stands_in))
    rows: dict[str, int] = {}
    aside: dict[str, list[Quarantined]] = {}
    with closing(ends.snapshot()) as snapshot, closing(open_writer(target, ends.grant)) as writer:
        _run(plan, writer, "pre_data" if made and "pre_data" in stages else "")
        for unit in units(plan):
            route = open_route(plan, unit, snapshot, writer)
            for chunk in (chunks or {}).get(unit.name, [Chunk(unit.name, 0, None, None)]):
                with writer.begin() as connection:
                    copied = route.copy(chunk, connection, pace)
                rows[unit.name] = rows.get(unit.name, 0) + copied.rows
                aside.setdefault(unit.name, []).extend(copied.quarantined)
        _run(plan, writer, "post_data" if "post_data" in stages else "")
    return Moved(result, plan, rows, aside)


def _run(plan: MovePlan, writer: Any, stage: str) -> None:
    for statement in plan.statements:
        if statement.stage == stage:
            with writer.begin() as connection:
                writer.run(connection, statement.sql)
