"""Names and texts survive the way into a statement and back."""

from __future__ import annotations

import psycopg
import pytest

from engines.postgresql.quoting import quote_identifier, quote_literal, quote_name

HOSTILE = ["plain", "Mixed", "select", 'a"b', "a.b", "it's", "new\nline", "back\\slash", "%s", "é" * 31, "$1", '";--']


@pytest.mark.parametrize(
    ("name", "written"), [("a", '"a"'), ('a"b', '"a""b"'), ("a.b", '"a.b"'), ("select", '"select"')]
)
def test_identifier(name: str, written: str) -> None:
    assert quote_identifier(name) == written


@pytest.mark.parametrize(("text", "written"), [("a", "'a'"), ("it's", "'it''s'"), ("a\\b'", "E'a\\\\b'''")])
def test_literal(text: str, written: str) -> None:
    assert quote_literal(text) == written


@pytest.mark.parametrize("name", ["", "a\0b"])
def test_what_cannot_be_a_name(name: str) -> None:
    with pytest.raises(ValueError):
        quote_identifier(name)


def test_a_literal_with_nul_is_refused() -> None:
    with pytest.raises(ValueError):
        quote_literal("a\0")


@pytest.mark.parametrize("conforming", ["on", "off"])
def test_the_server_reads_them_back(empty_15: str, conforming: str) -> None:
    with psycopg.connect(empty_15) as connection:
        connection.execute("SET standard_conforming_strings = " + conforming)
        for name in HOSTILE:
            connection.execute(f"CREATE TABLE {quote_name('public', name)} ({quote_identifier(name)} text)".encode())
            connection.execute(f"INSERT INTO {quote_name('public', name)} VALUES ({quote_literal(name)})".encode())
            cursor = connection.execute(f"SELECT * FROM {quote_name('public', name)}".encode())
            assert cursor.description is not None and cursor.description[0].name == name
            assert cursor.fetchall() == [(name,)]
