"""A conversion or comparison as a model sees it."""

from __future__ import annotations

from typing import Any

import pytest

from conversion.differences import added, changed, missing
from engines.errors import UsageError
from skills.schema_comparator.skill import Output
from skills.schema_comparator.tool import ToolArgs, digest, sections
from tests.skills.outputs import meter, output_of

NAME = "schema-comparator"


def shown(output: Output | None = None, limit: int = 900, **arguments: Any) -> dict[str, Any]:
    return digest(output or output_of(NAME), limit, meter, ToolArgs(**arguments)).data


def test_omissions_are_counted_by_kind_and_told_with_their_reason() -> None:
    data = shown(limit=400)
    assert (data["omission_count"], data["omission_hours"]) == (4, 6.5)
    assert data["omissions_by_kind"] == {"trigger": 3, "generated column": 1}
    assert [item["id"] for item in data["omissions"]] == ["o2", "o3", "o4"]
    assert all(item["reason"] for item in data["omissions"])


def test_a_difference_that_loses_data_comes_first() -> None:
    output = Output(
        differences=[
            added("public.x", "index"),
            changed("public.t.c", "type", "text", "date", True),
            missing("v", "view"),
        ],
        fingerprint="a",
        target_fingerprint="b",
    )
    data = shown(output)
    assert (data["difference_count"], data["losing_data"]) == (3, 1)
    assert [item["id"] for item in data["differences"]] == ["d2", "d3", "d1"]


@pytest.mark.parametrize("focus", ["omissions", "statements", "renames", "notes"])
def test_a_focus_shows_its_section(focus: str) -> None:
    data = shown(focus=focus)
    assert len(data[focus]) >= 3
    assert len([name for name, value in data.items() if isinstance(value, list)]) == 1


def test_a_table_is_shown_with_what_its_columns_become() -> None:
    tables = next(section for section in sections(output_of(NAME)) if section.name == "largest_tables").items
    [identifier] = [item["id"] for item in tables if item["name"] == "main.products"]
    data = shown(limit=2000, table=identifier)
    assert data["target"] == "public.products" and data["key"] == ["id"]
    assert [item["object"] for item in data["omissions"]] == [
        "main.products.products_updated",
        "main.products.price_cents",
    ]
    assert {"source": "id", "type": "INTEGER", "target": "id", "becomes": "bigint"}.items() <= data["columns"][
        0
    ].items()


def test_an_omission_is_shown_with_its_own_text_line_by_line() -> None:
    data = shown(limit=400, omission="o3")
    assert data["object"] == "main.products.products_updated"
    assert data["original"][0].startswith("CREATE TRIGGER products_updated") and data["original"][-1] == "END"


def test_a_text_that_does_not_fit_is_cut_at_its_end() -> None:
    [first, *_] = shown(limit=150, omission="o2")["original"]
    assert first.startswith("CREATE TRIGGER orders_status_audit")


@pytest.mark.parametrize(
    ("arguments", "code"), [({"table": "t99"}, "TABLE_UNKNOWN"), ({"omission": "o5"}, "ITEM_UNKNOWN")]
)
def test_what_is_not_there_is_refused(arguments: dict[str, Any], code: str) -> None:
    with pytest.raises(UsageError, match=code):
        shown(**arguments)
