"""What a person chose instead of the rules: in the plan, in its hash, on the target; refused where it does not hold."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.life import Ended, Life, finished, refused
from tests.moving import change, fetch, sqlite_file

SCHEMA = (
    "CREATE TABLE goods (id INTEGER PRIMARY KEY, name TEXT, price DECIMAL(8, 2), touched INTEGER DEFAULT 0)",
    "CREATE VIEW cheap AS SELECT id, name FROM goods WHERE price < 5",
    "CREATE VIEW odd AS SELECT id, unicode(name) AS code FROM goods",
    "CREATE TRIGGER touch AFTER UPDATE OF price ON goods BEGIN"
    " UPDATE goods SET touched = 1 + 0 * unicode(name) WHERE id = NEW.id; END",
)
ROWS = [("INSERT INTO goods (id, name, price) VALUES (?, ?, ?)", [(1, "nail", 0.25), (2, "saw", 12.5), (3, "bolt", 1)])]
ACCEPT = {"by": "the tests", "reason": "left behind"}
ODD = {"object": "main.odd", "kind": "view", **ACCEPT}
TOUCH = {"object": "main.goods.touch", "kind": "trigger", **ACCEPT}
TRIGGER = """CREATE FUNCTION public.touch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN NEW.touched := 1; RETURN NEW; END $$;
CREATE TRIGGER touch BEFORE UPDATE OF price ON public.goods FOR EACH ROW EXECUTE FUNCTION public.touch();"""
WORKLOAD = "-- name: dear\nSELECT id FROM goods WHERE price > 5 ORDER BY id;"


def asked(life: Life, target: str, *accept: dict[str, str], **overrides: Any) -> Life:
    """The migration of the goods with some overrides."""
    source = life.home / "s.db"
    if not source.exists():
        sqlite_file(source, *SCHEMA, rows=ROWS)
        (life.home / "w.sql").write_text(WORKLOAD)
    return life.ask(
        source,
        target,
        options={"accept": list(accept), "overrides": overrides},
        workload={"file": "w.sql"},
    )


def planned(life: Life) -> Any:
    ended = life.run("--until", "plan")
    assert ended.status == 0, ended.err
    return life.read("plan.json"), life.command("status", "--json").data["plan"]


def stopped(life: Life) -> Ended:
    return life.run("--until", "plan")


def test_a_view_and_a_trigger_that_a_person_wrote_reach_the_target(life: Life, empty_18: str) -> None:
    odd = "CREATE VIEW v AS SELECT id, ascii(name) AS code FROM public.goods"
    asked(life, empty_18, translations={"main.odd": odd, "main.goods.touch": TRIGGER})
    finished(life)
    change(empty_18, "UPDATE goods SET price = 2 WHERE id = 1")
    assert fetch(empty_18, "SELECT id, touched FROM goods ORDER BY id") == [(1, 1), (2, 0), (3, 0)]
    assert fetch(empty_18, "SELECT * FROM odd ORDER BY id") == [(1, 110), (2, 115), (3, 98)]
    assert life.read("artifacts/validation/schema-differences.json") == []
    plan = life.read("plan.json")
    assert not {"main.odd", "main.goods.touch"} & {omission["object"] for omission in plan["omissions"]}
    assert [(a["name"], a["kind"], a["verdict"]) for a in plan["adopted"]] == [
        ("main.odd", "view", "TESTED"),
        ("main.goods.touch", "trigger", "NOT_RUN"),
    ]
    undo = (life.folder / "artifacts/planning/rollback.sql").read_text()
    assert 'DROP TRIGGER "touch" ON "public"."goods"' in undo and 'DROP FUNCTION "public"."touch"()' in undo


def test_the_rollback_takes_back_what_a_person_wrote(life: Life, empty_18: str) -> None:
    asked(life, empty_18, ODD, translations={"main.goods.touch": TRIGGER})
    assert life.run("--until", "rehearse").status == 0
    rehearsed = life.read("rehearsal.json")
    assert (rehearsed["passed"], rehearsed["rolled_back"]) == (True, True)


def test_a_text_for_a_view_and_a_statement_is_used_and_judged(life: Life, empty_18: str) -> None:
    cheap, dear = (
        "SELECT id, name FROM public.goods WHERE price <= 4.99",
        "SELECT id FROM goods WHERE price >= 5.01 ORDER BY 1",
    )
    asked(life, empty_18, ODD, TOUCH)
    before, hash_before = planned(life)
    asked(life, empty_18, ODD, TOUCH, translations={"main.cheap": cheap, "dear": dear})
    after, hash_after = planned(life)
    assert hash_before != hash_after
    [view] = [s["sql"] for s in after["move"]["statements"] if s["kind"] == "view"]
    assert view.endswith(cheap)
    judged = {m["name"]: m for m in life.read("artifacts/planning/query-translator.json")["translations"]}
    assert {(judged[n]["target"], judged[n]["method"], judged[n]["verdict"]) for n in ("view:main.cheap", "dear")} == {
        (cheap, "given", "TESTED"),
        (dear, "given", "TESTED"),
    }
    assert [(a["name"], a["kind"], a["verdict"]) for a in after["adopted"]] == [
        ("dear", "query", "TESTED"),
        ("main.cheap", "view", "TESTED"),
    ]
    assert before["adopted"] == []
    assert life.read("plan.json")["omissions"] == before["omissions"]


def test_rows_that_are_added_do_not_change_the_hash_of_an_override(life: Life, empty_18: str) -> None:
    asked(life, empty_18, ODD, TOUCH, translations={"dear": "SELECT id FROM goods WHERE price > 5.0 ORDER BY id"})
    _, before = planned(life)
    with closing(sqlite3.connect(life.home / "s.db")) as connection, connection:
        connection.execute("INSERT INTO goods (name, price) VALUES ('rope', 9)")
    assert planned(life)[1] == before


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("dear", "SELECT id FROM goods ORDER BY id", "only the target has this row"),
        ("main.cheap", "SELECT id, name FROM public.goods", "only the target has this row"),
        ("main.cheap", "SELECT id FROM public.goods WHERE price < 5", "column"),
        ("main.cheap", "SELECT id, name FROM goods WHERE price < 5", 'relation "goods" does not exist'),
        ("main.goods.touch", TRIGGER.replace("ON public.goods", "ON public.nothing"), "does not exist"),
    ],
)
def test_a_text_that_does_not_hold_stops_the_plan(life: Life, empty_18: str, name: str, text: str, why: str) -> None:
    asked(life, empty_18, ODD, TOUCH, translations={name: text})
    told = refused(stopped(life), 3, "OVERRIDE_REFUTED")
    assert name in told and why in told


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("main.cheep", "SELECT 1", "OVERRIDE_UNKNOWN"),
        ("main.goods", "SELECT 1", "OVERRIDE_UNKNOWN"),
        ("dear", "DROP TABLE goods", "DRAFT_INVALID"),
        ("main.goods.touch", "DROP TABLE goods", "DRAFT_INVALID"),
    ],
)
def test_a_name_or_text_that_is_none_is_refused(life: Life, empty_18: str, name: str, text: str, code: str) -> None:
    told = refused(stopped(asked(life, empty_18, ODD, TOUCH, translations={name: text})), 2, code)
    assert "did you mean main.cheap?" in told or name != "main.cheep"


def test_a_strategy_that_a_person_chose_is_cited_and_changes_the_hash(life: Life, empty_18: str) -> None:
    asked(life, empty_18, ODD, TOUCH)
    by_rules, hash_by_rules = planned(life)
    hashes = {hash_by_rules}
    for strategy in ("trickle", "big-bang"):
        asked(life, empty_18, ODD, TOUCH, strategy=strategy)
        plan, found = planned(life)
        assert (plan["strategy"], plan["strategy_by"]) == (strategy, "person")
        [cited] = [d for d in life.read("contract.json")["audit"]["decisions"] if d["rule"] == "person"]
        assert "S3-small-and-fits gives" in cited["because"]
        hashes.add(found)
    assert by_rules["strategy"] == "big-bang"
    assert len(hashes) == 3


def test_a_strategy_against_the_constraints_stops_the_plan(life: Life, empty_18: str) -> None:
    told = refused(
        stopped(asked(life, empty_18, ODD, TOUCH, strategy="continuous-replication")), 3, "OVERRIDE_CONTRADICTS"
    )
    assert "both databases can replicate" in told


def test_a_text_for_a_source_that_was_not_read_is_refused(life: Life, tmp_path: Path) -> None:
    declared = {"type": "postgresql", "version": "12", "size_gb": 1}
    life.ask("postgresql://x@127.0.0.1/x", "postgresql://x@127.0.0.1/y", migration_type="version-upgrade")
    request = json.loads(life.request.read_text())
    request |= {
        "source_database": declared,
        "target_database": {"type": "postgresql", "version": "16", "platform": "x"},
        "options": {"overrides": {"translations": {"main.v": "SELECT 1"}}},
    }
    life.request.write_text(json.dumps(request))
    refused(stopped(life), 2, "OVERRIDE_UNKNOWN")


def test_views_of_one_engine_take_a_persons_query_too(life: Life, empty_15: str, empty_18: str, tmp_path: Path) -> None:
    change(empty_15, "CREATE TABLE t (id int PRIMARY KEY)", "INSERT INTO t VALUES (1), (2)", "CREATE VIEW v AS TABLE t")
    given = {"overrides": {"translations": {"public.v": "SELECT id FROM public.t WHERE id > 0"}}}
    finished(life.ask(empty_15, empty_18, options=given))
    assert "id > 0" in fetch(empty_18, "SELECT pg_get_viewdef('v'::regclass)")[0][0]
    home = tmp_path / "other"
    home.mkdir()
    other, target = Life(home), home / "t.db"
    source = sqlite_file(home / "s.db", *SCHEMA[:2], rows=ROWS)
    options = {"overrides": {"translations": {"main.cheap": "SELECT id, name FROM goods WHERE price < 4"}}}
    finished(other.ask(source, f"sqlite:{target}", options=options))
    assert "price < 4" in target.read_bytes().decode(errors="replace")
