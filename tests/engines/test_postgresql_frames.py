"""Messages of a COPY cut anywhere: the rows' bytes, the count and the server's error come out whole."""

from __future__ import annotations

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.postgresql.frames import BLOCK, Frames


def message(kind: bytes, body: bytes) -> bytes:
    return kind + (len(body) + 4).to_bytes(4, "big") + body


END = message(b"c", b"") + message(b"C", b"COPY 12\0") + message(b"Z", b"T")
# single rows, and runs of some hundred as long as each other
RUNS = st.tuples(st.binary(max_size=8), st.integers(0, 400))
ROWS = st.lists(
    st.binary(max_size=30).map(lambda row: [row])
    | RUNS.map(lambda run: [number.to_bytes(2, "big") + run[0] for number in range(run[1])]),
    max_size=20,
).map(lambda lots: [row for lot in lots for row in lot])


@given(ROWS, st.lists(st.integers(1, 50) | st.integers(1_000, 5_000), max_size=60), st.booleans())
def test_rows_come_out_whole_however_they_are_cut(rows: list[bytes], cuts: list[int], noisy: bool) -> None:
    notice = message(b"N", b"SNOTICE\0\0") if noisy else b""
    stream = message(b"H", b"\1\0\0") + b"".join(notice + message(b"d", row) for row in rows) + END
    frames, found = Frames(), b""
    for size in [*cuts, len(stream) + 1]:
        found += b"".join(frames.feed(stream[:size]))
        stream = stream[size:]

    assert (found, frames.ended, frames.rows, frames.error) == (b"".join(rows), True, 12, None)


@pytest.mark.parametrize("piece", [1000, 70_001, 1 << 20])
def test_a_long_row_is_given_while_it_comes(piece: int) -> None:
    row = bytes(range(256)) * 4096
    stream = message(b"d", b"ab") + message(b"d", row) + message(b"d", b"cd") + END
    frames, blocks = Frames(), []
    for start in range(0, len(stream), piece):
        blocks += list(frames.feed(stream[start : start + piece]))

    assert b"".join(blocks) == b"ab" + row + b"cd" and frames.ended
    assert max(map(len, blocks)) <= max(piece, BLOCK)


def test_the_servers_error_keeps_its_code_and_not_its_details() -> None:
    frames = Frames()
    body = b"SERROR\0C57014\0Mcanceling statement\0Dsecret value\0\0"
    assert list(frames.feed(message(b"d", b"x") + message(b"E", body) + message(b"Z", b"E"))) == [b"x"]
    assert isinstance(frames.error, psycopg.errors.QueryCanceled) and frames.ended
    assert str(frames.error) == "canceling statement"
