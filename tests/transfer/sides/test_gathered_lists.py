"""Elements of lists as PostgreSQL's to_json writes those of the array they were."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from conversion.documents.relations_mapping import FieldMapping
from transfer.sides.gathered_lists import in_json

OFFSET = timezone(timedelta(hours=5, minutes=30))


@pytest.mark.parametrize(
    ("source_type", "encoding", "value", "expected"),
    [
        ("jsonb[]", "json", ['{"a":1.50}', "null", None], [{"a": Decimal("1.50")}, None, None]),
        ("real[]", "double", [0.10000000149011612, -0.0, 3.4028234663852886e38, 1e300, float("inf")],
         [Decimal("0.1"), 0, Decimal("3.4028235e38"), 1e300, float("inf")]),
        ("double precision[]", "double", [0.10000000149011612], [0.10000000149011612]),
        ("oid[]", "long", [[1], [None]], [["1"], [None]]),
        ("timestamp without time zone[]", "timestamp_long", [datetime(2020, 1, 1, 0, 0, 0, 500100)],
         ["2020-01-01T00:00:00.5001"]),
        ("timestamp with time zone[]", "moment_long",
         [datetime(2020, 1, 1, tzinfo=UTC), "0044-03-15 12:00:00.5+00 BC", "infinity"],
         ["2020-01-01T00:00:00+00:00", "0044-03-15T12:00:00.5+00:00 BC", "infinity"]),
        ("time with time zone[]", "time", [time(12, 0, 0, 500000, OFFSET), time(10, tzinfo=UTC), "24:00:00+00"],
         ["12:00:00.5+05:30", "10:00:00+00", "24:00:00+00"]),
        ("text[]", "string", ["null", None], ["null", None]),
    ],
)  # fmt: skip
def test_elements(source_type: str, encoding: str, value: Any, expected: Any) -> None:
    found = FieldMapping(column="v", field="v", source_type=source_type, encoding=f"array:{encoding}", bson=[])
    assert in_json(value, found) == expected
