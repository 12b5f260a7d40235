"""Traps of texts: padding, blanks, NULL, Unicode, columns that run into each other, length."""

from __future__ import annotations

from collections.abc import Mapping

from tests.traps.model import MARIADB, MONGODB, POSTGRESQL, SQLITE, Case, Held, different, documents, texts

NO_PADDING = "neither engine pads: there every blank is data (trap 2)"
NO_NUL = "PostgreSQL's text holds no NUL"
ONLY_UTF8 = "only SQLite holds text that isn't UTF-8"

Values = Mapping[int, str | None]


def everywhere(rows: Values, differ: Values, same: Values | None = None, **types: str) -> dict[str, Held]:
    """The same texts on all four engines; types: another type than text, of the base or of `same_<engine>`."""

    def sql(engine: str, kind: str) -> Held:
        other = types.get(f"same_{engine}")
        base = types.get(engine, kind)
        return Held(
            f"v {base}",
            texts(rows),
            texts(same or {}),
            texts(differ),
            same_columns=f"v {other}" if other else None,
        )

    return {
        POSTGRESQL: sql(POSTGRESQL, "text"),
        MARIADB: sql(MARIADB, "varchar(200)"),
        SQLITE: sql(SQLITE, "TEXT"),
        MONGODB: Held("", documents("v", rows), documents("v", same or {}), documents("v", differ)),
    }


PADDED = {1: "ab", 2: "cd", 3: ""}
PADDING = Case(
    1,
    "padding",
    "char(8) holds blanks on one engine and none on the other; a blank in front counts",
    {
        POSTGRESQL: Held("v char(8)", texts(PADDED), differ=texts({2: " cd"}), same_columns="v char(5)"),
        MARIADB: Held("v char(8)", texts(PADDED), differ=texts({2: " cd"}), same_columns="v char(5)"),
        SQLITE: Held("v CHAR(8)", texts(PADDED), texts({1: "ab      ", 3: "        "}), texts({2: " cd"})),
        MONGODB: Held("", documents("v", PADDED), documents("v", {1: "ab      "}), documents("v", {2: " cd"})),
    },
    different(2),
    apart={f"{source}-{target}": NO_PADDING for source in (SQLITE, MONGODB) for target in (SQLITE, MONGODB)},
)

BLANKS = Case(
    2,
    "blanks",
    "'a' and 'a ' are equal to a PAD SPACE collation, and two texts all the same",
    everywhere(
        {1: "a ", 2: "a", 3: "b\t", 4: " ", 5: ""},
        {1: "a", 4: ""},
        postgresql="varchar(200)",
        same_postgresql="text",
        same_mysql="varchar(200) COLLATE utf8mb4_nopad_bin",
        same_sqlite="TEXT COLLATE RTRIM",
    ),
    different(1, 4),
)

EMPTY = Case(
    4,
    "empty",
    "an empty text that became NULL, and a NULL that became an empty text",
    everywhere({1: "", 2: None, 3: "x", 4: "", 5: None}, {1: None, 2: ""}, same_mysql="longtext"),
    different(1, 2),
)

MISSING = Case(
    4,
    "missing",
    "a field that is missing and one that is null",
    {MONGODB: Held("", {1: {"v": None}, 2: {}, 3: {"v": 1}}, differ={1: {}, 2: {"v": None}})},
    different(1, 2),
    apart=dict.fromkeys((POSTGRESQL, MARIADB, SQLITE), "only documents tell a missing field from null"),
)

NFC, NFD = "\u00e9", "e\u0301"
FORMS = Case(
    15,
    "forms",
    "letters composed or not, ligatures, characters of four bytes: compared by code points",
    everywhere(
        {1: NFC, 2: NFD, 3: "\U0001d4b3\U0001f600", 4: "\ufb01", 5: "\u212b\u00c5", 6: "'\"%:\u2028\t\n"},
        {1: NFD, 3: "??", 5: "\u00c5\u00c5"},
        same_mysql="longtext COLLATE utf8mb4_unicode_ci",
    ),
    different(1, 3, 5),
)

ZERO_SQL = {MARIADB: "CONCAT('a', CHAR(0), 'b')", SQLITE: "'a' || char(0) || 'b'"}
NUL = Case(
    15,
    "nul",
    "text with a NUL inside, cut there",
    {
        MARIADB: Held("v varchar(20)", {1: ZERO_SQL[MARIADB], 2: "'x'"}, differ={1: "'a'"}, same_columns="v longtext"),
        SQLITE: Held("v TEXT", {1: ZERO_SQL[SQLITE], 2: "'x'"}, differ={1: "'a'"}),
        MONGODB: Held("", documents("v", {1: "a\0b", 2: "x"}), differ=documents("v", {1: "a"})),
    },
    different(1),
    apart={POSTGRESQL: NO_NUL},
)

LATIN = Case(
    15,
    "charset",
    "the same letters in another character set, and UTF-8 that was read as Latin-1",
    everywhere(
        {1: "caf\u00e9 \u20ac", 2: "\u00fc", 3: "plain"},
        {1: "caf\u00c3\u00a9 \u20ac", 2: "?"},
        same_mysql="varchar(50) CHARACTER SET latin1",
    ),
    different(1, 2),
)

INVALID = Case(
    15,
    "invalid",
    "bytes that are no UTF-8 in a text",
    {SQLITE: Held("v TEXT", {1: "CAST(x'61ff62' AS TEXT)", 2: "'x'"}, differ={1: "CAST(x'61fe62' AS TEXT)"})},
    different(1),
    apart=dict.fromkeys((POSTGRESQL, MARIADB, MONGODB), ONLY_UTF8),
)

# row -> (a, b): the base, and what runs into the same text when columns are only joined
JOINED = {
    1: ("ab", "c"),
    2: ("x,", "y"),
    3: (None, "n"),
    4: ("1:a", "2:bc"),
    5: ("", "NULL"),
    6: ("n,", ""),
    7: (None, ""),
    8: ("<null>", "same"),
}
MOVED = {
    1: ("a", "bc"),
    2: ("x", ",y"),
    3: ("n", None),
    4: ("1:a2", ":bc"),
    5: ("NULL", ""),
    6: ("", "n,"),
    7: ("", None),
}


def _two(rows: Mapping[int, tuple[str | None, str | None]], turned: bool = False) -> dict[int, str]:
    literals = {key: list(texts({0: first, 1: second}).values()) for key, (first, second) in rows.items()}
    return {key: ", ".join(reversed(pair) if turned else pair) for key, pair in literals.items()}


def _documents(rows: Mapping[int, tuple[str | None, str | None]]) -> dict[int, dict[str, str]]:
    return {
        key: {name: text for name, text in (("a", first), ("b", second)) if text is not None}
        for key, (first, second) in rows.items()
    }


def _joined(kind: str) -> Held:
    """The planted equal has its columns in the other order."""
    return Held(
        f"a {kind}, b {kind}",
        _two(JOINED),
        _two(JOINED, turned=True),
        _two(MOVED),
        same_columns=f"b {kind}, a {kind}",
    )


CONCATENATED = Case(
    16,
    "joined",
    "('ab', 'c') and ('a', 'bc'); delimiters, lengths and the mark of NULL as data; columns in another order",
    {
        POSTGRESQL: _joined("text"),
        MARIADB: _joined("varchar(50)"),
        SQLITE: _joined("TEXT"),
        MONGODB: Held("", _documents(JOINED), differ=_documents(MOVED)),
    },
    different(*MOVED, columns=("a", "b")),
)

LENGTHS = {1: 1024, 2: 65_535, 3: 70_000, 4: 1_100_000}


def _long(pattern: str) -> dict[int, str]:
    return {key: pattern.format(length=length) for key, length in LENGTHS.items()}


CUT = {1: 1023, 3: 65_535, 4: 1_099_999}
LONG = Case(
    25,
    "long",
    "texts cut at the limit of a type, of GROUP_CONCAT, of a packet",
    {
        engine: Held(
            f"v {kind}",
            _long(pattern),
            differ={key: pattern.format(length=length) for key, length in CUT.items()},
        )
        for engine, kind, pattern in (
            (POSTGRESQL, "text", "repeat('x', {length})"),
            (MARIADB, "longtext", "REPEAT('x', {length})"),
            (SQLITE, "TEXT", "replace(hex(zeroblob({length})), '00', 'x')"),
        )
    }
    | {
        MONGODB: Held(
            "",
            documents("v", {key: "x" * length for key, length in LENGTHS.items()}),
            differ=documents("v", {key: "x" * length for key, length in CUT.items()}),
        )
    },
    different(*CUT),
)

CASES = [PADDING, BLANKS, EMPTY, MISSING, FORMS, NUL, LATIN, INVALID, CONCATENATED, LONG]
