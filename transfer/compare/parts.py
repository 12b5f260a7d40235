"""Which parts of a table are equal after all: their digests differ only by what is set aside, tolerated or settled."""

from __future__ import annotations

from bisect import bisect_left
from decimal import Decimal, InvalidOperation

from transfer.canonical.columns import ComparedTable
from transfer.canonical.encoding import decode
from transfer.compare.findings import Findings
from transfer.compare.model import TableComparison

LOT = 10_000


def judge_parts(table: ComparedTable, result: TableComparison, findings: Findings) -> None:
    """Set `equal` of the parts that hold no finding; their two digests stay as they are.

    Which bucket a finding's rows fell into isn't known any more: there, parts are equal only if all of the table is.
    """
    unequal = [part for part in result.parts if not part.equal]
    if not unequal:
        return
    if not findings.keys(table.name):
        for part in unequal:
            part.equal = True
    elif table.range_column in table.key and all(part.bucket is None for part in result.parts):
        hit = _hit(table, [part.upper for part in result.parts], findings)
        for number, part in enumerate(result.parts):
            part.equal = number not in hit


def _hit(table: ComparedTable, uppers: list[int | None], findings: Findings) -> set[int]:
    """Numbers of the ranges that hold a finding."""
    place = table.key.index(table.range_column or "")
    ends = [upper for upper in uppers if upper is not None]
    found: set[int] = set()
    for lot in findings.lots(table.name, LOT):
        for finding in lot:
            found.add(_number(decode(table.key_columns, finding.key)[place], ends))
    return found


def _number(text: bytes | None, ends: list[int]) -> int:
    """Which range a value is in; what is no number (SQLite) sorts behind all numbers, NULL before them."""
    try:
        return 0 if text is None else bisect_left(ends, Decimal(text.decode()))
    except (InvalidOperation, UnicodeDecodeError):
        return len(ends)
