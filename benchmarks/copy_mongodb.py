"""MongoDB to PostgreSQL and back, beside the least that it could cost: a raw read by the driver, and COPY.

The server is the one at DBMO_TEST_MONGODB_URL, else the emulator in a process of its own, whose speed then bounds both.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg
from bson import Decimal128, Int64, ObjectId
from bson.raw_bson import RawBSONDocument
from pymongo import MongoClient

from benchmarks.measure import DATA, Line, command, middle, python
from benchmarks.servers import postgresql

DOCUMENTS = 50_000
BATCH = 1_000
RUNS = 3
EMULATOR = """
import sys
from secantus import SecantusDBServer
with SecantusDBServer(storage_path=sys.argv[1], cache_size="256M") as server:
    print(server.uri, flush=True)
    sys.stdin.read()
"""


def run() -> list[Line]:
    """Wall time of both ways, each from process start to end, against driver and COPY alone."""
    DATA.mkdir(exist_ok=True)
    with _mongodb() as uri, postgresql() as server, MongoClient[Any](uri) as client:
        for name in ("bench_source", "bench_target"):
            client.drop_database(name)
        size = _fill(client["bench_source"]["people"])
        source = uri.rstrip("/") + "/bench_source"
        there = [_move(source, server.create_database()) for _ in range(RUNS)]
        least = [_read(client) + _copied(there[-1][2], server.create_database()) for _ in range(RUNS)]
        lines = [_line("MongoDB to PostgreSQL", size, [one[0] for one in there], least, there[-1][1])]
        raws = [raw for batch in client["bench_source"]["people"].find_raw_batches() for raw in _split(batch)]
        back, least_back = [], []
        flat = _flat(server.create_database())
        for _ in range(RUNS):
            client.drop_database("bench_target")
            target = uri.rstrip("/") + "/bench_target"
            back.append(_move(flat, target))
            client.drop_database("bench_target")
            least_back.append(_out(flat) + _inserted(client, raws[:DOCUMENTS]))
        lines.append(_line("PostgreSQL to MongoDB", size, [one[0] for one in back], least_back, back[-1][1]))
        client.drop_database("bench_target")
    return lines


def _line(name: str, size: int, ours: list[float], least: list[float], memory: float) -> Line:
    mine, floor = middle(ours), middle(least)
    return Line(
        f"{name}, {DOCUMENTS:,} documents, {size / 1e6:.0f} MB",
        f"{mine:.2f} s, {DOCUMENTS / mine / 1000:.1f} kdocuments/s, {memory:.0f} MB",
        f"driver and COPY alone {floor:.2f} s",
        f"{floor / mine:.2f} x",
        f"{RUNS} each",
    )


@contextmanager
def _mongodb() -> Iterator[str]:
    real = os.environ.get("DBMO_TEST_MONGODB_URL")
    if real:
        yield real
        return
    with TemporaryDirectory() as folder:
        process = subprocess.Popen(
            [sys.executable, "-c", EMULATOR, folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.communicate()


def document(number: int) -> dict[str, Any]:
    """A document of fourteen fields with a sub-document, an array of texts and one of sub-documents."""
    return {
        "_id": ObjectId(f"65a00000{number:016x}"), "number": number, "name": f"name {number}", "score": number * 1.1,
        "email": f"user{number}@example.org", "balance": Int64(2**40 + number), "price": Decimal128("1.50"),
        "at": datetime(2024, 1, 1, tzinfo=UTC), "flag": number % 2 == 0,
        "address": {"city": "x" * 10, "zip": number, "place": {"lat": 1.5, "lon": 2.5}},
        "tags": ["a", "bb", "c"][: number % 4], "orders": [{"q": number, "s": "x" * 10}] * (number % 3),
    }  # fmt: skip


def _fill(collection: Any) -> int:
    for start in range(0, DOCUMENTS, BATCH):
        collection.insert_many([document(number) for number in range(start, start + BATCH)])
    return sum(len(batch) for batch in collection.find_raw_batches())


def _move(source: str, target: str) -> tuple[float, float, str]:
    """Seconds and MB of the whole move, and the target."""
    plan = DATA / "mongodb.json"
    command(python("benchmarks.move", "plan", source, target, str(plan)), DATA / "plan.log")
    done = command(python("benchmarks.move", "execute", source, target, str(plan)), DATA / "mongodb.log")
    return done.seconds, done.megabytes, target


def _read(client: Any) -> float:
    started = time.monotonic()
    for _ in client["bench_source"]["people"].find_raw_batches(sort=[("_id", 1)], batch_size=BATCH):
        pass
    return time.monotonic() - started


def _copied(filled: str, empty: str) -> float:
    """Seconds of COPY FROM of the same rows into the same tables without keys."""
    with psycopg.connect(filled) as there, psycopg.connect(empty) as here:
        names = [f'"{row[0]}"' for row in there.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1"
        )]  # fmt: skip
        blocks = {}
        for name in names:
            with there.cursor().copy(f"COPY {name} TO STDOUT".encode()) as out:
                blocks[name] = [bytes(block) for block in out]
            columns = there.execute(
                "SELECT string_agg(quote_ident(attname) || ' ' || format_type(atttypid, atttypmod), ', '"
                " ORDER BY attnum) FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0", (name,)
            ).fetchone()  # fmt: skip
            here.execute(f"CREATE TABLE {name} ({columns[0] if columns else ''})".encode())
        started = time.monotonic()
        for name in names:
            with here.cursor().copy(f"COPY {name} FROM STDIN".encode()) as into:
                into.write(b"".join(blocks[name]))
        here.commit()
        return time.monotonic() - started


def _flat(url: str) -> str:
    """Tables that become documents of about the same shape."""
    with psycopg.connect(url) as connection:
        for statement in (
            "CREATE TABLE people (number int PRIMARY KEY, name text, score float8, email text, balance bigint,"
            " price numeric(8, 2), at timestamptz(3), flag boolean, city text, zip int, lat float8, lon float8)",
            "CREATE TABLE tag (number int REFERENCES people ON DELETE CASCADE, place int, tag text,"
            " PRIMARY KEY (number, place))",
            f"INSERT INTO people SELECT n, 'name ' || n, n * 1.1, 'user' || n || '@example.org', 2^40 + n, 1.5,"
            f" '2024-01-01', n % 2 = 0, 'xxxxxxxxxx', n, 1.5, 2.5 FROM generate_series(0, {DOCUMENTS - 1}) n",
            "INSERT INTO tag SELECT number, p, 'tag' FROM people, generate_series(1, number % 4) p",
            "ANALYZE",
        ):
            connection.execute(statement.encode())
    return url


def _out(url: str) -> float:
    started = time.monotonic()
    with psycopg.connect(url) as connection:
        for name in ("people", "tag"):
            with connection.cursor().copy(f"COPY {name} TO STDOUT".encode()) as out:
                for _ in out:
                    pass
    return time.monotonic() - started


def _inserted(client: Any, raws: list[bytes]) -> float:
    started = time.monotonic()
    for start in range(0, len(raws), BATCH):
        client["bench_target"]["people"].insert_many([RawBSONDocument(raw) for raw in raws[start : start + BATCH]])
    return time.monotonic() - started


def _split(batch: bytes) -> Iterator[bytes]:
    from engines.mongodb.bson_exact import split

    yield from split(batch)


if __name__ == "__main__":
    for line in run():
        sys.stdout.write(line.text() + "\n")
    sys.stdout.write(f"{Path(__file__).name}: done\n")
