"""COPY text: what is escaped."""

import pytest

from engines.postgresql.copying import copy_text_escaped

TEXTS = [
    ("", ""),
    ("plain é😀", "plain é😀"),
    ("tab\there", r"tab\there"),
    ("back\\slash", r"back\\slash"),
    ("line\nfeed\r", r"line\nfeed\r"),
    (r"\N", r"\\N"),
    (r"\t", r"\\t"),
]


@pytest.mark.parametrize(("text", "expected"), TEXTS)
def test_what_copy_reads_otherwise_is_escaped(text: str, expected: str) -> None:
    assert copy_text_escaped(text.encode()) == expected.encode()
