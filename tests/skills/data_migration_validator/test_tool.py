"""A validation as a model sees it."""

from __future__ import annotations

from typing import Any

import pytest

from engines.errors import UsageError
from skills.data_migration_validator.model import Output, TableResult
from skills.data_migration_validator.tool import ToolArgs, digest
from tests.skills.outputs import meter, output_of
from transfer.compare.model import RowDifference

NAME = "data-migration-validator"
ROW = RowDifference(kind="different", key={"email": "marked"}, columns=["total"], source={"total": "marked"})


def table(name: str, **figures: Any) -> TableResult:
    given = {"rows_source": 10, "rows_target": 10, "equal": not figures} | figures
    return TableResult(name=f"main.{name}", source=f"main.{name}", target=f"public.{name}", level="rows", **given)


DIFFERING = Output(
    equal=False,
    level="rows",
    row_count_match=False,
    tables=[
        table("a"),
        table("b", different=1, keys=[ROW.key], columns=["total"], rows=[ROW]),
        table("c", missing=4, rows_target=6),
    ],
    rows_compared=30,
    positions={},
)


def test_an_equal_pair_is_told_with_what_was_set_aside() -> None:
    data = digest(output_of(NAME), 400, meter).data
    assert (data["equal"], data["differing_tables"], data["set_aside"], data["withheld"]) == (True, 0, 13, 2)
    assert {item["name"] for item in data["aside"]} >= {"main.customers", "main.suppliers"}


@pytest.mark.parametrize("limit", [150, 400, 900])
def test_tables_that_differ_come_first_the_worst_before_the_others(limit: int) -> None:
    data = digest(DIFFERING, limit, meter).data
    assert (data["equal"], data["differing_tables"]) == (False, 2)
    assert data["differing"][0].items() >= {"id": "t3", "name": "main.c", "missing": 4}.items()


def test_neither_keys_nor_values_of_rows_are_shown() -> None:
    made = [digest(DIFFERING, 2000, meter, args) for args in (ToolArgs(), ToolArgs(table="t2"))]
    assert made[1].data["columns"] == ["total"]
    assert "marked" not in "".join(digest.text for digest in made)


def test_a_focus_shows_its_section() -> None:
    assert digest(DIFFERING, 400, meter, ToolArgs(focus="differences")).data["different"] == 1
    assert len(digest(output_of(NAME), 900, meter, ToolArgs(focus="aside")).data["aside"]) == 5


def test_a_table_that_is_not_there_is_refused() -> None:
    with pytest.raises(UsageError, match="TABLE_UNKNOWN"):
        digest(DIFFERING, 400, meter, ToolArgs(table="t4"))
