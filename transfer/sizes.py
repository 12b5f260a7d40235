"""How large the units of a plan are, and how many lanes they are worth."""

from __future__ import annotations

from collections.abc import Iterable

from transfer.cutting import Size, cutter
from transfer.endpoints import AnySnapshot
from transfer.moveplan import MovePlan
from transfer.units import units

LANE_BYTES = 64_000_000  # below this much for each, another lane costs more than it gives
MANY = 1_000_000
# Lanes in threads share one interpreter, and cost no more than their connections: while one waits for its servers the
# other works. So many small units pay for another one; a third finds nothing left to do.
THREAD_UNITS = 32
MOST_THREADS = 2


def sizes_of(plan: MovePlan, snapshot: AnySnapshot) -> dict[str, Size]:
    """Estimates of every unit: the engine's statistics, else what the plan knows."""
    names = [unit.name for unit in units(plan)]
    found = cutter(plan.source_engine).sizes(snapshot, names)
    planned = {table.source: Size(table.rows, table.size_bytes) for table in plan.tables}
    sizes = {}
    for name in names:
        here, there = found.get(name, Size()), planned.get(name, Size())
        rows = here.rows if here.rows is not None else there.rows
        size = here.bytes if here.bytes is not None else there.bytes
        sizes[name] = Size(rows, size, here.row_bytes)
    return sizes


def expected(plan: MovePlan) -> int:
    """How many processes a plan is worth by what it knows itself."""
    if plan.documents or plan.collections:
        return MANY
    return processes(Size(table.rows, table.size_bytes) for table in plan.tables)


def processes(sizes: Iterable[Size]) -> int:
    """How many lanes in processes of their own units are worth by their bytes; any number where one's aren't known."""
    known = [size.bytes for size in sizes]
    return MANY if None in known else 1 + sum(size or 0 for size in known) // LANE_BYTES


def worth(sizes: Iterable[Size]) -> int:
    """How many lanes units are worth: in processes by their bytes, or in threads where those are few."""
    known = list(sizes)
    apart = processes(known)
    return apart if apart > 1 else min(MOST_THREADS, 1 + len(known) // THREAD_UNITS)
