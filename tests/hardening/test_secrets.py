"""A marked password is in no file that a migration leaves and in no word that it says, whatever goes wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.journeys.life import Life, start
from tests.moving import fetch
from tests.servers import Server, load_sql

MARK = "pL4nt3d"
PASSWORD = f"{MARK}+S3cr3t'\"x"  # as the server knows it
IN_URL = f"{MARK}%2BS3cr3t%27%22x"
KEY = f"sk-ant-{MARK}-key-0123456789"
SCHEMA = "CREATE TABLE item (id integer PRIMARY KEY, name text); INSERT INTO item VALUES (1, 'one'), (2, 'two');"


@dataclass
class Guarded:
    """A database whose role `mover` must give the password; url refers to it."""

    database: str
    host: Path

    def url(self, variable: str = "SOURCE_PASSWORD") -> str:
        return f"postgresql://mover:${{{variable}}}@/{self.database}?host={self.host}&port=5432"


@pytest.fixture
def guarded(postgresql_15: Server, empty_15: str) -> Iterator[Guarded]:
    load_sql(empty_15, SCHEMA)
    rules = Path(str(fetch(empty_15, "SHOW hba_file")[0][0]))
    before = rules.read_text()
    postgresql_15.run("DROP ROLE IF EXISTS mover")
    postgresql_15.run(f"CREATE ROLE mover SUPERUSER LOGIN PASSWORD '{PASSWORD.replace(chr(39), chr(39) * 2)}'")
    rules.write_text(f"local all mover scram-sha-256\n{before}")
    postgresql_15.run("SELECT pg_reload_conf()")
    yield Guarded(str(fetch(empty_15, "SELECT current_database()")[0][0]), postgresql_15.folder)
    rules.write_text(before)
    postgresql_15.run("SELECT pg_reload_conf()")


def lived(life: Life, *words: str, **environment: str) -> tuple[int, str]:
    """dbmo run in a process of its own, the marked password in its environment; status and all that it said."""
    process = life.start(*words, **{"SOURCE_PASSWORD": IN_URL, "DBMO_DEBUG": "1", **environment})
    out, err = process.communicate(timeout=120)
    return process.returncode, out + err


def marked(folder: Path) -> list[str]:
    """Files that hold the mark."""
    return [str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file() and MARK.encode() in p.read_bytes()]


def written(life: Life, said: str) -> None:
    """Nothing that was said or written holds the mark."""
    assert MARK not in said
    assert marked(life.home) == []


def test_a_whole_migration_tells_nobody(life: Life, guarded: Guarded, empty_18: str) -> None:
    life.ask(guarded.url(), empty_18)
    status, said = lived(life, "--json", "--driver", "rules")
    assert status == 0, said
    written(life, said)
    assert fetch(empty_18, "SELECT count(*) FROM item") == [(2,)]


def test_a_password_that_is_wrong_is_not_repeated(life: Life, guarded: Guarded, empty_18: str) -> None:
    life.ask(guarded.url(), empty_18)
    status, said = lived(life, SOURCE_PASSWORD=f"{MARK}-wrong", ANTHROPIC_API_KEY="")
    assert (status, "WRONG_PASSWORD" in said) == (2, True), said
    written(life, said)


@pytest.mark.parametrize("host", ["127.0.0.1:1", "no-such-host.invalid:5432"])
def test_a_server_that_cannot_be_reached_is_named_without_it(life: Life, empty_18: str, host: str) -> None:
    life.ask(f"postgresql://mover:${{SOURCE_PASSWORD}}@{host}/d?password=${{SOURCE_PASSWORD}}", empty_18)
    status, said = lived(life, "--driver", "rules")
    assert status == 4, said
    assert host.partition(":")[0] in said
    written(life, said)


def test_a_defect_shows_its_traceback_without_it(life: Life, guarded: Guarded, empty_18: str) -> None:
    life.ask(guarded.url(), empty_18)
    assert lived(life, "--driver", "rules", "--until", "plan")[0] == 0
    (life.folder / "artifacts/assessment/database-optimization-analyzer.json").write_text('["postgresql://a:b@c/d"]')
    process = start("report", life.folder, SOURCE_PASSWORD=IN_URL, DBMO_DEBUG="1")
    out, err = process.communicate(timeout=60)
    assert (process.returncode, "Traceback" in err, "[DEFECT]" in err) == (4, True, True), err
    written(life, out + err)


@pytest.mark.parametrize("text", [f"postgresql://mover:{IN_URL}@h/d", f"postgresql://mover@h/d?password={IN_URL}"])
def test_a_password_in_plain_text_is_refused_without_repeating_it(life: Life, empty_18: str, text: str) -> None:
    life.ask(text, empty_18)
    status, said = lived(life)
    assert (status, "LITERAL_PASSWORD" in said) == (2, True)
    assert MARK not in said
    assert not life.folder.exists()


def test_a_batch_keeps_it_out_of_its_logs(life: Life, guarded: Guarded, empty_18: str) -> None:
    request = life.ask(guarded.url(), empty_18).request
    other = life.home / "other.json"
    data: dict[str, Any] = {**json.loads(request.read_text()), "name": "other"}
    data["source_database"] = {"url": "postgresql://mover:${SOURCE_PASSWORD}@127.0.0.1:1/d"}
    other.write_text(json.dumps(data))
    words = ("run", request, other, "--out", life.folder, "--json", "--driver", "rules", "--until", "plan")
    batch = start(*words, SOURCE_PASSWORD=IN_URL, DBMO_DEBUG="1")
    out, err = batch.communicate(timeout=120)
    assert [result["status"] for result in json.loads(out)] == [0, 4], err
    written(life, out + err)


def test_a_models_key_is_told_to_nobody_else(life: Life, guarded: Guarded, empty_18: str) -> None:
    life.ask(guarded.url(), empty_18)
    status, said = lived(
        life, "--driver", "claude", "--until", "plan", ANTHROPIC_API_KEY=KEY, ANTHROPIC_BASE_URL="http://127.0.0.1:1"
    )
    assert status == 0, said
    assert "The rules go on" in said
    written(life, said)
