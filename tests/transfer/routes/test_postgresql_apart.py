"""PostgreSQL to PostgreSQL: rows that go apart from their range, refused ones and wide ones, lose nothing else."""

from __future__ import annotations

import json

import pytest

from tests.moving import change, fetch
from tests.servers import Server
from tests.transfer.routes.moved import moved
from tests.transfer.routes.test_rare_values import database
from transfer.routes import postgresql_wide_rows


def test_a_row_that_is_refused_is_written_down_in_utf8(postgresql_15: Server, postgresql_18: Server) -> None:
    source, target = database(postgresql_18, "LATIN1"), database(postgresql_15, "LATIN1")
    change(source, "CREATE TABLE t (k text PRIMARY KEY, i interval NOT NULL)",
           r"INSERT INTO t VALUES (E'\351', 'infinity'), (E'\350', '1 day')")  # fmt: skip

    [entry] = moved(source, target).quarantined["public.t"]

    assert fetch(target, "SELECT k FROM t") == [("è",)]
    assert (entry.locator, entry.key, entry.action) == ('["é"]', '{"k": "é"}', "row_withheld")
    assert json.loads(entry.original)["k"] == {"class": "text", "text": "é"}


@pytest.mark.parametrize("way", ["refused", "wide"])
def test_a_plain_declaration_of_xml_stays_in_rows_that_go_apart(
    way: str, postgresql_15: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, target = database(postgresql_15), database(postgresql_15)
    xml = """('<?xml version="1.0"?><a>' || string_agg(md5(n::text), '') || '</a>')::xml"""
    made = "CREATE TABLE t (id int PRIMARY KEY, w xml)"
    change(source, made, f"INSERT INTO t SELECT 1, {xml} FROM generate_series(1, 4000) AS n")
    change(target, made)
    if way == "refused":
        change(source, "INSERT INTO t VALUES (2, NULL)")
        change(target, "ALTER TABLE t ADD CHECK (id < 2)")
    else:
        for limit in ("WIDE", "WIDE_PLAIN"):
            monkeypatch.setattr(postgresql_wide_rows, limit, 1 << 16)

    done = moved(source, target, made=False)

    assert len(done.quarantined["public.t"]) == (way == "refused")
    query = "SELECT id, w::text FROM t WHERE id = 1"
    assert fetch(target, query) == fetch(source, query)
