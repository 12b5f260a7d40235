"""Deciding what of an earlier run can be kept: what is proved equal to the source's present moment.

A moment dies with its process. If nothing was written to the source since the finished ranges were copied, all of them
stand. If that can't be shown, they are compared with the new moment (transfer/apart/doubts.py); equal ones stand,
others are removed and copied again, after the steps that followed the rows were taken back (references would hinder
it, triggers would fire). So the target never mixes two moments.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from engines.errors import DbmoError
from engines.families import family
from engines.protocols import names_moment
from transfer.agenda import is_copied
from transfer.chunks import Chunk
from transfer.clear import clear_rows, clear_unit
from transfer.ddl import emptied_by_crashes
from transfer.endpoints import Alterable, AnySnapshot, Endpoints, Follows
from transfer.failpoints import failpoint
from transfer.moveplan import MovePlan
from transfer.quarantined import RECOGNIZED
from transfer.schema import undo_stage
from transfer.state import Chunks, State
from transfer.units import TableUnit, Unit, tables_of, units

if TYPE_CHECKING:
    from transfer.apart.doubts import Doubt, MakeIndex

Note = Callable[[str, dict[str, Any]], None]
INDEX = "dbmo_resume_{}_"  # begins the names of a migration's indexes that last as long as ranges are told apart
LEFT = """
SELECT pg_catalog.format('DROP INDEX IF EXISTS %%I.%%I', n.nspname, c.relname)
  FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('i', 'I') AND pg_catalog.starts_with(c.relname::text, %s)
"""


@dataclass
class Resumed:
    """What an earlier run had done and what became of it; all empty on a first run.

    planned: units that were cut; kept: ranges that stand; proved: of those, by comparison; again: copied again.
    """

    planned: set[str] = field(default_factory=set)
    kept: int = 0
    source_changed: bool = False
    proved: int = 0
    again: list[str] = field(default_factory=list)

    def then(self, later: Resumed) -> Resumed:
        """With what was found at a later moment of the same run."""
        return Resumed(
            self.planned | later.planned,
            later.kept,
            self.source_changed or later.source_changed,
            self.proved + later.proved,
            self.again + later.again,
        )


def settle(
    plan: MovePlan,
    endpoints: Endpoints,
    state: State,
    chunks: Chunks,
    snapshot: AnySnapshot,
    note: Note = lambda kind, body: None,
) -> Resumed:
    """Compare with the earlier run; afterwards only ranges that hold this snapshot's rows are marked done.

    Killed in the midst of it, the next run begins it anew: the noted position is set only behind it. Aborted
    ROWS_NOT_NOTED before anything else where the target holds rows that no note knows.
    """
    resumed = Resumed(planned=set(chunks.cuts()))
    if state.epoch > 1:
        resumed.again = copy_lost(plan, state, chunks, note)
    finished, begun = chunks.finished(), chunks.begun()
    if not finished and not begun:
        return resumed
    if unchanged(plan.source_engine, state.row()["position"] or "", snapshot):
        drop_indexes(state)
        resumed.kept = len(finished)
        note("resumed", {"kept": len(finished), "why": "nothing was written to the source"})
        return resumed
    with _indexes(state) as make_index:
        doubtful = _doubtful(plan, endpoints, state, chunks, snapshot, make_index)
        known = {unit.name: unit for unit in units(plan)}
        if isinstance(snapshot, Alterable):  # what was compared was there
            names = {one.table for one in finished}
            snapshot.check_unaltered([table for name in names for table in tables_of(known[name])])
        gone = {(part.table, part.number) for doubt in doubtful.values() for part in doubt.parts}
        resumed.proved = resumed.kept = sum((chunk.table, chunk.number) not in gone for chunk in finished)
        resumed.source_changed = bool(doubtful)
        if doubtful:
            undo_stage(plan, state, "post_data")
            failpoint("settle.undone")
        for name, doubt in doubtful.items():
            resumed.again += _copy_again(state, chunks, known[name], doubt)
    whole = {name: doubt.why for name, doubt in doubtful.items() if doubt.remove is None}
    note("resumed", {"kept": resumed.kept, "proved": resumed.proved, "again": resumed.again, "whole": whole})
    return resumed


def copy_lost(plan: MovePlan, state: State, chunks: Chunks, note: Note) -> list[str]:
    """Let units be cut and copied anew whose rows are gone from the target, although chunks say so; their names.

    None once keys and indexes stand behind them, where a plan has such steps and no table is one that crashes empty:
    what the target's users did since is theirs. Aborted ROWS_NOT_NOTED where there are rows that no chunk knows.
    """
    if not emptied_by_crashes(plan) and _is_built(plan, state, chunks):
        return []
    from transfer.unnoted import check_noted  # most first runs don't need it

    names = check_noted(plan, state, chunks)
    if names:
        note("rows gone", {"again": names})
        undo_stage(plan, state, "post_data")
    known = {unit.name: unit for unit in units(plan)}
    for name in names:
        with state.writer.begin() as transaction:
            clear_unit(state.writer, transaction, known[name])
            chunks.restart(transaction, name)
    return names


def _is_built(plan: MovePlan, state: State, chunks: Chunks) -> bool:
    after = {statement.id for statement in plan.statements if statement.stage == "post_data"}
    return bool(after) and after <= state.done_steps() and is_copied(plan, chunks)


def unchanged(engine: str, before: str, snapshot: AnySnapshot) -> bool:
    """Whether nothing was written to the source between an earlier position and the snapshot's moment.

    PostgreSQL: equal transaction snapshots without running transactions; MySQL: an equal position of the binary log;
    SQLite: the file's own change counter; MongoDB: what the snapshot itself can show. A position that names no moment
    proves nothing.
    """
    if not names_moment(before):
        return False
    if isinstance(snapshot, Follows):
        return snapshot.unchanged_since(before)
    if before != snapshot.position:
        return False
    return family(engine) != "postgresql" or _alone(before)


def _alone(position: str) -> bool:
    """Whether no transaction ran at a snapshot `xmin:xmax:xip` of PostgreSQL; a standby lists none that did."""
    first, after, running = position.rpartition(" ")[2].split(":")
    return first == after and not running


def _doubtful(
    plan: MovePlan,
    endpoints: Endpoints,
    state: State,
    chunks: Chunks,
    snapshot: AnySnapshot,
    make_index: MakeIndex,
) -> dict[str, Doubt]:
    """What isn't proved equal, by unit."""
    aside, known = chunks.quarantined(RECOGNIZED), {unit.name: unit for unit in units(plan)}
    own: dict[str, list[Chunk]] = {}
    for chunk in chunks.finished():
        own.setdefault(chunk.table, []).append(chunk)
    # the validator's code, which a first run doesn't need
    if "mongodb" in (family(plan.source_engine), family(plan.target_engine)):
        from transfer.apart.together import Together

        return Together(plan, endpoints, snapshot, state.writer).doubts(known, own, chunks.begun(), aside)
    from transfer.apart.doubts import Doubts
    from transfer.compare.inflight import open_ranges

    found: dict[str, Doubt] = {}
    with open_ranges(endpoints, snapshot.token, snapshot) as ranges:
        doubts = Doubts(ranges, state.writer.query, make_index)
        for name, parts in own.items():
            unit = known[name]
            assert isinstance(unit, TableUnit)
            doubt = doubts.of(unit, parts, [entry for table, entry in aside if table == name])
            if doubt is not None:
                found[name] = doubt
    return found


@contextmanager
def _indexes(state: State) -> Iterator[MakeIndex]:
    """Makes indexes on the target, and drops them at the end, those of a run that was killed too."""
    try:
        yield lambda order: _run(state, order.index(_prefix(state)))
    except BaseException:
        with suppress(DbmoError):  # the error that ends this says more; the next run drops them
            drop_indexes(state)
        raise
    drop_indexes(state)


def _prefix(state: State) -> str:
    return INDEX.format(sha256(state.migration.encode()).hexdigest()[:12])


def _run(state: State, statement: str) -> None:
    with state.writer.begin() as transaction:
        state.fence(transaction)
        state.writer.run(transaction, statement)


def _copy_again(state: State, chunks: Chunks, unit: Unit, doubt: Doubt) -> list[str]:
    """Remove the doubtful rows from the target and mark their ranges as not copied; what that is called."""
    with state.writer.begin() as transaction:
        if doubt.remove is None or not isinstance(unit, TableUnit):
            clear_unit(state.writer, transaction, unit)
            chunks.restart(transaction, unit.name)
        else:
            if "" in doubt.remove:
                clear_unit(state.writer, transaction, unit)
            else:
                for where in doubt.remove:
                    clear_rows(state.writer, transaction, unit.mapping, where)
            for chunk in doubt.parts:
                chunks.forget(transaction, chunk)
        failpoint("settle.before_commit")
    return [unit.name] if doubt.remove is None else [f"{chunk.table} chunk {chunk.number}" for chunk in doubt.parts]


def drop_indexes(state: State) -> None:
    """Drop the indexes by which ranges were told apart on a PostgreSQL target."""
    if family(state.writer.engine) == "postgresql":
        for (statement,) in state.writer.query(LEFT, (_prefix(state),)):
            _run(state, statement)
