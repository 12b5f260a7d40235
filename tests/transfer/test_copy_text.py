"""COPY text blocks: what is escaped, what is refused to the exact path."""

from typing import Any

import pytest

from transfer.routes import copy_text


@pytest.mark.parametrize(
    ("encoder", "values", "expected"),
    [
        (copy_text.text(), ["a", "b"], "a b"),
        (copy_text.text(), ["a", None], r"a \N"),
        (copy_text.text(), [None, None], r"\N \N"),
        (copy_text.text(), ["", "x"], " x"),
        (copy_text.text(), ["tab\there", "back\\slash"], r"tab\there back\\slash"),
        (copy_text.text(), ["line\nfeed\r", r"\N", None], r"line\nfeed\r \\N \N"),
        (copy_text.text(), ["nul\0here"], None),
        (copy_text.text(3), ["abc", None], r"abc \N"),
        (copy_text.text(3), ["abcd"], None),
        (copy_text.text(), [b"blob"], None),
        (copy_text.text(), [1], None),
        (copy_text.integers(), [1, -(2**63), None], r"1 -9223372036854775808 \N"),
        (copy_text.integers(), [1.0], None),
        (copy_text.integers(32), [2**31], None),
        (copy_text.integers(32), [2**31 - 1], "2147483647"),
        (copy_text.booleans, [0, 1, None], r"0 1 \N"),
        (copy_text.booleans, [2], None),
        (copy_text.doubles, [0.1, -0.0, 1e-300], "0.1 -0.0 1e-300"),
        (copy_text.doubles, [1], None),
        (copy_text.numbers, [1, 0.5], "1 0.5"),
        (copy_text.numbers, [float("inf")], None),
        (copy_text.binary, [b"\x00\xff", b"", None], r"\\x00ff \\x \N"),
        (copy_text.binary, ["text"], None),
        (copy_text.never, [1], None),
    ],
)
def test_a_column_is_written_or_left_to_the_exact_path(
    encoder: copy_text.Encoder, values: list[Any], expected: Any
) -> None:
    found = copy_text.block([values], [encoder], [True])
    assert found == (None if expected is None else expected.replace(" ", "\n").encode() + b"\n")


def test_a_block_is_rows_of_tabs_and_newlines() -> None:
    columns: list[list[Any]] = [[1, 2], ["x", None], [b"\\", b""]]
    encoders = [copy_text.integers(), copy_text.text(), copy_text.binary]
    assert copy_text.block(columns, encoders, [True] * 3) == b"1\tx\t\\\\x5c\n2\t\\N\t\\\\x\n"


def test_text_that_looks_like_a_mark_is_escaped_beside_real_marks() -> None:
    columns: list[list[Any]] = [[None, r"\N", "a\\"], [b"x", None, None]]
    found = copy_text.block(columns, [copy_text.text(), copy_text.binary], [True, True])
    assert found == b"\\N\t\\\\x78\n\\\\N\t\\N\na\\\\\t\\N\n"


def test_one_unexpected_value_gives_no_block() -> None:
    assert copy_text.block([[1, "x"]], [copy_text.integers()], [True]) is None


def test_null_in_a_column_that_must_have_a_value_gives_no_block() -> None:
    assert copy_text.block([[1, None]], [copy_text.integers()], [False]) is None
