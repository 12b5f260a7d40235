"""Collations that somebody made go to another PostgreSQL where it can have them; else they are named in the plan."""

from __future__ import annotations

from contextlib import closing

import pytest

from conversion import live
from conversion.collations_of_targets import Offered, drop_missing
from conversion.convert import convert
from conversion.diff import diff
from conversion.live import Asked, conversion_of
from conversion.result import Overrides
from engines.registry import open_database
from tests.conversion.schemas import apply, postgresql_catalog, undo
from tests.moving import change, fetch
from tests.servers import Server
from tests.transfer.routes.moved import moved

SCRIPT = r"""
CREATE SCHEMA "od.d";
CREATE COLLATION blind (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE COLLATION "od.d"."By ""Bytes" (provider = libc, locale = 'C');
CREATE DOMAIN word AS text COLLATE blind;
CREATE TABLE t (id int PRIMARY KEY, v text COLLATE blind UNIQUE, w text COLLATE "od.d"."By ""Bytes", x word,
                p text COLLATE "POSIX");
CREATE INDEX sorted ON t (w COLLATE blind, id);
INSERT INTO t VALUES (1, 'a', 'b', 'C', 'd'), (2, 'B', 'B', 'c', 'D');
"""
NONE = Offered(frozenset({"C", "default"}), frozenset(), icu=False)


@pytest.fixture
def source(postgresql_15: Server) -> str:
    url = postgresql_15.create_database()
    change(url, SCRIPT)
    return url


def test_they_are_made_before_what_is_made_of_them(source: str, empty_15: str) -> None:
    catalog, empty = postgresql_catalog(source), postgresql_catalog(empty_15)
    result = convert(catalog, {}, "postgresql", "15")
    assert diff(result.target, apply(empty_15, result)) == []
    assert diff(undo(empty_15, result), empty) == []


def test_rows_arrive_and_compare_as_they_did(source: str, empty_15: str) -> None:
    moved(source, empty_15, stages=("pre_data", "post_data"))
    assert fetch(empty_15, "SELECT id FROM t WHERE v = 'A' OR x = 'C' ORDER BY w COLLATE blind, id") == [(1,), (2,)]


def test_an_open_target_is_asked_for_them(source: str, empty_15: str, empty_18: str) -> None:
    """The PostgreSQL 18 of the wheel has no ICU."""
    for target, missing in ((empty_15, []), (empty_18, ["public.blind"])):
        with closing(open_database(source)) as here, closing(open_database(target)) as there:
            result = conversion_of(here, "postgresql", there.version, Asked(home="public", scan=False), there)
        assert [one.object for one in result.omissions if one.kind == "collation"] == missing
        assert diff(result.target, apply(target, result)) == []


def test_every_version_says_what_its_own_are_made_of(empty_12: str, empty_15: str, empty_18: str) -> None:
    change(empty_12, "CREATE COLLATION c (provider = libc, lc_collate = 'C', lc_ctype = 'POSIX')")
    change(empty_18, "CREATE COLLATION b (provider = builtin, locale = 'C.UTF-8'); CREATE TABLE t (v text COLLATE b)")
    made = "CREATE COLLATION public.c (provider = libc, lc_collate = 'C', lc_ctype = 'POSIX')"
    old, new = (convert(postgresql_catalog(url), {}, "postgresql", "15") for url in (empty_12, empty_18))
    assert [one.sql for one in old.statements if one.kind == "collation"] == [made]
    assert [one.reason for one in new.omissions if one.kind == "collation"] == ["it needs PostgreSQL 17"]
    assert diff(new.target, apply(empty_15, new)) == []


def test_what_a_target_can_not_have_is_named_and_nothing_made_of_it(source: str, empty_18: str) -> None:
    result = convert(postgresql_catalog(source), {}, "postgresql", "18", offered_collations=NONE)
    named = {(one.object, one.kind) for one in result.omissions}
    assert {("public.blind", "collation"), ("pg_catalog.POSIX", "collation")} <= named
    assert [one.object for one in result.notes if "public.blind" in one.text] == [
        "public.t.v", "public.word", "public.t.sorted",
    ]  # fmt: skip
    assert diff(result.target, apply(empty_18, result)) == []


@pytest.mark.parametrize(
    ("statements", "place"),
    [
        ('CREATE INDEX i ON t (v COLLATE "POSIX")', "public.t.i"),
        ('CREATE INDEX i ON t ((lower(v) COLLATE "POSIX"))', "public.t.i"),
        ("CREATE INDEX i ON t (v) WHERE v COLLATE \"POSIX\" < 'a'", "public.t.i"),
        ('CREATE DOMAIN d AS text COLLATE "POSIX"', "public.d"),
        ('CREATE TYPE c AS (a int, b text COLLATE "POSIX")', "public.c"),
        ('ALTER TABLE t ADD CONSTRAINT c CHECK (v COLLATE "POSIX" < \'a COLLATE "POSIX"\')', "public.t.c"),
        ("ALTER TABLE t ADD g bool GENERATED ALWAYS AS (v COLLATE \"POSIX\" < 'a') STORED", "public.t.g"),
        ('CREATE VIEW w AS SELECT v FROM t ORDER BY v COLLATE "POSIX"', "public.w"),
        ('CREATE TABLE p (v text) PARTITION BY RANGE (v COLLATE "POSIX")', "public.p"),
    ],
)
def test_whatever_names_one_of_the_system_loses_it(
    statements: str, place: str, empty_15: str, postgresql_15: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "offered", lambda query: NONE)
    url = postgresql_15.create_database()
    change(url, "CREATE TABLE t (v text)", statements)
    with closing(open_database(url)) as here, closing(open_database(empty_15)) as there:
        result = conversion_of(here, "postgresql", "15", Asked(home="public", scan=False), there)
    assert ("pg_catalog.POSIX", "collation") in {(one.object, one.kind) for one in result.omissions}
    assert [one.object for one in result.notes if "POSIX" in one.text] == [place]
    apply(empty_15, result)
    made = " ".join(statement.sql for statement in result.statements)
    assert made.count("POSIX") == ("'a COLLATE" in statements)


def test_a_table_that_is_left_out_takes_no_collation_with_it(source: str, empty_18: str) -> None:
    """Its name may be a part of a collation's, or of its definition."""
    change(source, "CREATE TABLE icu (n int)", "CREATE STATISTICS s ON id, v FROM t")
    result = convert(postgresql_catalog(source), {}, "postgresql", "15", Overrides(skip=["public.icu", "public.t"]))
    assert {"collation", "rule"} >= {part.kind for part in result.target.unread}
    assert "collation public.blind" in {part.part for part in result.target.unread}


@pytest.mark.parametrize(
    ("definition", "version", "there", "reason"),
    [
        ("(provider = builtin, locale = 'C.UTF-8')", "16", None, "it needs PostgreSQL 17"),
        ("(provider = builtin, locale = 'C.UTF-8')", "17", None, None),
        ("(provider = icu, locale = 'und', rules = '&a < b')", "15.3", None, "it needs PostgreSQL 16"),
        ("(provider = icu, locale = 'und')", "15", NONE, "the target's server was made without ICU"),
        ("(provider = libc, lc_collate = 'C', lc_ctype = 'C')", "15", NONE, None),
        ("(provider = libc, lc_collate = 'de_DE.UTF-8', lc_ctype = 'C')", "15", NONE, "no locale de_DE.UTF-8"),
        (
            "(provider = libc, lc_collate = 'de_DE.UTF-8', lc_ctype = 'C')", "15",
            Offered(frozenset(), frozenset({"de_de.utf8"}), icu=False), None,
        ),
    ],
)  # fmt: skip
def test_why_a_target_can_not_have_one(
    source: str, definition: str, version: str, there: Offered | None, reason: str | None
) -> None:
    result = convert(postgresql_catalog(source), {}, "postgresql", "18")
    [part] = [one for one in result.target.unread if one.part == "collation public.blind"]
    result.target.unread = [part.model_copy(update={"definition": f"CREATE COLLATION public.blind {definition}"})]
    result.target.tables = []
    drop_missing(result, version, there)
    found = [one.reason for one in result.omissions if one.kind == "collation"]
    assert len(found) == (reason is not None) and all(reason in one for one in found if reason)
