"""dbmo compare and dbmo verify-certificate: two live databases beside each other, from the command line."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.journeys.life import Ended, dbmo
from tests.moving import sqlite_file
from tests.mysql_servers import connected

HOSTILE = "<script>alert(1)</script>\u202e"


@pytest.fixture
def ends(tmp_path: Path) -> tuple[str, str]:
    """Two files: one row differs, one is missing, one is extra."""
    table = "CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT)"
    insert = "INSERT INTO person VALUES (?, ?)"
    one = [(1, "Ada"), (2, "Bob"), (3, None)]
    other = [(1, HOSTILE), (3, None), (4, "Eve")]
    made = (sqlite_file(tmp_path / f"{n}.db", table, rows=[(insert, rows)]) for n, rows in (("a", one), ("b", other)))
    here, there = (f"sqlite:{path}" for path in made)
    return here, there


@pytest.fixture
def key(tmp_path: Path) -> Path:
    path = tmp_path / "key.pem"
    path.write_bytes(Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return path


def compare(ends: tuple[str, str], *words: object) -> Ended:
    return dbmo("compare", *ends, *words)


def test_what_differs_is_named_with_both_values_and_the_status_is_1(ends: tuple[str, str]) -> None:
    found = compare(ends)
    assert found.status == 1
    assert "DIFFERS main.person: 1 different, 1 missing, 1 extra" in found.out
    assert "Ada" in found.out and "\u202e" not in found.out
    assert found.out.endswith("Different.\n")


def test_no_values_shows_keys_and_columns_only(ends: tuple[str, str], tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    for found in (compare(ends, "--no-values", "--page", page), compare(ends, "--no-values", "--json")):
        assert found.status == 1 and "Ada" not in found.out and "name" in found.out
    assert "Ada" not in page.read_text() and "Bob" not in page.read_text()


def test_equal_databases_end_with_0(ends: tuple[str, str]) -> None:
    found = dbmo("compare", ends[0], ends[0])
    assert (found.status, found.out.splitlines()[-1]) == (0, "Equal.")


def test_the_json_is_the_skills_output(ends: tuple[str, str]) -> None:
    found = json.loads(compare(ends, "--json", "--level", "rows").out)
    assert (found["equal"], found["tables"][0]["columns"], found["tables"][0]["missing"]) == (False, ["name"], 1)


def test_nothing_of_a_database_takes_effect_in_the_page(ends: tuple[str, str], tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    assert compare(ends, "--page", page).status == 1
    text = page.read_text(encoding="utf-8")
    assert "<script" not in text and "\u202e" not in text and "&lt;" in text


def test_a_repair_is_shown_first_and_done_when_it_is_approved(ends: tuple[str, str]) -> None:
    shown = compare(ends, "--repair")
    assert shown.status == 1
    approved = hash_in(shown)
    done = compare(ends, "--repair", "--approve", approved)
    assert done.status == 1, "the extra row is still there"
    rest = compare(ends, "--repair")
    assert compare(ends, "--repair", "--approve", hash_in(rest), "--deletes").status == 0
    assert dbmo("compare", *ends).status == 0


def test_another_repair_than_the_approved_one_is_not_done(ends: tuple[str, str]) -> None:
    approved = hash_in(compare(ends, "--repair"))
    with closing(sqlite3.connect(ends[1].removeprefix("sqlite:"))) as connection, connection:
        connection.execute("UPDATE person SET name = 'changed' WHERE id = 1")
    refused = compare(ends, "--repair", "--approve", approved, "--deletes")
    assert refused.status == 3 and "REPAIR_CHANGED" in refused.err
    assert compare(ends, "--json").out.count('"kind"') == 3


@pytest.mark.parametrize(
    "words, code",
    [
        (("--approve", "x"), "REPAIR_MISSING"),
        (("--deletes",), "REPAIR_MISSING"),
        (("--certificate", "c.json"), "KEY_MISSING"),
        (("--name", "x"), "NAME_INVALID"),
        (("--name", "main.nobody=main.person"), "NAME_UNKNOWN"),
        (("--only", "nobody"), "TABLE_UNKNOWN"),
        (("--skip", "nobody"), "TABLE_UNKNOWN"),
        (("--ignore", "nothing"), "NAME_UNKNOWN"),
        (("--source-cpu", "2"), "INPUT_INVALID"),
    ],
)
def test_wrong_words_are_refused_before_anything_is_compared(
    ends: tuple[str, str], words: tuple[str, ...], code: str
) -> None:
    found = compare(ends, *words)
    assert (found.status, found.out) == (2, "") and code in found.err


def test_a_file_that_is_something_else_never_becomes_a_state(ends: tuple[str, str], tmp_path: Path) -> None:
    here = Path(ends[0].removeprefix("sqlite:"))
    (tmp_path / "words.txt").write_text("some words")
    for file in (here, tmp_path / "words.txt"):
        before = file.read_bytes()
        refused = compare(ends, "--state", file)
        assert refused.status == 2 and "STATE_UNREADABLE" in refused.err
        assert file.read_bytes() == before
    state = tmp_path / "state.db"
    assert [compare(ends, "--state", state, "--settle", "1").status for _ in range(2)] == [1, 1]
    assert state.exists()


def test_an_ignored_column_is_not_compared_and_said(ends: tuple[str, str]) -> None:
    found = json.loads(compare(ends, "--ignore", "person.name", "--json").out)
    assert (found["tables"][0]["different"], found["ignored"]) == (0, {"main.person": ["name"]})


def test_a_certificate_is_written_checked_and_fails_when_a_side_changed(
    ends: tuple[str, str], key: Path, tmp_path: Path
) -> None:
    file = tmp_path / "c.json"
    assert dbmo("compare", ends[0], ends[0], "--certificate", file, "--key", key).status == 0
    assert dbmo("verify-certificate", file, "--signer", key, "--recheck").status == 0
    changed = dbmo("verify-certificate", file, "--recheck", "--target", ends[1])
    assert changed.status == 1 and "the target has" in changed.out
    assert dbmo("verify-certificate", file, "--signer", "somebody").status == 1
    file.write_text(file.read_text().replace('"rows_source": 3', '"rows_source": 4'))
    assert dbmo("verify-certificate", file).status == 1


def test_no_certificate_is_written_of_what_differs(ends: tuple[str, str], key: Path, tmp_path: Path) -> None:
    file = tmp_path / "c.json"
    assert compare(ends, "--certificate", file, "--key", key).status == 1
    assert not file.exists()


def hash_in(shown: Ended) -> str:
    found = re.search(r"--approve ([0-9a-f]{64})", shown.out)
    assert found is not None
    return found[1]


def test_a_table_without_snapshots_is_named(empty_mariadb: str) -> None:
    with connected(empty_mariadb) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE safe (id INT PRIMARY KEY)")
        cursor.execute("CREATE TABLE loose (id INT PRIMARY KEY) ENGINE = MyISAM")
    found = json.loads(dbmo("compare", empty_mariadb, empty_mariadb, "--json").out)
    assert found["equal"] and [name.rpartition(".")[2] for name in found["notes"]] == ["loose"]
    assert "MyISAM keeps no snapshot" in str(found["notes"])
