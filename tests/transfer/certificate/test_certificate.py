"""Certificates: made of equal comparisons only, checked by themselves and against the databases."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from engines.errors import CheckFailed, UsageError
from skills.context import SkillContext
from skills.data_migration_validator.skill import Input, run
from tests.moving import sqlite_file
from transfer.certificate.check import check_itself, check_parts, chosen_parts, read_certificate
from transfer.certificate.make import certify
from transfer.certificate.model import Certificate
from transfer.compare.model import TableComparison

ROWS = [(n, f"name {n}") for n in range(1, 501)]
TABLES = ("CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT)", "CREATE TABLE word (word TEXT)")
WORDS = ("INSERT INTO word VALUES (?)", [("a",), ("a",), ("b",)])


@pytest.fixture
def ends(tmp_path: Path) -> tuple[Path, Path]:
    people = ("INSERT INTO person VALUES (?, ?)", ROWS)
    one, other = (sqlite_file(tmp_path / f"{n}.db", *TABLES, rows=[people, WORDS]) for n in ("a", "b"))
    return one, other


@pytest.fixture
def key(tmp_path: Path) -> Path:
    private = Ed25519PrivateKey.generate()
    path = tmp_path / "key.pem"
    path.write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return path


def compared(ends: tuple[Path, Path], key: Path, **more: Any) -> Certificate | None:
    given = {"source": {"url": f"sqlite:{ends[0]}"}, "target": {"url": f"sqlite:{ends[1]}"}}
    return run(Input.model_validate({**given, "certificate_key": str(key), **more}), SkillContext()).certificate


def rechecked(certificate: Certificate, *names: str) -> dict[str, bool]:
    parts = chosen_parts(certificate, names)
    return {c.name: c.holds for c in check_parts(certificate, parts, certificate.source.url, certificate.target.url)}


def change(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement)


def test_equal_databases_get_a_certificate_that_holds(ends: tuple[Path, Path], key: Path) -> None:
    made = compared(ends, key)
    assert made is not None
    assert check_itself(made, made.public_key).holds
    assert (made.rows, {table.table.name for table in made.tables}) == (503, {"main.person", "main.word"})
    assert all(rechecked(made).values())


def test_databases_that_differ_get_none(ends: tuple[Path, Path], key: Path) -> None:
    change(ends[1], "UPDATE person SET name = 'x' WHERE id = 7")
    assert compared(ends, key) is None


@pytest.mark.parametrize("level", ["counts", "sample", "schema", "stream"])
def test_a_level_without_hashes_of_all_rows_certifies_nothing(ends: tuple[Path, Path], key: Path, level: str) -> None:
    with pytest.raises(UsageError, match="CERTIFICATE_LEVEL"):
        compared(ends, key, level=level)


@pytest.mark.parametrize("end", [0, 1])
def test_a_part_that_changed_since_fails_and_says_where(ends: tuple[Path, Path], key: Path, end: int) -> None:
    made = compared(ends, key)
    assert made is not None
    change(ends[end], "UPDATE person SET name = 'x' WHERE id = 7")
    failed = [name for name, holds in rechecked(made).items() if not holds]
    assert failed and all(name.startswith("main.person:") for name in failed)
    assert all(rechecked(made, "word").values())


def test_a_row_that_came_on_both_sides_is_not_what_was_certified(ends: tuple[Path, Path], key: Path) -> None:
    made = compared(ends, key)
    assert made is not None
    for end in ends:
        change(end, "INSERT INTO word VALUES ('new')")
    assert not all(rechecked(made, "main.word").values())


@pytest.mark.parametrize(
    "path, value",
    [
        (("tables", 0, "rows_source"), 1),
        (("tables", 0, "parts", 0, "digest"), "0" * 32),
        (("tables", 0, "table", "columns", 0, "form"), "text"),
        (("source", "position"), "another moment"),
        (("made_at",), "2020-01-01T00:00:00+00:00"),
    ],
)
def test_anything_changed_breaks_it(ends: tuple[Path, Path], key: Path, path: tuple[Any, ...], value: object) -> None:
    made = compared(ends, key)
    assert made is not None
    data = made.model_dump(mode="json")
    inner = data
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    assert not check_itself(Certificate.model_validate(data)).holds


def test_another_signer_is_not_the_one_who_was_expected(ends: tuple[Path, Path], key: Path) -> None:
    made = compared(ends, key)
    assert made is not None
    found = {check.name: check.holds for check in check_itself(made, "somebody else").checks}
    assert (found["signature"], found["signer"]) == (True, False)


@pytest.mark.parametrize("name", ["nobody", "main.person:0", "main.person:999999", "main.person:x"])
def test_a_part_that_is_not_there_is_refused(ends: tuple[Path, Path], key: Path, name: str) -> None:
    made = compared(ends, key)
    assert made is not None
    with pytest.raises(UsageError, match="PART_UNKNOWN"):
        chosen_parts(made, [name])


@pytest.mark.parametrize("text", ["", "[]", '{"format": "other"}', '{"format": "dbmo-certificate-1"}', "\0"])
def test_a_file_that_is_no_certificate_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "c.json").write_text(text)
    with pytest.raises(UsageError, match="CERTIFICATE_UNREADABLE"):
        read_certificate(tmp_path / "c.json")


def test_a_certificate_survives_its_file(ends: tuple[Path, Path], key: Path, tmp_path: Path) -> None:
    made = compared(ends, key)
    assert made is not None
    (tmp_path / "c.json").write_text(made.model_dump_json())
    assert read_certificate(tmp_path / "c.json") == made


def test_tables_that_differ_are_refused_by_name(ends: tuple[Path, Path], key: Path) -> None:
    made = compared(ends, key)
    assert made is not None
    bad = TableComparison(name="main.person", source="main.person", target="main.person", level="rows", missing=1)
    with pytest.raises(CheckFailed, match=r"main\.person"):
        certify([(made.tables[0].table, bad)], made.source, made.target, made.key, "dbmo", key)
