"""Tables of the benchmarks in MariaDB: sysbench rows, mixed types with special characters, many small ones."""

from __future__ import annotations

import json
import random
import tempfile
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pymysql

from benchmarks.sysbench_table import rows as sysbench_rows
from engines.mysql.url import arguments

SEED = 2
SYSBENCH = "id bigint PRIMARY KEY, k int NOT NULL, c char(120) NOT NULL, pad char(60) NOT NULL"
MIXED = (
    "id int PRIMARY KEY, flag tinyint(1) NOT NULL, small smallint NOT NULL, uint int unsigned NOT NULL, big bigint NOT"
    " NULL, amount decimal(12,4) NOT NULL, words varchar(200), moment datetime(6), day date, ratio double, doc json,"
    " bytes varbinary(200), other varchar(200), number int"
)
WORDS = (
    "tab\there", "new\nline", "back\\slash", "quo'te", 'dq"uote', "日本語テキスト", "emoji😀🎉", "é ñ ü ß", "\\N",
    "NULL", "", "\\.", "cr\rhere", "a,b;c|d", "bs\bx", "  lead trail  ", "plain text value", "hello world",
)  # fmt: skip
ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
NULL = "\\N"


def mixed_rows(count: int) -> Iterator[tuple[str, ...]]:
    """Rows of MIXED as text, NULL as None would be; bytes in hex."""
    chance = random.Random(SEED)
    start, first_day = datetime(1990, 1, 1), date(1990, 1, 1)
    for number in range(1, count + 1):
        words = chance.choice(WORDS) + (" " + chance.choice(WORDS) if number % 3 else "")
        document = {"id": number, "name": words, "tags": ["a", str(number)], "v": round(chance.random(), 4), "n": None}
        moment = start + timedelta(microseconds=chance.randrange(40 * 365 * 86_400 * 1_000_000))
        yield (
            str(number), str(chance.randrange(2)), str(chance.randrange(-30_000, 30_000)),
            str(chance.randrange(2**32)), str(chance.randrange(-(2**63), 2**63)),
            f"{chance.randrange(-(10**11), 10**11) / 10_000:.4f}", words, moment.isoformat(" ", "microseconds"),
            (first_day + timedelta(days=chance.randrange(15_000))).isoformat(),
            repr((chance.random() - 0.5) * 10 ** chance.randrange(-10, 15)), json.dumps(document, ensure_ascii=False),
            chance.randbytes(100).hex() if number % 10 else "", NULL if number % 4 == 0 else words[::-1],
            NULL if number % 5 == 0 else str(number),
        )  # fmt: skip


def make_sysbench(url: str, count: int, name: str = "sbtest") -> None:
    """A sysbench-like table of so many rows."""
    lines = ("\t".join(map(str, row)) for row in sysbench_rows(count))
    _load(url, name, SYSBENCH, lines)


def make_mixed(url: str, count: int) -> None:
    """A table `mixed` of so many rows."""
    escaped = ("\t".join(v if v == NULL else v.translate(ESCAPES) for v in row) for row in mixed_rows(count))
    _load(url, "mixed", MIXED, escaped, ", ".join(_names(MIXED)).replace("bytes", "@hex"), "SET bytes = UNHEX(@hex)")


def make_small(url: str, tables: int, count: int) -> None:
    """That many sysbench-like tables of so many rows each, with an index."""
    rows = ["\t".join(map(str, row)) for row in sysbench_rows(count)]
    for number in range(tables):
        _load(url, f"small{number}", f"{SYSBENCH}, KEY (k)", iter(rows))


def _names(columns: str) -> list[str]:
    return [part.split()[0] for part in columns.replace("(12,4)", "").split(", ")]


def _load(url: str, name: str, columns: str, lines: Iterator[str], names: str = "", more: str = "") -> None:
    given = {**arguments(url), "autocommit": True, "local_infile": True}
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", newline="", suffix=".tsv") as file:
        file.writelines(line + "\n" for line in lines)
        file.flush()
        with pymysql.connect(**given) as connection, connection.cursor() as cursor:
            cursor.execute(f"CREATE TABLE {name} ({columns}) CHARACTER SET utf8mb4")
            cursor.execute(
                f"LOAD DATA LOCAL INFILE '{Path(file.name)}' INTO TABLE {name} CHARACTER SET utf8mb4"
                f" {f'({names})' if names else ''} {more}"
            )
            cursor.execute(f"ANALYZE TABLE {name}")
