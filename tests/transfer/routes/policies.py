"""What becomes of single values under each policy: a table per case, each copied and rolled back again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass
from typing import Any, get_args

from conversion.convert import convert
from conversion.result import Overrides
from engines.errors import Aborted
from engines.families import family
from engines.full_names import name_of
from engines.grant import Grant
from engines.registry import open_database, open_writer
from transfer.chunks import Chunk
from transfer.endpoints import Endpoints
from transfer.make_plan import make_plan
from transfer.moveplan import MovePlan, Unholdable
from transfer.quarantined import Quarantined
from transfer.routes.route import open_route
from transfer.units import units

SHOWN = {"postgresql": "v::text", "mysql": "CAST(v AS CHAR)", "sqlite": "v"}


@dataclass(frozen=True)
class Case:
    """A value of kind in a column; target: the type that is asked for; stored: what `convert` stores, if anything.

    null: a column that takes NULL; else the row is withheld. later: what the column of the source becomes once all is
    planned, there: what that of the target becomes once it was made. kept: what is stored instead loses nothing, so
    that `quarantine` stores it too.
    """

    kind: str
    column: str
    value: Any
    target: str | None = None
    stored: str | None = None
    good: Any = None
    null: bool = True
    later: str = ""
    there: str = ""
    kept: bool = False

    def expected(self, policy: str) -> tuple[str, Any]:
        """What is noted, and what the target holds."""
        if (policy == "convert" or self.kept) and self.stored is not None:
            return "converted", self.stored
        return ("null", None) if self.null else ("row_withheld", "no row")


class _Back(Exception):
    """Rolls the transaction back."""


def tried(
    source: str,
    target: str,
    types: dict[str, str],
    change: Callable[[], None] = lambda: None,
    made: Callable[[], None] = lambda: None,
    wanted: Iterable[str] = ("convert", "quarantine", "stop"),
) -> dict[tuple[str, str], tuple[str, Any]]:
    """(table, policy) -> what was noted of the row with id 0, and what the target held there then.

    Of `stop` the code and the words of the error. change: what is done to the source when all is planned; made: what
    is done to the target when its tables are there.
    """
    plan, ends = _planned(source, target, types)
    change()
    found: dict[tuple[str, str], tuple[str, Any]] = {}
    with closing(ends.snapshot()) as snapshot, closing(open_writer(target, ends.grant)) as writer:
        for statement in plan.statements:
            if statement.stage == "pre_data":
                with writer.begin() as connection:
                    writer.run(connection, statement.sql)
        made()
        for policy in wanted:
            chosen = plan.model_copy(update={"policies": dict.fromkeys(get_args(Unholdable), policy)})
            for unit in units(chosen):
                name = name_of(unit.name)
                route = open_route(chosen, unit, snapshot, writer)
                try:
                    with writer.begin() as connection:
                        copied = route.copy(Chunk(unit.name, 0, None, None), connection, lambda size: None)
                        held = _held(writer, connection, name) if plan.tables else "no row"
                        found[name, policy] = _noted(copied.quarantined), held
                        raise _Back
                except _Back:
                    pass
                except Aborted as error:
                    snapshot.recover()
                    found[name, policy] = error.code, f"{error.what} {error.remedy}"
    return found


def _planned(source: str, target: str, types: dict[str, str]) -> tuple[MovePlan, Endpoints]:
    with closing(open_database(source)) as there, closing(open_database(target)) as empty:
        catalog, wanted = there.catalog(), empty.catalog()
        schema = {"postgresql": "public", "sqlite": "main"}.get(empty.engine, wanted.database)
        known = family(there.engine) == "sqlite"
        profiles = {table.full_name: there.profile(table) for table in catalog.tables} if known else {}
        overrides = Overrides(types={f"{_home(catalog)}.{name}": native for name, native in types.items()})
        result = convert(catalog, profiles, empty.engine, empty.version, overrides, schema)
        identity = empty.identity
    plan = make_plan(
        "m", catalog, empty.engine, result.statements, [] if result.documents else result.tables,
        documents=result.documents, collections=result.collections,
    )  # fmt: skip
    return plan, Endpoints(source, target, Grant("m", identity, "", scratch=True))


def _noted(entries: list[Quarantined]) -> str:
    """The action of the one entry there should be; each has a key, a reason and an original."""
    assert all("0" in entry.key and entry.reason and json.loads(entry.original) for entry in entries)
    return ", ".join(entry.action for entry in entries) or "nothing"


def _home(catalog: Any) -> str:
    homes = {"postgresql": "public", "sqlite": "main"}
    return homes.get(family(catalog.engine)) or str(catalog.database)


def _held(writer: Any, connection: Any, name: str) -> Any:
    shown = SHOWN.get(family(writer.engine))
    if shown is None:
        return "no row"
    quoted = f"public.{name}" if writer.engine == "postgresql" else name
    rows = connection.exec_driver_sql(f"SELECT {shown} FROM {quoted} WHERE id = 0").fetchall()
    return rows[0][0] if rows else "no row"
