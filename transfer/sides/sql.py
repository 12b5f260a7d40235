"""What sides share whose server hashes rows itself: encoded rows, conditions of spans, bounded batches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from transfer.canonical.columns import ComparedColumn, ComparedTable
from transfer.canonical.encoding import DELIMITED
from transfer.sides.local import BATCH_BYTES, BATCH_ROWS
from transfer.sides.side import Span

FIRST_ROWS = 32
COMMA, COLON = "','", "':'"


def range_column(table: ComparedTable) -> ComparedColumn | None:
    """The column that cuts the table into ranges."""
    return next((column for column in table.columns if column.name == table.range_column), None)


def span_condition(quoted: str, span: Span, nullable: bool) -> str:
    """SQL of the span's bounds over the range column; empty where it has none. NULL is below every number."""
    terms = [f"{quoted} > {span.lower}"] if span.lower is not None else []
    terms += [f"{quoted} <= {span.upper}"] if span.upper is not None else []
    if span.lower is None and span.upper is not None and nullable:
        return f"({terms[0]} OR {quoted} IS NULL)"
    return " AND ".join(terms)


def encoded_parts(
    columns: Iterable[ComparedColumn], texts: Iterable[str], join: Callable[[Sequence[str]], str], length: str
) -> list[str]:
    """Every column's part of the encoded row; join: SQL of joined texts; length: SQL of bytes of the text {x}."""
    parts = []
    for column, text in zip(columns, texts, strict=True):
        if column.form in DELIMITED:
            parts.append(f"coalesce({join([text, COMMA])}, 'n,')")
        else:
            parts.append(f"coalesce({join([length.replace('{x}', text), COLON, text])}, 'n')")
    return parts


def bounded(fetch: Callable[[int], Sequence[tuple[Any, ...]]]) -> Iterator[list[Sequence[Any]]]:
    """Rows in lists of about BATCH_BYTES at most; fetch gives up to so many more rows, an empty list at the end."""
    size = FIRST_ROWS
    while rows := fetch(size):
        yield list(rows)
        weight = sum(len(value) for row in rows for value in row if isinstance(value, bytes)) // len(rows) + 1
        size = max(1, min(BATCH_ROWS, size * 8, BATCH_BYTES // weight))
