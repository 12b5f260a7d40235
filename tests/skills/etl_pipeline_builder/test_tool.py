"""An execution as a model sees it."""

from __future__ import annotations

from typing import Any

import pytest

from engines.errors import UsageError
from skills.etl_pipeline_builder.output import Output, QuarantinedValue
from skills.etl_pipeline_builder.tool import ToolArgs, digest, sections
from tests.skills.outputs import meter, output_of

NAME = "etl-pipeline-builder"


def shown(limit: int = 900, **arguments: Any) -> dict[str, Any]:
    return digest(output_of(NAME), limit, meter, ToolArgs(**arguments)).data


def test_what_was_moved_is_summed() -> None:
    data = shown(400)
    assert (data["tables"], data["rows"], data["chunks"], data["quarantined_count"]) == (23, 251245, 23, 15)
    assert sum(data["quarantined_by_reason"].values()) == 15


def test_what_was_set_aside_is_counted_by_column_without_keys_and_values() -> None:
    value = QuarantinedValue(
        table="s.t",
        key='{"email": "marked"}',
        column="c",
        reason="no date",
        action="null",
        original='{"text": "marked"}',
    )
    output: Output = output_of(NAME).model_copy(update={"quarantined": [value] * 4})
    made = digest(output, 900, meter)
    assert made.data["quarantine"] == [
        {"table": "s.t", "column": "c", "count": 4, "reason": "no date", "action": "null"}
    ]
    assert "marked" not in made.text
    assert all("marked" not in str(item) for section in sections(output) for item in section.items)


def test_the_slowest_comes_first() -> None:
    seconds = [item["seconds"] for item in shown(focus="speed")["slowest_steps"]]
    assert seconds == sorted(seconds, reverse=True)


def test_a_table_is_shown_with_what_was_set_aside_of_it() -> None:
    [identifier] = [t["id"] for t in sections(output_of(NAME))[1].items if t["name"] == "main.customers"]
    data = shown(table=identifier)
    assert (data["name"], data["rows"], data["quarantined"]) == ("main.customers", 17500, 5)
    assert sum(item["count"] for item in data["quarantine"]) == 5


def test_a_table_that_is_not_there_is_refused() -> None:
    with pytest.raises(UsageError, match="TABLE_UNKNOWN"):
        shown(table="t0")
