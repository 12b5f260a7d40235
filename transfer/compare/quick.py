"""Parts of a table proved equal by something cheaper than the hashes of their rows; what isn't proved is hashed."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future

from engines.errors import DbmoError
from transfer.canonical.columns import ComparedTable, Role
from transfer.canonical.encoding import Digest, Hashing
from transfer.compare.both import FATAL, Both
from transfer.compare.digests import AHEAD, Outcome, compared_parts
from transfer.sides.blocks import Block
from transfer.sides.side import Side, Span

# So many parts in a row that the cheap way could not prove: then it isn't tried any more.
IN_VAIN = 8


Proof = Block | Digest  # equal ones of both sides prove that the rows are equal
NOTHING = Block(0, None)
ROLES: tuple[Role, ...] = ("source", "target")
Way = Callable[[Side, ComparedTable, Span], Proof]


class Quick:
    """outcomes() for a Route: way is run on both sides, and hashing where it proves nothing."""

    def __init__(self, way: Way, hashing: Hashing) -> None:
        self._way = way
        self._hashing = hashing

    def __call__(self, both: Both, table: ComparedTable, parts: Sequence[Span]) -> Iterator[Outcome]:
        """An outcome per part, in their order."""
        running: deque[tuple[Span, list[Future[Proof]]]] = deque()
        waiting = deque(parts)
        in_vain = 0
        while in_vain < IN_VAIN and (waiting or running):
            while waiting and len(running) <= AHEAD:
                both.check()
                span = waiting.popleft()
                running.append((span, [both.start(role, self._tried(table, span)) for role in ROLES]))
            span, futures = running.popleft()
            here, there = both.done(*futures)
            if proves(here, there):
                in_vain = 0
                yield Outcome(span, True, here.rows, there.rows)
            else:
                in_vain += 1
                yield from compared_parts(both, table, [span], self._hashing)
        for _, futures in running:
            both.done(*futures)
        left = [span for span, _ in running] + list(waiting)
        yield from compared_parts(both, table, left, self._hashing)

    def _tried(self, table: ComparedTable, span: Span) -> Callable[[Side], Proof]:
        def tried(side: Side) -> Proof:
            try:
                return self._way(side, table, span)
            except DbmoError as error:
                if error.code in FATAL:
                    raise
                return NOTHING  # too large a part, say; if it is the table, the hashes meet the same error

        return tried


def proves(here: Proof, there: Proof) -> bool:
    """Whether both say the same, and that says that the rows are."""
    if isinstance(here, Block) and isinstance(there, Block):
        return here.proves(there)
    return isinstance(here, Digest) and here == there
