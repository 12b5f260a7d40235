"""What is kept of an original that is too long to be written down."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

import pytest

from engines.columns import Kind, LogicalType
from transfer.canonical.columns import ComparedColumn, Form, Held
from transfer.compare.originals import is_original, is_original_row, stored_instead, undigested
from transfer.quarantined import shortened

LONG = "é" * 5_000
MEASURED = {"class": "text", "bytes": 10_000, "sha256": sha256(LONG.encode()).hexdigest()}
DIGEST = {word: MEASURED[word] for word in ("bytes", "sha256")}
SMALL = {"class": "text", "text": "a"}


@pytest.mark.parametrize(
    ("original", "kept"),
    [
        (SMALL, SMALL),
        ({"class": "text", "text": LONG}, MEASURED),
        ({"class": "text", "text": LONG, "stored": "?"}, MEASURED | {"instead": {"text": "?"}}),
        ({"class": "text", "text": LONG, "stored": None}, MEASURED | {"instead": {"text": None}}),
        ({"class": "text", "text": LONG, "stored": LONG}, MEASURED | {"instead": DIGEST}),
        ({"class": "blob", "hex": LONG.encode().hex()}, MEASURED | {"class": "blob"}),
        ({"class": SMALL, "v": {"class": "text", "text": LONG}}, {"class": SMALL, "v": MEASURED}),
    ],
    ids=["short", "text", "converted", "to NULL", "to a long one", "blob", "row with a column called class"],
)
def test_of_the_longest_values_size_and_digest_are_kept(original: dict[str, Any], kept: dict[str, Any]) -> None:
    assert json.loads(shortened(json.dumps(original), 1_000)) == kept


def test_the_comparison_knows_a_value_by_them() -> None:
    one = shortened(json.dumps({"class": "text", "text": LONG}), 1_000)
    assert is_original(one, "text", LONG.encode(), classes=False)
    assert not is_original(one, "text", LONG.encode() + b"x", classes=False)
    row = shortened(json.dumps({"k": SMALL, "v": {"class": "text", "text": LONG}}), 1_000)
    assert is_original_row(row, {"k": ("text", b"a"), "v": ("text", LONG.encode())}, classes=False)


def test_the_comparison_knows_what_was_stored_instead_by_a_digest_too() -> None:
    held = Held(name="c", native="text", type=LogicalType(kind=Kind.TEXT))
    column = ComparedColumn(name="c", form=Form.TEXT, source=held, target=held)
    stored = "?" * 5_000
    entry = shortened(json.dumps({"class": "text", "text": LONG, "stored": stored}), 1_000)
    assert stored not in entry
    given = [stored_instead(entry, column, LONG.encode())]
    assert undigested(given, [stored.encode()]) == [stored.encode()]
    assert undigested(given, [stored.encode() + b"?"]) == given != [stored.encode() + b"?"]
    assert undigested(given, [None]) == given
