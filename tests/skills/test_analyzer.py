"""The analyzer on real SQLite files: each planted trap is found, with its rows counted and named."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from engines.errors import UsageError
from engines.sqlite.database import SqliteDatabase
from skills.context import SkillContext
from skills.database_optimization_analyzer.hazards import Hazard
from skills.database_optimization_analyzer.skill import Input, Output, run

SCHEMA = """
CREATE TABLE users (id INTEGER PRIMARY KEY AUTOINCREMENT, email TEXT, age INTEGER, name VARCHAR(5), active BOOLEAN,
    born DATE, seen DATETIME, balance DECIMAL(8, 2), photo BLOB, note TEXT, anything, score REAL,
    initial TEXT GENERATED ALWAYS AS (substr(name, 1, 1)) VIRTUAL);
CREATE TABLE codes (code TEXT PRIMARY KEY, label TEXT);
CREATE TABLE orders (id INTEGER PRIMARY KEY, user_id INTEGER REFERENCES users(id), total FLOAT, gone INTEGER
    REFERENCES nowhere(id));
CREATE TABLE log (message TEXT, level TEXT);
CREATE TABLE pairs (a TEXT, b INTEGER, PRIMARY KEY (a, b)) WITHOUT ROWID;
CREATE TABLE "order" (id INTEGER PRIMARY KEY);
CREATE VIEW adults AS SELECT * FROM users WHERE age > 17;
CREATE TRIGGER stamp AFTER INSERT ON log BEGIN SELECT 1; END;
"""
USERS = """
INSERT INTO users (id, email, age, name, active, born, seen, balance, photo, note, anything, score) VALUES
 (1, 'a@x', 30, 'Ann', 1, '2001-02-03', '2024-01-01 10:00:00', 1.25, x'00', 'ok', 1, 1.5),
 (2, 'A@X', 'old', 'Bartholomew', 2, '2001-02-30', 1704103200, 1.125, 'text', x'ff', 'one', 9e999),
 (3, 'b@x', 3.5, 'Cy', 0, 'soon', 1704103200000, 2, NULL, 'a' || char(0) || 'b', 2.5, NULL),
 (9223372036854775807, 'c@x', 1e19, 'Di', NULL, NULL, 2460310.9, 3, NULL, NULL, NULL, NULL)
"""


@pytest.fixture(scope="module")
def assessed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Output]:
    path = tmp_path_factory.mktemp("analyzer") / "traps.db"
    with sqlite3.connect(path) as connection:
        connection.executescript(SCHEMA)
        connection.execute(USERS)
        connection.execute("INSERT INTO codes VALUES (NULL, 'x'), ('A', 'y'), ('a', 'z')")
        connection.execute("INSERT INTO orders VALUES (1, 1, 1.5, NULL), (2, 77, 2.5, NULL), (3, 78, 1, NULL)")
        connection.execute("INSERT INTO log VALUES ('m', 'info'), ('m', 'info'), ('n', 'info')")
        connection.execute("INSERT INTO pairs VALUES ('p', 1)")
    connection.close()
    yield assess(path)


def assess(path: Path) -> Output:
    database = SqliteDatabase(path, path.name)
    try:
        described = {"database": {"url": f"sqlite:{path}"}, "target": {"type": "postgresql", "version": "18"}}
        return run(Input.model_validate(described), SkillContext(source=database))
    finally:
        database.close()


def found(output: Output, identifier: str, column: str | None = None) -> Hazard:
    [hazard] = [h for h in output.hazards if h.id == identifier and (column is None or h.column == column)]
    return hazard


@pytest.mark.parametrize(
    ("identifier", "column", "count", "keys"),
    [
        ("text-in-number", "age", 1, ["id=2"]),
        ("real-in-integer", "age", 1, ["id=3"]),
        ("integer-beyond-64-bits", "age", 1, ["id=9223372036854775807"]),
        ("nul-in-text", "note", 1, ["id=3"]),
        ("blob-in-text", "note", 1, ["id=2"]),
        ("text-in-binary", "photo", 1, ["id=2"]),
        ("invalid-date", "born", 2, ["id=2", "id=3"]),
        ("mixed-temporal-encodings", "seen", 3, ["id=2", "id=3", "id=9223372036854775807"]),
        ("beyond-declared-scale", "balance", 1, ["id=2"]),
        ("boolean-with-other-values", "active", 1, ["id=2"]),
        ("text-longer-than-declared", "name", 1, ["id=2"]),
        ("infinite-real", "score", 1, ["id=2"]),
        ("mixed-storage-classes", "anything", 2, None),
        ("null-in-primary-key", "code", 1, ["rowid=1, code=None"]),
        ("orphaned-rows", "user_id", 2, ["id=2", "id=3"]),
        ("case-only-duplicates", "email", 1, ["'A@X' and 'a@x'"]),
        ("case-only-duplicates", "code", 1, ["'A' and 'a'"]),
        ("numbers-near-end", "id", 1, ["id=9223372036854775807"]),
        ("table-without-key", None, 1, []),
    ],
)
def test_hazard_in_data_is_counted_and_named(
    assessed: Output, identifier: str, column: str | None, count: int, keys: list[str] | None
) -> None:
    hazard = found(assessed, identifier, column)
    assert hazard.count == count
    assert keys is None or hazard.keys == keys
    assert hazard.remedy


@pytest.mark.parametrize(
    ("identifier", "place"),
    [
        ("foreign-key-parent-missing", "main.orders"),
        ("without-rowid", "main.pairs"),
        ("trigger-to-translate", "main.log.stamp"),
        ("view-to-translate", "main.adults"),
        ("generated-column", "main.users"),
        ("reserved-word", "main.order"),
        ("empty-table", "main.order"),
        ("foreign-keys-not-enforced", "traps.db"),
    ],
)
def test_hazard_in_schema_is_named(assessed: Output, identifier: str, place: str) -> None:
    assert place in [hazard.object for hazard in assessed.hazards if hazard.id == identifier]


def test_rows_are_counted_exactly(assessed: Output) -> None:
    rows = {table.name: (table.rows, table.rows_evidence) for table in assessed.inventory.tables}
    assert rows["main.users"] == (4, "measured")
    assert assessed.inventory.rows_total == 14
    assert assessed.inventory.evidence["rows_total"] == "measured"


def test_every_hazard_could_be_looked_for(assessed: Output) -> None:
    assert assessed.not_checked == []


def test_worst_hazards_come_first(assessed: Output) -> None:
    order = ["blocking", "high", "medium", "low", "info"]
    places = [order.index(hazard.severity) for hazard in assessed.hazards]
    assert places == sorted(places)


def test_score_is_the_sum_of_its_parts(assessed: Output) -> None:
    assert assessed.complexity.score == pytest.approx(sum(part.points for part in assessed.complexity.parts))


def test_effort_is_marked_as_an_estimate(assessed: Output) -> None:
    assert assessed.effort.evidence == "estimated"
    assert assessed.effort.hours == pytest.approx(sum(line.hours for line in assessed.effort.lines), abs=0.1)


def test_clean_database_has_no_hazard_above_info(tmp_path: Path) -> None:
    path = tmp_path / "clean.db"
    with sqlite3.connect(path) as connection:
        connection.executescript(
            "CREATE TABLE a (id INTEGER PRIMARY KEY, born DATE, name VARCHAR(9) NOT NULL, ok BOOLEAN, n DECIMAL(9,2));"
            "INSERT INTO a VALUES (1, '2024-02-29', 'x', 1, 19.99), (2, NULL, 'y', 0, 0.1), (3, NULL, 'z', NULL, 7);"
        )
    connection.close()
    assert [hazard for hazard in assess(path).hazards if hazard.severity != "info"] == []


def test_real_schema_of_chinook_is_clean(tmp_path: Path, corpora: Path) -> None:
    path = tmp_path / "chinook.db"
    with sqlite3.connect(path) as connection:
        connection.executescript((corpora / "schemas/chinook/sqlite.sql").read_text(encoding="utf-8-sig"))
    connection.close()
    output = assess(path)
    assert (output.inventory.rows_total, output.inventory.table_count) == (15607, 11)
    assert {hazard.severity for hazard in output.hazards} <= {"info", "low"}
    assert [advice.index for advice in output.indexes] == ["IFK_PlaylistTrackPlaylistId"]


def test_declared_facts_stay_declared() -> None:
    described = {
        "database": {"type": "postgresql", "version": "12.8", "size_gb": 450, "host": "prod-db-01.example.com"},
        "target": {"type": "postgresql", "version": "16.1", "platform": "aws-rds"},
    }
    output = run(Input.model_validate(described), SkillContext())
    assert output.inventory.size_bytes == 450_000_000_000
    assert output.inventory.counts == {}
    assert (output.inventory.rows_total, output.complexity.level) == (None, None)
    assert output.inventory.evidence["size_gb"] == "declared"
    assert output.evidence["hazards"] == "not_run"
    assert {change.release for change in output.breaking_changes} == {13, 14, 15, 16}
    assert {change.status for change in output.breaking_changes} == {"to_check"}


@pytest.mark.parametrize(
    ("described", "code"),
    [({"url": "sqlite:x.db"}, "SOURCE_NOT_OPEN"), ({"type": "postgresql"}, "INPUT_INCOMPLETE")],
)
def test_nothing_to_assess_is_refused(described: dict[str, str], code: str) -> None:
    with pytest.raises(UsageError) as refused:
        run(Input.model_validate({"database": described}), SkillContext())
    assert refused.value.code == code
