"""Targets that can't take the rows: refused before anything is touched, or left so that the next run goes on."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.life import Life, copies, done_chunks, finished, refused, wait_for
from tests.moving import change, fetch, sqlite_file
from tests.servers import MysqlServer, Server

ROWS = 2_000
MAY_CREATE = "DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO idle', current_database()); END $$"
STATE = "SELECT count(*) FROM pg_tables WHERE schemaname = '_dbmo'"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return sqlite_file(
        tmp_path / "s.db",
        "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)",
        rows=[("INSERT INTO t VALUES (?, ?)", [(n, os.urandom(2000).hex()) for n in range(1, ROWS + 1)])],
    )


def arrived(url: str) -> int:
    return int(fetch(url, "SELECT count(*) FROM t")[0][0])


def test_a_table_of_that_name_is_named_and_not_touched(life: Life, source: Path, empty_18: str) -> None:
    change(empty_18, "CREATE TABLE t (mine text)", "INSERT INTO t VALUES ('precious')")
    assert "public.t" in refused(life.ask(source, empty_18).run(), 3, "TARGET_NOT_EMPTY")
    assert fetch(empty_18, "SELECT mine FROM t") == [("precious",)]
    assert fetch(empty_18, STATE) == [(0,)]


def test_a_table_that_appears_after_the_plan_is_not_touched_either(life: Life, source: Path, empty_18: str) -> None:
    assert life.ask(source, empty_18).run("--until", "plan").status == 0
    change(empty_18, "CREATE TABLE t (mine text)", "INSERT INTO t VALUES ('precious')")
    assert "public.t" in refused(life.command("execute"), 3, "TARGET_NOT_EMPTY")
    assert fetch(empty_18, "SELECT mine FROM t") == [("precious",)]
    assert fetch(empty_18, STATE) == [(0,)]


@pytest.mark.parametrize(
    ("granted", "missing"),
    [
        ("SELECT", "CREATE on the database, CREATE and USAGE on the schema public"),
        (MAY_CREATE, "idle@.* lacks CREATE and USAGE on the schema public"),
    ],
)
def test_a_user_who_may_not_create(life: Life, source: Path, empty_18: str, granted: str, missing: str) -> None:
    change(
        empty_18,
        "DO $$ BEGIN CREATE ROLE idle LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$",
        granted,
    )
    asked = life.ask(source, empty_18.replace("postgres@", "idle@", 1))
    assert re.search(missing, refused(asked.run(), 3, "TARGET_RIGHTS_MISSING"))
    assert fetch(empty_18, STATE) == [(0,)]


def test_the_rights_that_the_pages_ask_for_are_enough_on_mariadb(
    life: Life, source: Path, mariadb: MysqlServer
) -> None:
    name = mariadb.create_database().rpartition("/")[2]
    needed = "CREATE, ALTER, INDEX, REFERENCES, INSERT, SELECT, UPDATE, DELETE, DROP, CREATE VIEW, CREATE ROUTINE"
    needed += ", SHOW VIEW, TRIGGER"
    mariadb.run("CREATE OR REPLACE USER carrier", f"GRANT {needed} ON {name}.* TO carrier")
    asked = life.ask(source, mariadb.url(name, "carrier"))
    assert f"lacks EVENT on {name}.*." in refused(asked.run(), 3, "TARGET_RIGHTS_MISSING")
    mariadb.run(f"GRANT EVENT ON {name}.* TO carrier")
    assert "schema: as planned" in finished(asked).err


@pytest.fixture
def small_disk(postgresql_15: Server, tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A database of PostgreSQL 15 on a disk of 24 MB."""
    disk = postgresql_15.folder / "small"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", disk], capture_output=True, text=True)
    if mounted.returncode != 0:
        disk.rmdir()
        pytest.skip(f"A small disk needs the right to mount: {mounted.stderr.strip()}")
    place = disk / "space"
    place.mkdir()
    owner = postgresql_15.folder.stat()
    os.chown(place, owner.st_uid, owner.st_gid)
    postgresql_15.run(f"CREATE TABLESPACE small LOCATION '{place}'")
    url = postgresql_15.create_database("on_a_small_disk")
    postgresql_15.run("ALTER DATABASE on_a_small_disk SET TABLESPACE small")
    yield url, disk
    postgresql_15.run("DROP DATABASE on_a_small_disk WITH (FORCE)")
    postgresql_15.run("DROP TABLESPACE small")
    subprocess.run(["umount", disk], check=True)
    disk.rmdir()


def test_a_full_disk_is_said_and_with_room_the_same_command_goes_on(
    life: Life, source: Path, small_disk: tuple[str, Path]
) -> None:
    target, disk = small_disk
    ballast = disk / "ballast"
    ballast.write_bytes(b"0" * 9_000_000)
    refused(life.ask(source, target, options={"chunk_rows": 250}).run(), 4, "DISK_FULL")
    assert arrived(target) < ROWS
    ballast.unlink()
    finished(life)
    assert arrived(target) == ROWS
    assert copies(target) == {1}


def test_lost_connections_are_made_again_and_nothing_is_copied_twice(life: Life, source: Path, empty_18: str) -> None:
    process = life.ask(source, empty_18, options={"chunk_rows": 10}).start()
    for _ in range(3):
        before = done_chunks(empty_18)
        wait_for(lambda: done_chunks(empty_18) > before or process.poll() is not None, 60)  # noqa: B023
        end_others(empty_18)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    assert arrived(empty_18) == ROWS
    assert copies(empty_18) == {1}


def end_others(url: str) -> None:
    """End every other connection to the database."""
    query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
    fetch(url, f"{query} AND pid <> pg_backend_pid()")
