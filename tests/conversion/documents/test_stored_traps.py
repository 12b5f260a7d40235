"""Values that a column can't hold, in every kind of column of real tables, come back from them as they were."""

from __future__ import annotations

from typing import Any

import pytest
from bson import Decimal128, Regex

from conversion.documents.extended_json import canonical
from engines.mongodb.infer import infer
from engines.mongodb.values import Undefined
from tests.conversion.documents.stored import converted, opened, there_and_back
from tests.conversion.documents.traps import TRAPS, USUAL, usual

FIXTURES = {"postgresql": "empty_18", "mariadb": "empty_mariadb", "sqlite": "tmp_path"}


@pytest.mark.parametrize("engine", list(FIXTURES))
def test_every_trap_comes_back_from_every_column(engine: str, request: pytest.FixtureRequest) -> None:
    seen = [usual(number) for number in range(100)]
    trapped = [{"_id": {"trap": place}, **dict.fromkeys(USUAL, trap)} for place, trap in enumerate(TRAPS)]
    inside = [
        {"_id": trap, "tags": [trap, "x"], "rows": [trap, {"x": trap, "y": [trap]}], "map": {"k": trap},
         "sub": {"x": trap, "in": {"z": trap}}, "grid": [[trap], trap], "unknown": trap}
        for trap in TRAPS if type(trap) is not list and not isinstance(trap, Regex | Undefined)
    ]  # fmt: skip
    turned = [dict(reversed(list(document.items()))) for document in seen[:3]]
    for number, document in enumerate(turned):
        document["_id"] = f"turned {number}"
    documents = [*seen, *trapped, *inside, *turned, {"_id": {"long": 1}, "text": "b" * 70_000, "unknown": "c" * 70_000}]
    conversion = converted([infer(seen, "things")], engine)
    with opened(engine, str(request.getfixturevalue(FIXTURES[engine]))) as store:
        back = there_and_back(store, conversion, {"things": documents})["things"]
    assert sorted(map(canonical, back)) == sorted(map(canonical, documents))


@pytest.mark.parametrize("engine", ["postgresql", "mariadb"])
@pytest.mark.parametrize("value", ["x" * 40, 2**31 - 1, Decimal128("1234567890123456789.12")])
def test_the_widest_rows_can_be_stored(engine: str, value: Any, request: pytest.FixtureRequest) -> None:
    documents = [{"_id": number, **{f"f{place}": value for place in range(900)}} for number in range(2)]
    conversion = converted([infer(documents, "wide")], engine)
    with opened(engine, str(request.getfixturevalue(FIXTURES[engine]))) as store:
        back = there_and_back(store, conversion, {"wide": documents})["wide"]
    assert sorted(map(canonical, back)) == sorted(map(canonical, documents))
