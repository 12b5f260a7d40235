"""Any document through rows and back, with a mapping made from other documents."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conversion.documents.assemble import Assembler
from conversion.documents.extended_json import canonical, loads, plain
from conversion.documents.shred import Shredder
from conversion.documents.values import same
from engines.mongodb.infer import infer
from tests.conversion.documents.stored import converted
from tests.conversion.documents.strategies import ALIKE, VALUES, documents

SLOW = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
BATCH = st.lists(st.one_of(documents(), ALIKE), min_size=1, max_size=6)
FEW = st.lists(ALIKE, min_size=1, max_size=8)


def come_back(seen: list[dict[str, Any]], others: list[dict[str, Any]], engine: str) -> None:
    [mapping] = converted([infer(seen, "things")], engine).documents
    shredder, assembler = Shredder(mapping), Assembler(mapping)
    for document in [*seen, *others]:
        back = assembler.document(shredder.rows(document))
        assert same(back, document), canonical(document)


@pytest.mark.parametrize("engine", ["postgresql", "mariadb", "sqlite"])
@given(seen=BATCH, others=BATCH)
@SLOW
def test_any_document_comes_back(engine: str, seen: list[dict[str, Any]], others: list[dict[str, Any]]) -> None:
    come_back(seen, others, engine)


@pytest.mark.parametrize("engine", ["postgresql", "mariadb", "sqlite"])
@given(seen=FEW, others=BATCH)
@SLOW
def test_documents_come_back_from_tables_made_for_others(
    engine: str, seen: list[dict[str, Any]], others: list[dict[str, Any]]
) -> None:
    come_back(seen, others, engine)


@given(value=VALUES)
@SLOW
def test_json_text_says_every_value(value: Any) -> None:
    for text in (canonical(value), plain(value)):
        assert text.isascii()
        assert same(loads(text), value)
