"""Real documents into real tables and back, letter by letter."""

from __future__ import annotations

from pathlib import Path

import pytest

from engines.mongodb.infer import infer
from tests.conversion.documents.stored import by_id, converted, loaded, opened, there_and_back

FIXTURES = {"postgresql": "empty_18", "mariadb": "empty_mariadb", "sqlite": "tmp_path"}
MOST = 150  # documents per collection, for the suite's time


@pytest.mark.parametrize("engine", list(FIXTURES))
def test_documents_come_back_from_tables_as_they_were(
    engine: str, corpora: Path, request: pytest.FixtureRequest
) -> None:
    documents = {path.stem: loaded(path, MOST) for path in sorted((corpora / "documents").glob("*.json"))}
    conversion = converted([infer(found, name) for name, found in documents.items()], engine)
    url = str(request.getfixturevalue(FIXTURES[engine]))
    with opened(engine, url) as store:
        back = there_and_back(store, conversion, documents)
    for name, found in documents.items():
        assert by_id(back[name]) == by_id(found), name


def test_documents_that_the_sample_did_not_show_come_back_too(corpora: Path, empty_18: str) -> None:
    documents = {path.stem: loaded(path, MOST) for path in sorted((corpora / "documents").glob("*.json"))}
    conversion = converted([infer(found[:5], name) for name, found in documents.items()], "postgresql")
    with opened("postgresql", empty_18) as store:
        back = there_and_back(store, conversion, documents)
    for name, found in documents.items():
        assert by_id(back[name]) == by_id(found), name
