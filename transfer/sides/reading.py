"""Sides that read rows first and render them afterwards, so that rows found by key are rendered in another way."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Collection, Iterator

from transfer.canonical.columns import ComparedTable
from transfer.canonical.encoding import Hashing, Texts
from transfer.canonical.rendered import Rendered
from transfer.sides.local import Batch, LocalSide, Rows, hashed, in_span, with_all_digits
from transfer.sides.side import Span


class ReadingSide(LocalSide):
    """A side that says how rows are read and what renders them."""

    @abstractmethod
    def read(self, table: ComparedTable, span: Span) -> Iterator[Rows]:
        """The span's rows, its buckets aside, in batches of bounded size."""

    @abstractmethod
    def rendering(self, table: ComparedTable) -> Callable[[Rows], list[Rendered]]:
        """What renders the compared columns of rows that were read."""

    def batches(self, table: ComparedTable, span: Span) -> Iterator[Batch]:
        """The span's rows, its buckets aside, rendered."""
        render = self.rendering(table)
        for rows in self.read(table, span):
            yield Batch(render(rows), len(rows))

    def by_key(self, table: ComparedTable, keys: Collection[bytes]) -> Iterator[Rows] | None:
        """The rows that have one of these keys, by an index; None where nothing finds them but reading all."""
        return None

    def rows(
        self, table: ComparedTable, span: Span, keys: Collection[bytes], hashing: Hashing
    ) -> Iterator[tuple[bytes, Texts]]:
        """By an index where there is one and the span is the whole table, else by reading the span.

        Columns outside the key come with all their digits, so that a tolerance can be judged.
        """
        wanted = keys if isinstance(keys, set | frozenset | dict) else set(keys)
        found = self.by_key(table, wanted) if table.key and not span.ranged else None
        render, whole = self.rendering(table), self.rendering(with_all_digits(table))
        for rows in self._watched(self.read(table, span) if found is None else found):
            batch = Batch(render(rows), len(rows))
            hashes = None if table.key and span.buckets is None else hashed(batch.encoded(), hashing)
            names = batch.keys(table) if table.key or hashes is None else hashes
            places = [n for n, name in enumerate(names) if name in wanted]
            if hashes is not None:
                places = [n for n in places if in_span(hashes[n], span)]
            if places:
                texts = [column.texts for column in whole([rows[n] for n in places])]
                for place, n in enumerate(places):
                    yield names[n], [column[place] for column in texts]
