"""The catalog that is read from SQLite files: made by hand, hostile, broken, and real schemas."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engines.catalog import Catalog, Kind, LogicalType, Table
from engines.sqlite.database import SqliteDatabase
from engines.sqlite.types import logical_type

Reads = Callable[[str], Catalog]


@pytest.fixture
def read(tmp_path: Path) -> Iterator[Reads]:
    def catalog_of(script: str) -> Catalog:
        path = tmp_path / "x.db"
        path.unlink(missing_ok=True)
        connection = sqlite3.connect(path)
        connection.executescript(script)
        connection.close()
        database = SqliteDatabase(path, "source")
        try:
            return database.catalog()
        finally:
            database.close()

    yield catalog_of


def one(catalog: Catalog) -> Table:
    assert catalog.unread == []
    return catalog.tables[0]


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        ("", LogicalType(kind=Kind.DYNAMIC)),
        ("ANY", LogicalType(kind=Kind.DYNAMIC)),
        ("WHATEVER", LogicalType(kind=Kind.DYNAMIC)),
        ("INTEGER", LogicalType(kind=Kind.INTEGER, bits=64)),
        ("int(11)", LogicalType(kind=Kind.INTEGER, bits=64)),
        ("UNSIGNED BIG INT", LogicalType(kind=Kind.INTEGER, bits=64)),
        ("INT UNSIGNED", LogicalType(kind=Kind.INTEGER, bits=64)),
        ("SMALLINT", LogicalType(kind=Kind.INTEGER, bits=16)),
        ("POINT", LogicalType(kind=Kind.INTEGER, bits=64)),
        ("boolean", LogicalType(kind=Kind.BOOLEAN)),
        ("DATE", LogicalType(kind=Kind.DATE)),
        ("datetime", LogicalType(kind=Kind.TIMESTAMP)),
        ("TIMESTAMP(3)", LogicalType(kind=Kind.TIMESTAMP, precision=3)),
        ("timestamp with time zone", LogicalType(kind=Kind.TIMESTAMP, with_zone=True)),
        ("TIME", LogicalType(kind=Kind.TIME)),
        ("DECIMAL(10,2)", LogicalType(kind=Kind.DECIMAL, precision=10, scale=2)),
        ("NUMERIC( 12 )", LogicalType(kind=Kind.DECIMAL, precision=12, scale=0)),
        ("NUMERIC", LogicalType(kind=Kind.DECIMAL)),
        ("DOUBLE  PRECISION", LogicalType(kind=Kind.FLOAT, bits=64)),
        ("REAL", LogicalType(kind=Kind.FLOAT, bits=64)),
        ("VARCHAR(40)", LogicalType(kind=Kind.TEXT, length=40)),
        ("NVARCHAR(40)", LogicalType(kind=Kind.TEXT, length=40)),
        ("CHARACTER VARYING(9)", LogicalType(kind=Kind.TEXT, length=9)),
        ("CHAR(2)", LogicalType(kind=Kind.CHAR, length=2)),
        ("MYCHARTYPE", LogicalType(kind=Kind.TEXT)),
        ("TEXT", LogicalType(kind=Kind.TEXT)),
        ("CLOB", LogicalType(kind=Kind.TEXT)),
        ("LONGBLOB", LogicalType(kind=Kind.BINARY)),
        ("VARBINARY(16)", LogicalType(kind=Kind.BINARY, length=16)),
        ("GUID", LogicalType(kind=Kind.UUID)),
        ("JSON", LogicalType(kind=Kind.JSON)),
    ],
)
def test_declared_types(declared: str, expected: LogicalType) -> None:
    assert logical_type(declared) == expected


def test_columns_with_defaults_and_collations(read: Reads) -> None:
    table = one(
        read("""CREATE TABLE t (a INTEGER NOT NULL DEFAULT 5, b TEXT DEFAULT 'it''s' COLLATE nocase,
        c DEFAULT (1 + 2), d REAL DEFAULT -1.5, e TEXT DEFAULT CURRENT_TIMESTAMP, f)""")
    )
    assert [(c.name, c.position, c.native, c.nullable, c.default, c.collation) for c in table.columns] == [
        ("a", 1, "INTEGER", False, "5", None),
        ("b", 2, "TEXT", True, "'it''s'", "NOCASE"),
        ("c", 3, "", True, "1 + 2", None),
        ("d", 4, "REAL", True, "-1.5", None),
        ("e", 5, "TEXT", True, "CURRENT_TIMESTAMP", None),
        ("f", 6, "", True, None, None),
    ]


def test_generated_columns(read: Reads) -> None:
    table = one(
        read("""CREATE TABLE t (a INT, "B" INT GENERATED ALWAYS AS (a * 2) STORED,
        c TEXT AS (a || /* ) */ 'x') VIRTUAL)""")
    )
    found = {c.name: (c.native, c.generated.expression, c.generated.stored) for c in table.columns if c.generated}
    assert found == {"B": ("INT", "a * 2", True), "c": ("TEXT", "a || /* ) */ 'x'", False)}


@pytest.mark.parametrize(
    ("definition", "rows", "identity"),
    [
        ("id INTEGER PRIMARY KEY", "(7)", (False, 8)),
        ("id INTEGER PRIMARY KEY", None, (False, 1)),
        ("id INTEGER PRIMARY KEY", "(-7)", (False, 1)),
        ("id INTEGER PRIMARY KEY", "(9223372036854775807)", (False, None)),
        ("id INTEGER PRIMARY KEY AUTOINCREMENT", "(41)", (True, 42)),
        ("id integer, PRIMARY KEY (id)", "(3)", (False, 4)),
        ("id INT PRIMARY KEY", "(3)", None),
        ("id INTEGER PRIMARY KEY DESC", "(3)", None),
        ("id INTEGER, b INTEGER DEFAULT 1, PRIMARY KEY (id, b)", "(3)", None),
    ],
)
def test_identity_is_the_rowid(
    read: Reads, definition: str, rows: str | None, identity: tuple[bool, int | None] | None
) -> None:
    insert = f"INSERT INTO t (id) VALUES {rows};" if rows else ""
    column = one(read(f"CREATE TABLE t ({definition}); {insert}")).column("id")
    assert (column.identity and (column.identity.strict, column.identity.next_value)) == identity
    assert column.nullable == (identity is None)


def test_autoincrement_counts_deleted_rows(read: Reads) -> None:
    script = "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT); INSERT INTO t VALUES (90); DELETE FROM t;"
    identity = one(read(script)).columns[0].identity
    assert identity and identity.next_value == 91


def test_keys(read: Reads) -> None:
    table = one(
        read("""CREATE TABLE t (a TEXT COLLATE NOCASE, b TEXT, c TEXT UNIQUE, d,
        CONSTRAINT pk PRIMARY KEY (b, a), CONSTRAINT both UNIQUE (c, d), UNIQUE (d))""")
    )
    key = table.primary_key
    assert key and (key.name, key.columns, key.collations) == ("pk", ["b", "a"], ["BINARY", "NOCASE"])
    assert table.column("b").nullable
    assert [(u.name, u.columns) for u in table.uniques] == [(None, ["c"]), ("both", ["c", "d"]), (None, ["d"])]


def test_without_rowid_and_strict(read: Reads) -> None:
    table = one(read("CREATE TABLE t (a TEXT PRIMARY KEY, b ANY) WITHOUT ROWID, STRICT"))
    assert table.options == {"without_rowid": "1", "strict": "1"}
    assert not table.column("a").nullable
    assert table.primary_key and table.primary_key.columns == ["a"]


def test_indexes(read: Reads) -> None:
    table = one(
        read("""CREATE TABLE t (a TEXT, "b c" TEXT COLLATE NOCASE, d INT);
        CREATE UNIQUE INDEX i1 ON t (a DESC, "b c" COLLATE BINARY) WHERE d > 0;
        CREATE INDEX i2 ON t (lower(a), "b c", d + 1 DESC);
        CREATE INDEX i3 ON t (a COLLATE NOCASE)""")
    )
    found = {index.name: index for index in table.indexes}
    assert list(found) == ["i1", "i2", "i3"]
    assert (found["i1"].unique, found["i1"].predicate) == (True, "d > 0")
    assert [(k.column, k.descending, k.collation) for k in found["i1"].keys] == [
        ("a", True, None),
        ("b c", False, "BINARY"),
    ]
    assert [(k.column, k.expression, k.descending, k.collation) for k in found["i2"].keys] == [
        (None, "lower(a)", False, None),
        ("b c", None, False, "NOCASE"),
        (None, "d + 1", True, None),
    ]
    assert found["i3"].keys[0].collation == "NOCASE"
    assert found["i3"].definition == "CREATE INDEX i3 ON t (a COLLATE NOCASE)"


def test_foreign_keys(read: Reads) -> None:
    catalog = read("""CREATE TABLE "Parent" (x INT, Y INT, PRIMARY KEY (Y, x));
        CREATE TABLE t (a INT REFERENCES gone (z), b INT, c INT,
            CONSTRAINT f FOREIGN KEY (B, c) REFERENCES parent ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED,
            FOREIGN KEY (b, c) REFERENCES parent (X, y) ON UPDATE CASCADE)""")
    found = [
        (f.name, f.columns, f.referenced_table, f.referenced_columns, f.on_delete, f.on_update, f.initially_deferred)
        for f in catalog.table("main.t").foreign_keys
    ]
    assert found == [
        (None, ["a"], "gone", ["z"], "NO ACTION", "NO ACTION", False),
        ("f", ["b", "c"], "Parent", ["Y", "x"], "SET NULL", "NO ACTION", True),
        (None, ["b", "c"], "Parent", ["x", "Y"], "NO ACTION", "CASCADE", False),
    ]


def test_checks_of_columns_and_tables(read: Reads) -> None:
    table = one(read("CREATE TABLE t (a INT CONSTRAINT positive CHECK (a > 0), CHECK (a <> 13))"))
    assert [(c.name, c.expression) for c in table.checks] == [("positive", "a > 0"), (None, "a <> 13")]


def test_views_know_what_they_read(read: Reads) -> None:
    catalog = read("""CREATE TABLE t (a, status); CREATE TABLE Status (b); CREATE TABLE u (c);
        CREATE VIEW base (x) AS SELECT status FROM t;
        CREATE VIEW top AS WITH w AS (SELECT x FROM base) SELECT w.x, (SELECT count(*) FROM u) AS n FROM w;""")
    assert [(v.name, v.columns, v.depends_on) for v in catalog.views] == [
        ("base", ["x"], ["main.t"]),
        ("top", ["x", "n"], ["main.base", "main.u"]),
    ]
    assert catalog.views[0].definition == "SELECT status FROM t"


def test_triggers_stand_with_their_table_or_view(read: Reads) -> None:
    catalog = read("""CREATE TABLE t (a, b); CREATE VIEW v AS SELECT a FROM t;
        CREATE TRIGGER x AFTER UPDATE OF a ON T BEGIN UPDATE t SET b = 1; END;
        CREATE TRIGGER y INSTEAD OF INSERT ON v BEGIN SELECT 1; END;""")
    (x,), (y,) = catalog.tables[0].triggers, catalog.views[0].triggers
    assert (x.name, x.timing, x.events) == ("x", "AFTER", ["UPDATE"])
    assert x.definition == "CREATE TRIGGER x AFTER UPDATE OF a ON T BEGIN UPDATE t SET b = 1; END"
    assert (y.name, y.timing, y.events) == ("y", "INSTEAD OF", ["INSERT"])


def test_virtual_tables_and_their_shadows(read: Reads) -> None:
    catalog = read("CREATE VIRTUAL TABLE docs USING fts5(title, body);")
    kinds = {table.name: table.kind for table in catalog.tables}
    assert kinds.pop("docs") == "virtual"
    assert set(kinds.values()) == {"shadow"}
    docs = catalog.table("main.docs")
    assert (docs.options, [c.name for c in docs.columns]) == ({"module": "fts5"}, ["title", "body"])


def test_sizes_and_settings(read: Reads) -> None:
    catalog = read("""PRAGMA user_version = 7; CREATE TABLE t (a TEXT); CREATE INDEX i ON t (a); CREATE TABLE e (a);
        INSERT INTO t VALUES (hex(zeroblob(50000)));""")
    assert catalog.table("main.e").size_bytes == catalog.settings["page_size"] == 4096
    assert (catalog.table("main.t").size_bytes or 0) > 200_000
    assert sum(table.size_bytes or 0 for table in catalog.tables) < (catalog.size_bytes or 0)
    assert catalog.settings["user_version"] == 7
    assert (catalog.engine, catalog.encoding, catalog.database) == ("sqlite", "UTF-8", "x.db")
    assert catalog.table("main.t").rows is None


@pytest.mark.parametrize(
    "name", ['a"b', "a'b", "a]b", "a[b", "a`b", "a.b", "a\nb", "ü🦊", "select", " ", "", "-- x", "%s", "{c}"]
)
def test_hostile_names(read: Reads, name: str) -> None:
    quoted = '"' + name.replace('"', '""') + '"'
    catalog = read(f"""CREATE TABLE {quoted} ({quoted} INTEGER PRIMARY KEY, "other" TEXT UNIQUE CHECK ({quoted} > 0),
            gen AS ({quoted} + 1), FOREIGN KEY (other) REFERENCES {quoted} ({quoted}));
        CREATE INDEX {'"i' + quoted[1:]} ON {quoted} ({quoted} DESC, {quoted} + 1);
        CREATE VIEW {'"v' + quoted[1:]} AS SELECT {quoted} FROM {quoted};
        CREATE TRIGGER {'"t' + quoted[1:]} BEFORE DELETE ON {quoted} BEGIN SELECT 1; END;
        INSERT INTO {quoted} VALUES (3, 'x');""")
    table = one(catalog)
    assert (table.name, table.columns[0].name) == (name, name)
    assert table.columns[0].identity and table.columns[0].identity.next_value == 4
    assert table.columns[2].generated and table.columns[2].generated.expression == f"{quoted} + 1"
    assert table.foreign_keys[0].referenced_columns == [name]
    assert (table.indexes[0].keys[0].column, table.indexes[0].keys[1].expression) == (name, f"{quoted} + 1")
    assert (catalog.views[0].columns, catalog.views[0].depends_on) == ([name], [f"main.{name}"])
    assert table.triggers[0].name == f"t{name}"


def test_broken_parts_are_named_and_the_rest_is_read(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    connection = sqlite3.connect(path)
    connection.executescript("""CREATE TABLE t (a); CREATE TABLE gone (b); CREATE TABLE plain (c);
        CREATE VIEW v AS SELECT b FROM gone, t; CREATE VIEW w AS SELECT nope FROM t;
        CREATE VIEW good AS SELECT a FROM t;
        CREATE TRIGGER x AFTER INSERT ON t BEGIN INSERT INTO gone VALUES (1); END;
        PRAGMA legacy_alter_table = ON; DROP TABLE gone;
        PRAGMA writable_schema = ON;
        UPDATE sqlite_schema SET sql = 'CREATE VIRTUAL TABLE plain USING nomodule(c)', rootpage = 0
        WHERE name = 'plain';
    """)
    connection.close()
    database = SqliteDatabase(path, "source")
    catalog = database.catalog()
    database.close()
    assert [table.name for table in catalog.tables] == ["t"]
    assert [trigger.name for trigger in catalog.tables[0].triggers] == ["x"]
    assert [(view.name, view.definition) for view in catalog.views] == [
        ("good", "SELECT a FROM t"),
        ("v", "SELECT b FROM gone, t"),
        ("w", "SELECT nope FROM t"),
    ]
    assert catalog.views[1].depends_on == ["main.t"]
    assert sorted(unread.part for unread in catalog.unread) == ["table plain", "view v", "view w"]
    assert {unread.reason for unread in catalog.unread} >= {"no such module: nomodule", "no such table: main.gone"}


def ground_truth(corpora: Path) -> dict[str, list[int]]:
    """Tables, columns, indexes, PK, FK, views, triggers, routines of each SQLite schema, from the corpora's README."""
    rows = re.findall(
        r"^\|([^|]+)\|sqlite\|([\d/]+)\|", (corpora / "README.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    return {pair: [int(count) for count in counts.split("/")] for pair, counts in rows}


def test_real_schemas_have_the_parts_that_were_counted(corpora: Path, read: Reads) -> None:
    counted = ground_truth(corpora)
    assert len(counted) >= 10
    for pair, (tables, columns, _, keys, references, views, triggers, _) in counted.items():
        catalog = read((corpora / "schemas" / pair / "sqlite.sql").read_text(encoding="utf-8"))
        plain = [column for table in catalog.tables for column in table.columns if not column.generated]
        found = (
            len(catalog.tables),
            len(plain),
            len([table for table in catalog.tables if table.primary_key]),
            sum(len(table.foreign_keys) for table in catalog.tables),
            len(catalog.views),
            sum(len(table.triggers) for table in catalog.tables) + sum(len(view.triggers) for view in catalog.views),
        )
        assert (pair, *found) == (pair, tables, columns, keys, references, views, triggers)
        assert catalog.unread == []
