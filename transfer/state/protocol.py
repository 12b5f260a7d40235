"""What the target knows of a migration: its epoch, steps, chunks and quarantined values, whatever its engine is.

The truth about progress stands here, in the same transaction as the rows. `transaction` is what the writer's begin()
yields: rows, status and fence go through it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from transfer.chunks import Bound, Chunk, ChunkResult, Range
from transfer.quarantined import Quarantined


@dataclass(frozen=True)
class Cut:
    """How far a unit is cut into chunks: the next number, and where the next chunk begins; complete: at the end."""

    number: int
    after: Bound | None
    complete: bool


class State(Protocol):
    """The state of one migration on one target; cancelled: asked while it waits for a server that is away."""

    writer: Any
    migration: str
    epoch: int
    cancelled: Callable[[], bool]

    def start(self, plan_hash: str, approval: dict[str, Any], journal_head: str) -> None:
        """Create what is needed and take the next epoch, so that no older process can write any more.

        Taken under a mark of its own, so that it is known again where the answer to its COMMIT is lost. PLAN_CHANGED
        when the target holds this migration under another plan.
        """
        ...

    def renew(self) -> None:
        """Take the next epoch for the same run, so that its own lanes of an earlier moment can't commit any more."""
        ...

    def join(self, epoch: int, lane: str = "") -> None:
        """Work under an epoch that another process took, as its lane of that name; what that had open is ended."""
        ...

    def abandon(self, lane: str) -> None:
        """End what a lane that is gone has open in the target, where its server doesn't do so by itself."""
        ...

    def fence(self, transaction: Any) -> None:
        """Hold the epoch until the transaction ends; EPOCH_PASSED when a newer run has taken over."""
        ...

    def update(self, **values: object) -> None:
        """Set fields of the migration (status, position, journal_head, finished_at), durably."""
        ...

    def row(self) -> dict[str, Any]:
        """The migration: id, plan_hash, epoch, status, approval, position, journal_head, started_at, finished_at."""
        ...

    def done_steps(self) -> set[str]:
        """Ids of the steps that are done."""
        ...

    def finish_step(self, transaction: Any, step: str, seconds: float) -> None:
        """Record a step in the transaction that did it."""
        ...

    def finish_steps(self, transaction: Any, steps: Sequence[tuple[str, float]]) -> None:
        """Record several steps, id and seconds each, in the transaction that did them."""
        ...

    def forget_steps(self, transaction: Any, steps: Sequence[str]) -> None:
        """Record that steps were taken back, in the transaction that does so."""
        ...

    def step_seconds(self) -> dict[str, float]:
        """How long each finished step took."""
        ...

    def drop(self) -> None:
        """Remove all of the state, with everything that was set aside: for rehearsals."""
        ...


class Chunks(Protocol):
    """The chunks of one migration; opened with open_chunks(state)."""

    state: State

    def cuts(self) -> dict[str, Cut]:
        """How far each unit is cut that has chunks already; a unit is complete once a chunk has no upper bound."""
        ...

    def add(self, chunks: Sequence[Chunk]) -> None:
        """Store chunks of any units, all or none, fenced."""
        ...

    def pending(self) -> list[Chunk]:
        """Chunks still to copy, in the order of the units' names and the numbers."""
        ...

    def finished(self) -> list[Chunk]:
        """Ranges whose rows are in the target."""
        ...

    def begun(self) -> list[Chunk]:
        """Ranges that are not finished, of which rows may be in the target all the same: no transaction held them."""
        ...

    def figures(self) -> dict[str, dict[str, Any]]:
        """Per unit: chunks, chunks done, of these rows, bytes, seconds and quarantined, most copies of one chunk."""
        ...

    def finish(self, transaction: Any, part: Range, result: ChunkResult, position: str) -> None:
        """Mark a range done in the transaction that holds its rows: its chunks become one. Fenced.

        RANGE_DONE where one of them is done or gone: somebody else committed it.
        """
        ...

    def done(self, part: Range) -> ChunkResult | None:
        """What committing this range noted, if it was committed: what a lost connection did not say."""
        ...

    def forget(self, transaction: Any, chunk: Chunk) -> None:
        """Mark a range as not copied and drop what was quarantined in it; its rows go in the same transaction."""
        ...

    def restart(self, transaction: Any, unit: str) -> None:
        """Forget every chunk of a unit and what was quarantined in it: it is cut and copied anew."""
        ...

    def set_aside(self, transaction: Any, chunk: Chunk, found: Sequence[Quarantined]) -> None:
        """Store quarantined values in the transaction that holds the range's rows."""
        ...

    def quarantined(self, most: int | None = None) -> list[tuple[str, Quarantined]]:
        """All that was set aside, with its unit; most: originals that are longer in short (quarantined.shortened).

        One long original is in memory at a time.
        """
        ...

    def quarantined_count(self) -> int:
        """Values and rows set aside so far, all units."""
        ...


Figures = Mapping[str, Mapping[str, Any]]
