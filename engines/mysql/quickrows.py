"""A RowStream that takes rows of a layout seen before by one call each; most rows of a table have one of few."""

from __future__ import annotations

from collections.abc import Sequence
from struct import Struct, error
from typing import Any

from engines.mysql.rowstream import HEADER, LARGEST, RowStream, values
from engines.mysql.session import Connection

SHORT = 0xFB  # below it, the byte is a value's length
ENDS = 0xFE
KNOWN = 4_096  # layouts that are kept


class QuickRowStream(RowStream):
    """The rows of a query.

    A row's packet is its size in three bytes, a number, then each value behind the byte of its length. A layout is the
    length of every value; whether a packet has it is told by reading it as such and comparing the lengths.
    """

    def __init__(self, connection: Connection, sql: str) -> None:
        self._layouts: dict[int, tuple[Struct, tuple[int, ...]]] = {}
        super().__init__(connection, sql)

    def _parse(self, found: list[Any], rows: int, weight: int) -> bool:
        data, place, known = self._data, self._place, self._layouts.get
        last, most = len(data), min(self._place + weight, len(data) - HEADER)
        left = rows - len(found)
        take = found.append
        while place < most and left:
            size = data[place] | data[place + 1] << 8 | data[place + 2] << 16
            layout = known(size)
            if layout is not None:
                try:
                    row = layout[0].unpack_from(data, place)
                except error:  # the packet goes on behind what was read
                    break
                if row[::2] == layout[1]:
                    take(row[1::2])
                    place += HEADER + size
                    left -= 1
                    continue
            end = place + HEADER + size
            if end > last or size == LARGEST or data[place + HEADER] >= ENDS:
                break
            take(self._learned(size, values(data, place + HEADER, end)))
            place = end
            left -= 1
        weight -= place - self._place
        self._place = place
        # what isn't a row that lies there whole is left to the general way
        return super()._parse(found, rows, weight) if left and weight > 0 else False

    def _learned(self, size: int, row: Sequence[bytes | None]) -> Sequence[bytes | None]:
        lengths = [SHORT if value is None else len(value) for value in row]
        if max(lengths, default=SHORT) < SHORT and (size in self._layouts or len(self._layouts) < KNOWN):
            layout = Struct("<4x" + "".join(f"B{length}s" for length in lengths))
            self._layouts[size] = layout, tuple(lengths)
        return row
