"""How PostgreSQL cuts a statement, pair by pair; tests/hardening/test_reading.py asks the server itself."""

from __future__ import annotations

import pytest

from conversion.lexemes import Unreadable, lexemes


@pytest.mark.parametrize(
    ("sql", "pieces"),
    [
        ("SELECT Lower(a)", ["word select", "word lower", "sign (", "word a", "sign )"]),
        ('"Lower"("a""b")', ["quoted Lower", "sign (", 'quoted a"b', "sign )"]),
        (r"E'\'', f()", ["string", "sign ,", "word f", "sign (", "sign )"]),
        (r"'\', f()", ["string", "sign ,", "word f", "sign (", "sign )"]),
        ("a$b$, c$b$", ["word a$b$", "sign ,", "word c$b$"]),
        ("$b$ it's $$ $b$ || $$x$$", ["string", "sign ||", "string"]),
        ("1 /* /* */ f() */ + 2", ["number 1", "sign +", "number 2"]),
        ("1 -- f()\r+ 2", ["number 1", "sign +", "number 2"]),
        ("1+-- f()\n2", ["number 1", "sign +", "number 2"]),
        ("1+/* f() */2", ["number 1", "sign +", "number 2"]),
        ("a::b[1:2]", ["word a", "sign ::", "word b", "sign [", "number 1", "sign :", "number 2", "sign ]"]),
        ("U&'\\0041' N'x' ", None),
        ("f\u00a0(1)", ["word f\u00a0", "sign (", "number 1", "sign )"]),
    ],
)
def test_statement_is_cut_as_the_server_cuts_it(sql: str, pieces: list[str] | None) -> None:
    if pieces is None:
        with pytest.raises(Unreadable):
            list(lexemes(sql))
    else:
        assert [f"{piece.kind} {piece.text}".rstrip(" ") for piece in lexemes(sql)] == pieces


@pytest.mark.parametrize(
    "sql", ["SELECT 'a", "SELECT /* 1", 'SELECT "a', "SELECT {# 1 #}", 'U&"a"', "SELECT \\", "SELECT 'a'\n'b'", "\x00"]
)
def test_what_the_server_may_read_otherwise_is_not_read_at_all(sql: str) -> None:
    with pytest.raises(Unreadable):
        list(lexemes(sql))
