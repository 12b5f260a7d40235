"""Rows of one value each, taken from the socket's blocks without a tuple or a length per value between."""

from __future__ import annotations

from typing import Any

from engines.mysql.rowstream import HEADER, LARGEST, RowStream, values

SHORT, TWO, THREE = 0xFB, 0xFC, 0xFD  # first byte of a value: its length below the first, else that many bytes behind


def line(data: bytes, start: int, end: int) -> Any:
    """The only value of a row's packet."""
    return values(data, start, end)[0]


class LineStream(RowStream):
    """The only value of every row, as bytes; None for NULL."""

    row = staticmethod(line)

    def _parse(self, found: list[Any], rows: int, weight: int) -> bool:
        data, place = self._data, self._place
        last, most = len(data), min(place + weight, len(data) - HEADER)
        left = rows - len(found)
        take = found.append
        while place < most and left:
            start = place + HEADER
            end = start + (data[place] | data[place + 1] << 8 | data[place + 2] << 16)
            first = data[start]
            if end > last or end - start == LARGEST or (first >= SHORT and first != TWO and first != THREE):
                break
            take(data[start + 1 if first < SHORT else start + 3 if first == TWO else start + 4 : end])
            place = end
            left -= 1
        weight -= place - self._place
        self._place = place
        # what isn't a value of that size that lies there whole is left to the general way
        return super()._parse(found, rows, weight) if left and weight > 0 else False


def driver() -> tuple[str, str | None]:
    """What reads large tables, and how to get something faster: nothing is, no driver's values are looked at."""
    return "PyMySQL's connection, own reader of lines that the server joins", None
