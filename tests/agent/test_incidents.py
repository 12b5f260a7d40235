"""Entries of the journal that a person hears of at once, and those that stay in the journal."""

from typing import Any

import pytest

from agent.incidents import told


@pytest.mark.parametrize(
    ("kind", "body", "sentences"),
    [
        ("step", {"id": "table:t"}, []),
        (
            "tried again",
            {"lane": "lane 2", "code": "WORKER_LOST", "what": "A copying process (lane 2) ended.", "try": 1},
            ["A copying process (lane 2) ended. It is tried again. [WORKER_LOST]"],
        ),
        ("lane not added", {"lane": "lane 3", "why": "no room"}, ["lane 3 not added: no room"]),
        ("lane not added", {"code": "X", "what": "No room."}, ["another lane not added: No room."]),
        ("resumed", {"seconds": 1.5}, []),
        (
            "resumed",
            {"kept": 2, "why": "nothing was written to the source"},
            ["going on: 2 chunks kept (nothing was written to the source)"],
        ),
        (
            "resumed",
            {"kept": 2, "proved": 2, "again": [["t", 1]], "whole": {"t": "no key"}},
            ["going on: 2 chunks kept, 1 to be copied again", "t is copied again whole: no key"],
        ),
        ("commits lost", {"pending": 3}, ["The target crashed and lost commits: 3 chunks are copied again."]),
    ],
)
def test_what_a_person_hears_at_once(kind: str, body: dict[str, Any], sentences: list[str]) -> None:
    assert told(kind, body) == sentences
