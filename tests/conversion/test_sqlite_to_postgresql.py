import sqlite3
from pathlib import Path

import psycopg
import pytest

from conversion.diff import diff
from conversion.result import Overrides
from engines.errors import UsageError
from tests.conversion.schemas import apply, sqlite_source, unaccounted, undo

CORPORA = [
    "chinook", "ejabberd", "ejabberd-new", "kamailio56", "mediawiki139", "powerdns", "roundcube", "sakila", "temporal",
    "vaultwarden",
]  # fmt: skip
HOSTILE = (
    """
CREATE TABLE "select" ("from" INTEGER PRIMARY KEY, "Mixed Case" TEXT, "quo""te" TEXT, "semi;colon--" TEXT, "ü☃😀" TEXT,
    "xmin" INTEGER, "" TEXT, "a.b" TEXT DEFAULT 'it''s \\ "x"');
CREATE TABLE "a ""b"".c; DROP TABLE x" ([br]acket] TEXT UNIQUE, `tick` INTEGER CHECK (`tick` > 0));
""".replace("[br]acket]", '"br]acket"')
    + (
        f'CREATE TABLE "{"t" * 70}" ("{"c" * 80}1" INTEGER PRIMARY KEY, "{"c" * 80}2" TEXT);'
        f'CREATE TABLE "{"t" * 71}" (x REFERENCES "{"t" * 70}"("{"c" * 80}1"), y TEXT);'
        f'CREATE INDEX "{"ß" * 60}" ON "{"t" * 71}" (y); CREATE INDEX "{"ß" * 61}" ON "{"t" * 71}" (x);'
        f'CREATE VIEW "{"v" * 90}" AS SELECT "{"c" * 80}2" AS "{"ö" * 50}" FROM "{"t" * 70}";'
    )
)
CYCLES = """
CREATE TABLE a (id INTEGER PRIMARY KEY, b INTEGER REFERENCES b, self INTEGER REFERENCES a(id));
CREATE TABLE b (id INTEGER PRIMARY KEY, c INTEGER REFERENCES c ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE c (id INTEGER PRIMARY KEY, a INTEGER REFERENCES a ON UPDATE SET NULL);
"""
PARTS = """
CREATE TABLE p (code TEXT PRIMARY KEY COLLATE NOCASE, u TEXT COLLATE RTRIM UNIQUE, n INTEGER NOT NULL DEFAULT 7,
    flag BOOLEAN DEFAULT 1 CHECK (flag IN (0, 1)), at DATETIME DEFAULT CURRENT_TIMESTAMP,
    d DATE DEFAULT CURRENT_DATE, txt TEXT DEFAULT CURRENT_TIMESTAMP, word TEXT DEFAULT "double", five TEXT DEFAULT 5,
    twice INTEGER AS (n * 2), full TEXT GENERATED ALWAYS AS (code || '-' || n) STORED,
    upon TEXT AS (strftime('%Y', at)), any_value, CHECK (length(code) < 50), CHECK (json_valid('{}')));
INSERT INTO p (code, u, n, any_value) VALUES ('A', 'x', 1, 1), ('b', 'y', 2, 'text'), ('c', 'z', 3, x'00');
CREATE TABLE child (p TEXT REFERENCES p, orphan INTEGER REFERENCES nowhere,
    n INTEGER, WITHOUT_NAME TEXT, zero DATETIME DEFAULT '0000-00-00');
CREATE TABLE strict_one (a INTEGER, b ANY, PRIMARY KEY (a)) STRICT, WITHOUT ROWID;
INSERT INTO strict_one VALUES (1, 2), (2, x'61');
CREATE TABLE dup (a TEXT, b TEXT, UNIQUE (a, b), UNIQUE (b, a), UNIQUE (a, b));
CREATE INDEX partial ON p (n DESC, lower(u)) WHERE flag AND at > '2020-01-01';
CREATE INDEX volatile ON p (n) WHERE upon = '2024';
CREATE UNIQUE INDEX nocase ON child (WITHOUT_NAME COLLATE NOCASE);
CREATE INDEX on_rowid ON p (any_value);
CREATE VIEW broken AS SELECT json(txt) AS j FROM p;
CREATE VIEW on_broken AS SELECT j FROM broken;
CREATE VIEW z_first AS SELECT code, n FROM p WHERE flag;
CREATE VIEW a_second AS SELECT count(*) AS c, n FROM z_first GROUP BY n;
CREATE TRIGGER tr AFTER INSERT ON child BEGIN UPDATE p SET n = n + 1; END;
CREATE VIRTUAL TABLE words USING fts5(body);
CREATE TRIGGER searched AFTER INSERT ON child BEGIN INSERT INTO words VALUES ('x'); END;
"""


@pytest.mark.parametrize("schema", CORPORA)
def test_real_schemas_load_whole_and_are_read_back_as_they_were_planned(
    schema: str, corpora: Path, tmp_path: Path, empty_18: str
) -> None:
    source = sqlite_source(tmp_path / "s.db", (corpora / "schemas" / schema / "sqlite.sql").read_text())
    result = source.to("postgresql")
    found = apply(empty_18, result)
    assert diff(result.target, found) == []
    assert unaccounted(source.catalog, result) == []
    plain = [table for table in source.catalog.tables if table.kind == "table"]
    assert len(found.tables) == len(plain)
    assert sum(len(table.columns) for table in found.tables) == sum(len(table.columns) for table in plain)
    assert sum(1 for t in found.tables if t.primary_key) == sum(1 for t in plain if t.primary_key)


@pytest.mark.parametrize("script", [HOSTILE, CYCLES, PARTS])
def test_hostile_names_cycles_and_odd_parts_reach_the_fixpoint(script: str, tmp_path: Path, empty_18: str) -> None:
    source = sqlite_source(tmp_path / "s.db", script)
    result = source.to("postgresql")
    assert diff(result.target, apply(empty_18, result)) == []
    assert unaccounted(source.catalog, result) == []


def test_the_same_statements_run_on_an_older_server(tmp_path: Path, empty_15: str) -> None:
    result = sqlite_source(tmp_path / "s.db", PARTS).to("postgresql", "15")
    assert diff(result.target, apply(empty_15, result)) == []


def test_undo_leaves_nothing_behind(tmp_path: Path, empty_18: str) -> None:
    result = sqlite_source(tmp_path / "s.db", PARTS).to("postgresql", schema="shop")
    apply(empty_18, result)
    found = undo(empty_18, result)
    assert (found.tables, found.views, found.sequences, found.schemas) == ([], [], [], ["public"])


def test_statement_ids_are_unique_and_the_same_every_time(tmp_path: Path) -> None:
    source = sqlite_source(tmp_path / "s.db", PARTS + HOSTILE)
    first, second = source.to("postgresql"), source.to("postgresql")
    assert first == second
    ids = [statement.id for statement in first.statements]
    assert len(set(ids)) == len(ids)
    assert {"table:public.p", "pk:public.p", "view:public.z_first"} <= set(ids)


def test_tables_come_before_the_rows_and_constraints_after(tmp_path: Path) -> None:
    result = sqlite_source(tmp_path / "s.db", PARTS).to("postgresql")
    assert {s.kind for s in result.statements if s.stage == "pre_data"} == {"table", "routine"}
    assert {s.kind for s in result.statements if s.stage == "post_data"} == {
        "pk",
        "unique",
        "index",
        "check",
        "fk",
        "view",
        "trigger",
    }


def test_what_is_not_carried_over_is_named_with_its_text(tmp_path: Path) -> None:
    result = sqlite_source(tmp_path / "s.db", PARTS).to("postgresql")
    found = {(item.kind, item.object) for item in result.omissions}
    assert {
        ("trigger", "main.child.searched"), ("view", "main.broken"), ("view", "main.on_broken"),
        ("virtual table", "main.words"),
        ("shadow table", "main.words_data"), ("default", "main.child.zero"), ("generated column", "main.p.upon"),
        ("check", "main.p.check 3"), ("foreign key", "main.child(orphan) -> nowhere()"),
    } <= found  # fmt: skip
    assert all(item.reason for item in result.omissions)
    [trigger] = [item for item in result.omissions if item.kind == "trigger"]
    assert trigger.original.startswith("CREATE TRIGGER searched")


def test_generated_columns_are_computed_only_where_the_value_is_proved(tmp_path: Path) -> None:
    result = sqlite_source(tmp_path / "s.db", PARTS).to("postgresql")
    table = result.target.table("public.p")
    assert table.column("twice").generated is not None
    assert table.column("full").generated is not None
    assert table.column("upon").generated is None
    copied = {column.target for column in next(t for t in result.tables if t.source == "main.p").copied}
    assert "upon" in copied
    assert not copied & {"twice", "full"}


def test_defaults_take_the_spelling_of_the_target_type(tmp_path: Path, empty_18: str) -> None:
    result = sqlite_source(tmp_path / "s.db", PARTS).to("postgresql")
    apply(empty_18, result)
    with psycopg.connect(empty_18) as connection:
        connection.execute("INSERT INTO p (code) VALUES ('k')")
        row = connection.execute(
            "SELECT n, flag, word, five, twice, at - now() AT TIME ZONE 'UTC' < '1 day' FROM p"
        ).fetchone()
    assert row == (7, True, "double", "5", 14, True)


def test_nocase_keys_stay_unique_without_case_for_ascii_only(tmp_path: Path, empty_18: str) -> None:
    result = sqlite_source(tmp_path / "s.db", PARTS).to("postgresql")
    apply(empty_18, result)
    with psycopg.connect(empty_18, autocommit=True) as connection:
        connection.execute("INSERT INTO p (code, u) VALUES ('Ä', '1'), ('ä', '2'), ('K', '3')")
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("INSERT INTO p (code, u) VALUES ('k', '4')")
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("INSERT INTO p (code, u) VALUES ('l', '1  ')")


def test_views_read_views_and_run(tmp_path: Path, empty_18: str) -> None:
    result = sqlite_source(tmp_path / "s.db", PARTS).to("postgresql")
    apply(empty_18, result)
    with psycopg.connect(empty_18) as connection:
        assert connection.execute("SELECT c, n FROM a_second").fetchall() == []


@pytest.mark.parametrize(
    ("table", "key", "source_key", "range_column"),
    [
        ("main.a", ["id"], "id", "id"),
        ("main.strict_one", ["a"], "a", "a"),
        ("main.p", ["code"], "rowid", None),
        ("main.child", [], "rowid", None),
        ("main.dup", [], "rowid", None),
    ],
)
def test_mappings_say_what_identifies_a_row_and_how_to_cut_the_table(
    table: str, key: list[str], source_key: str, range_column: str | None, tmp_path: Path
) -> None:
    result = sqlite_source(tmp_path / "s.db", PARTS + CYCLES).to("postgresql")
    found = next(item for item in result.tables if item.source == table)
    assert (found.key, found.source_key, found.range_column) == (key, source_key, range_column)


def test_choices_of_a_person_win(tmp_path: Path, empty_18: str) -> None:
    overrides = Overrides(
        types={"main.a.b": "numeric(20)"},
        names={"main.a": "alpha", "main.a.self": "own"},
        views={"main.broken": "SELECT 1 AS j"},
        skip=["main.words", "main.dup"],
    )
    result = sqlite_source(tmp_path / "s.db", PARTS + CYCLES).to("postgresql", overrides=overrides)
    found = apply(empty_18, result)
    assert diff(result.target, found) == []
    assert found.table("public.alpha").column("b").native == "numeric(20,0)"
    assert found.table("public.alpha").column("own").native == "integer"
    assert result.renames["main.a"] == "public.alpha"
    assert "left out on request" in {item.reason for item in result.omissions}
    assert "public.broken" in {view.full_name for view in found.views}


def test_references_that_rows_break_are_added_without_validation(tmp_path: Path, empty_18: str) -> None:
    from conversion.convert import convert

    source = sqlite_source(tmp_path / "s.db", CYCLES)
    result = convert(source.catalog, source.profiles, "postgresql", "18", unvalidated_foreign_keys={("main.a", 1)})
    found = apply(empty_18, result)
    assert [key.validated for key in found.table("public.a").foreign_keys] == [True, False]
    assert diff(result.target, found) == []
    assert any("NOT VALID" in note.text for note in result.notes)


def test_a_direction_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="UNSUPPORTED_DIRECTION"):
        sqlite_source(tmp_path / "s.db", CYCLES).to("oracle")


def test_the_example_shop_converts_and_runs(tmp_path: Path, empty_18: str) -> None:
    shop = pytest.importorskip("examples.shop_database")
    path = tmp_path / "shop.db"
    shop.build(path)
    assert sqlite3.connect(path).execute("SELECT count(*) FROM orders").fetchone()[0] > 0
    source = sqlite_source(path, "")
    result = source.to("postgresql")
    assert diff(result.target, apply(empty_18, result)) == []
    assert unaccounted(source.catalog, result) == []
