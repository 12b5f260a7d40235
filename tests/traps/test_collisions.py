"""Nothing cancels and nothing collides: rows, their encoding, their keyed hashes and the sums over them."""

import hashlib
import sqlite3
from contextlib import closing
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.columns import Kind, LogicalType
from tests.traps.model import Found
from tests.traps.running import catalog_of, findings, found_in
from transfer.canonical.columns import ComparedColumn, Form, Held
from transfer.canonical.encoding import Digest, Hashing, Texts, decode, encode
from transfer.compare.model import Options
from transfer.compare.pairing import pair_catalogs
from transfer.compare.table import compare_table
from transfer.sides.open import open_side

# Two messages of the same MD5 (X. Wang, H. Yu: How to Break MD5 and Other Hash Functions, 2005).
TWINS = [
    bytes.fromhex(
        "d131dd02c5e6eec4693d9a0698aff95c2fcab5"
        + first
        + "12467eab4004583eb8fb7f8955ad340609f4b30283e4888325"
        + second
        + "415a085125e8f7cdc99fd91dbd"
        + third
        + "80373c5bd8823e3156348f5bae6dacd436c919c6dd53e2"
        + fourth
        + "87da03fd02396306d248cda0e99f33420f577ee8ce54b67080"
        + fifth
        + "0d1ec69821bcb6a8839396f965"
        + sixth
        + "6ff72a70"
    )
    for first, second, third, fourth, fifth, sixth in (
        ("87", "71", "f2", "b4", "a8", "2b"),
        ("07", "f1", "72", "34", "28", "ab"),
    )
]


def column(form: Form, name: str = "v") -> ComparedColumn:
    held = Held(name=name, native="text", type=LogicalType(kind=Kind.TEXT))
    return ComparedColumn(name=name, form=form, source=held, target=held)


TEXTS = [column(Form.TEXT, name) for name in "ab"]
# what tempts an encoding: its own marks, lengths, delimiters, names of NULL
TEMPTING = st.lists(st.sampled_from(["n", ",", ":", "1:", "2:a", "0:", "n,", "12", "", "NULL", "\0"])).map(
    lambda parts: "".join(parts).encode()
)
DELIMITED = st.text(alphabet="0123456789-.: abcdef", min_size=1).map(str.encode)


@given(st.lists(st.tuples(st.booleans(), st.none() | TEMPTING, st.none() | DELIMITED), min_size=1, max_size=5))
def test_every_row_is_read_back_from_its_encoding(row: list[tuple[bool, bytes | None, bytes | None]]) -> None:
    columns = [column(Form.NUMBER if delimited else Form.TEXT) for delimited, _, _ in row]
    texts: Texts = [number if delimited else text for delimited, text, number in row]
    assert decode(columns, encode(columns, texts)) == texts


JOINED: list[Texts] = [
    [b"ab", b"c"], [b"a", b"bc"], [b"", b"abc"], [b"abc", b""], [None, b"abc"], [b"abc", None], [None, None],
    [b"n", None], [None, b"n"], [b"", b""], [b"n", b""], [b"", b"n"], [b"1:a", b"b"], [b"1", b":ab"], [b"0:", b""],
    [b"a,", b"b"], [b"a", b",b"], [b"NULL", None], [None, b"NULL"], [b"\0", b""], [b"", b"\0"],
]  # fmt: skip


def test_rows_that_join_to_the_same_text_are_encoded_apart() -> None:
    assert all(encode(TEXTS, one) != encode(TEXTS, other) for one, other in combinations(JOINED, 2))


def test_messages_of_the_same_md5_get_different_hashes() -> None:
    assert hashlib.md5(TWINS[0]).digest() == hashlib.md5(TWINS[1]).digest()
    assert TWINS[0] != TWINS[1]
    for form in (Form.TEXT, Form.CHAR):
        hashing = Hashing.new()
        one, other = (hashing.row(encode([column(form)], [twin])) for twin in TWINS)
        assert one != other


def test_a_new_key_gives_other_hashes() -> None:
    rows = {Hashing.new().row(b"1:a") for _ in range(3)}
    assert len(rows) == 3


HASHING = Hashing("md5", "00" * 16)
KEYED = [column(Form.NUMBER, "id"), *TEXTS]


def digest(rows: list[tuple[int, str | None, str | None]]) -> Digest:
    total = Digest()
    for number, *texts in rows:
        values: Texts = [b"%d" % number, *(None if text is None else text.encode() for text in texts)]
        total = total.with_row(HASHING.row(encode(KEYED, values)))
    return total


ROWS: list[tuple[int, str | None, str | None]] = [(1, "x", "y"), (2, "y", "x"), (3, "x", "x"), (4, None, "n")]
CANCELLING: dict[str, list[tuple[int, str | None, str | None]]] = {
    "values swapped between rows": [(1, "y", "x"), (2, "x", "y"), *ROWS[2:]],
    "one column swapped between rows": [(1, "y", "y"), (2, "x", "x"), *ROWS[2:]],
    "columns swapped in a row": [*ROWS[:3], (4, "n", None)],
    "keys swapped": [(2, "x", "y"), (1, "y", "x"), *ROWS[2:]],
    "a row twice, one lost": [ROWS[0], ROWS[0], *ROWS[2:]],
    "two equal rows more": [*ROWS, (9, "z", "z"), (9, "z", "z")],
    "four equal rows more": [*ROWS, *[(9, "z", "z")] * 4],
    "a row lost": ROWS[1:],
}


@pytest.mark.parametrize("rows", CANCELLING.values(), ids=CANCELLING)
def test_differences_do_not_cancel_in_a_digest(rows: list[tuple[int, str | None, str | None]]) -> None:
    assert digest(rows) != digest(ROWS)


def test_order_and_parts_mean_nothing_to_a_digest() -> None:
    assert digest(ROWS[::-1]) == digest(ROWS) == digest(ROWS[:1]) + digest(ROWS[1:])


def table(path: Path, kind: str, statements: str = "") -> str:
    """A file with 3,000 rows under a key, and 300 rows of 100 kinds without one."""
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(f"""
            CREATE TABLE keyed (id {kind} PRIMARY KEY, a TEXT, b TEXT);
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
            INSERT INTO keyed SELECT i, 'a' || (i % 7), 'b' || (i % 5) FROM n;
            CREATE TABLE loose (a TEXT, b INTEGER);
            INSERT INTO loose SELECT 'v' || (id % 10), id % 100 FROM keyed WHERE id <= 300;
            {statements};
        """)
    return f"sqlite:{path}"


def row_differences(folder: Path, kind: str, statements: str, name: str) -> set[Found]:
    urls = table(folder / "source.db", kind), table(folder / "target.db", kind, statements)
    pairing = pair_catalogs(catalog_of(urls[0]), catalog_of(urls[1]))
    [compared] = [one for one in pairing.tables if one.name.endswith(name)]
    with (
        closing(open_side(urls[0], "source")) as source,
        closing(open_side(urls[1], "target")) as target,
        findings() as kept,
    ):
        result = compare_table(source, target, compared, Options(), kept)
    assert result.problem is None
    return found_in(result)


def different(key: str, *columns: str) -> Found:
    return Found("different", (key,), columns)


# id 8 and 15 have the same a, 7 and 14 too; 1 is the first row, 3000 the last
KEYED_CASES: dict[str, tuple[str, set[Found]]] = {
    "swapped between rows": (
        "UPDATE keyed SET a = CASE id WHEN 1 THEN 'a0' ELSE 'a1' END WHERE id IN (1, 3000 - 3000 % 7)",
        {different("1", "a"), different("2996", "a")},
    ),
    "swapped columns": ("UPDATE keyed SET a = b, b = a WHERE id = 1500", {different("1500", "a", "b")}),
    "swapped keys": (
        "UPDATE keyed SET id = -1 WHERE id = 10; UPDATE keyed SET id = 10 WHERE id = 2000; "
        "UPDATE keyed SET id = 2000 WHERE id = -1",
        {different("10", "a"), different("2000", "a")},
    ),
    "moved to another part": (
        "UPDATE keyed SET id = 900000 WHERE id = 1",
        {Found("missing", ("1",)), Found("extra", ("900000",))},
    ),
    "moved in front": (
        "UPDATE keyed SET id = -5 WHERE id = 3000",
        {Found("missing", ("3000",)), Found("extra", ("-5",))},
    ),
    "joined otherwise": ("UPDATE keyed SET a = 'a4b', b = '2' WHERE id = 32", {different("32", "a", "b")}),
    "one lost, one more": (
        "DELETE FROM keyed WHERE id = 17; INSERT INTO keyed VALUES (4000, 'a3', 'b2')",
        {Found("missing", ("17",)), Found("extra", ("4000",))},
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", ["INTEGER", "TEXT"])
@pytest.mark.parametrize("name", KEYED_CASES)
def test_cancelling_differences_are_found(tmp_path: Path, name: str, kind: str) -> None:
    statements, found = KEYED_CASES[name]
    assert row_differences(tmp_path, kind, statements, "keyed") == found


LOOSE_CASES: dict[str, tuple[str, set[Found]]] = {
    "both of a pair lost": (
        "DELETE FROM loose WHERE rowid IN (5, 105)",
        {Found("missing", ("v5", "5"))},
    ),
    "one more, one less": (
        "DELETE FROM loose WHERE rowid = 5; INSERT INTO loose VALUES ('v6', 6)",
        {Found("missing", ("v5", "5")), Found("extra", ("v6", "6"))},
    ),
    "values swapped between rows": (
        "UPDATE loose SET b = CASE rowid WHEN 1 THEN 2 ELSE 1 END WHERE rowid IN (1, 2)",
        {
            Found("missing", ("v1", "1")),
            Found("missing", ("v2", "2")),
            Found("extra", ("v1", "2")),
            Found("extra", ("v2", "1")),
        },
    ),
}


@pytest.mark.parametrize("name", LOOSE_CASES)
def test_rows_without_a_key_count_as_often_as_they_are_there(tmp_path: Path, name: str) -> None:
    statements, wanted = LOOSE_CASES[name]
    assert row_differences(tmp_path, "INTEGER", statements, "loose") == wanted
