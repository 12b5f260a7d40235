"""COPY text blocks: what is escaped, what is refused to the exact path."""

import pytest

from transfer.routes import copy_text


@pytest.mark.parametrize(
    ("finish", "values", "expected"),
    [
        (copy_text.text(), ["a", "b"], ["a", "b"]),
        (copy_text.text(), ["a", None], ["a", r"\N"]),
        (copy_text.text(), [None, None], [r"\N", r"\N"]),
        (copy_text.text(), [""], [""]),
        (copy_text.text(), ["tab\there", "back\\slash"], [r"tab\there", r"back\\slash"]),
        (copy_text.text(), ["line\nfeed\r", r"\N"], [r"line\nfeed\r", r"\\N"]),
        (copy_text.text(), ["nul\0here"], None),
        (copy_text.text(3), ["abc"], ["abc"]),
        (copy_text.text(3), ["abcd"], None),
        (copy_text.text(), [b"blob"], None),
        (copy_text.text(), [1], None),
        (copy_text.integers(), [1, -(2**63), None], ["1", "-9223372036854775808", r"\N"]),
        (copy_text.integers(), [1.0], None),
        (copy_text.integers(32), [2**31], None),
        (copy_text.integers(32), [2**31 - 1], ["2147483647"]),
        (copy_text.booleans, [0, 1, None], ["0", "1", r"\N"]),
        (copy_text.booleans, [2], None),
        (copy_text.doubles, [0.1, -0.0, 1e-300], ["0.1", "-0.0", "1e-300"]),
        (copy_text.doubles, [1], None),
        (copy_text.numbers, [1, 0.5], ["1", "0.5"]),
        (copy_text.numbers, [float("inf")], None),
        (copy_text.binary, [b"\x00\xff", b""], [r"\\x00ff", r"\\x"]),
        (copy_text.binary, ["text"], None),
    ],
)
def test_a_column_is_encoded_or_left_to_the_exact_path(finish, values, expected):
    found = finish(values)
    assert (list(found) if found is not None else None) == expected


def test_a_block_is_rows_of_tabs_and_newlines():
    columns = [[1, 2], ["x", None]]
    assert copy_text.block(columns, [copy_text.integers(), copy_text.text()]) == b"1\tx\n2\t\\N\n"


def test_one_unexpected_value_gives_no_block():
    assert copy_text.block([[1, "x"]], [copy_text.integers()]) is None
