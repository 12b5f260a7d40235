"""Translations as a model sees them."""

from __future__ import annotations

from typing import Any

import pytest

from engines.errors import UsageError
from skills.query_translator.models import Translation
from skills.query_translator.skill import Output
from skills.query_translator.tool import ToolArgs, digest
from tests.skills.outputs import meter, output_of
from transfer.results import Difference

MADE = [
    Translation(name="good", source="SELECT 1", target="SELECT 1", verdict="PROVED", detail="unchanged"),
    Translation(
        name="odd", source="SELECT 1", target="SELECT 1", verdict="TESTED", detail="3 rows", warnings=["rounds"]
    ),
    Translation(
        name="wrong",
        source="SELECT total -- of all\nFROM orders",
        target='SELECT "total"\nFROM "orders"',
        verdict="REFUTED",
        detail="a row differs",
        counterexample=Difference(reason="a row differs", row=7, source=["marked"], target=["marked too"]),
    ),
    Translation(
        name="none",
        source="SELECT julianday(x) FROM t",
        verdict="UNSUPPORTED",
        detail='function "julianday" has no counterpart for "marked"',
    ),
    Translation(name="later", source="DELETE FROM t", verdict="NOT_RUN", detail="it writes"),
]
OUTPUT = Output(
    translations=MADE,
    verdicts={},
    executed=True,
    schema_failures={"fk:public.t:r": 'insert on table "t" violates it: Key (email)=(marked) is not present'},
)


def shown(limit: int = 900, **arguments: Any) -> dict[str, Any]:
    return digest(OUTPUT, limit, meter, ToolArgs(**arguments)).data


def test_what_does_not_work_comes_first_and_ids_follow_the_output() -> None:
    data = shown()
    assert data["verdicts"] == {"REFUTED": 1, "UNSUPPORTED": 1, "NOT_RUN": 1, "TESTED": 1, "PROVED": 1}
    assert [item["id"] for item in data["translations"]] == ["s3", "s4", "s5", "s2", "s1"]


def test_of_a_counterexample_the_place_is_told_and_no_value() -> None:
    made = [
        digest(OUTPUT, 900, meter, args) for args in (ToolArgs(), ToolArgs(statement="s3"), ToolArgs(statement="s4"))
    ]
    assert made[0].data["translations"][0]["differs_at_row"] == 7
    assert "marked" not in "".join(digest.text for digest in made)
    assert "julianday" in made[2].data["detail"]


def test_one_verdict_is_shown_under_a_handle_of_its_own() -> None:
    made = digest(OUTPUT, 400, meter, ToolArgs(verdict="UNSUPPORTED"))
    assert made.handle == "translate_unsupported"
    assert made.data["statement_count"] == 1
    assert [item["name"] for item in made.data["translations"]] == ["none"]


def test_a_statement_is_shown_whole_line_by_line() -> None:
    data = shown(limit=400, statement="s3")
    assert data["source"] == ["SELECT total -- of all", "FROM orders"]
    assert data["target"] == ['SELECT "total"', 'FROM "orders"']


def test_of_what_worked_the_doubtful_comes_first() -> None:
    data = digest(output_of("query-translator"), 400, meter).data
    assert data["verdicts"] == {"TESTED": 16}
    assert all(item["warning"] for item in data["translations"])


def test_a_statement_that_is_not_there_is_refused() -> None:
    with pytest.raises(UsageError, match="ITEM_UNKNOWN"):
        shown(statement="s6")
