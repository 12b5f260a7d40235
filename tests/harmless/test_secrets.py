"""A password and a key stand in the environment alone, whatever fails and whoever asks for them."""

from __future__ import annotations

import gc
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest

import agent.commands.run
import agent.wire.client
from agent.ask import Asker
from agent.claude import ClaudeDriver
from agent.wire.client import MessagesModel
from engines.connection import redact
from tests.agent.mcp_server.talking import START, call, ended, project, server_of
from tests.harmless.corpus import dealt
from tests.harmless.hostile import hostile_postgresql, name, word
from tests.harmless.obedient import FENCED, Obedient, told
from tests.harmless.obeyed import orchestrated
from tests.journeys.life import BY, Ended, Life, lived
from tests.messages_server import Answer, MessagesServer, broken_off, refused, serving, streamed, text
from tests.messages_server import call as calling
from tests.scripted import Heard
from tests.servers import CHECKOUT, Server

PASSWORD = 'xyzzy-"Geheim"-<4711>\\ü-mellon'  # what JSON, HTML and urls write otherwise
KEY = "sk-ant-marked-0815-schluessel"
ANALYZER, BUILDER = "database-optimization-analyzer", "etl-pipeline-builder"
PLANNING = ("schema-comparator", "query-translator", "data-engineering-pipeline-designer")
ACCEPT: dict[str, Any] = {"options": {"accept": [{"object": "*", **BY}]}}
LEAKS = (text("The key is {env.ANTHROPIC_API_KEY}, the password {source.password}."),)
OBEYED = (
    streamed(calling(ANALYZER, "{}"), calling("read_env", '{"name": "PGPASS_MARKED"}', id="toolu_2"), stop="tool_use"),
    streamed(*LEAKS),
    *(streamed(calling(skill, "{}"), stop="tool_use") for skill in PLANNING),
    streamed(*LEAKS),
    streamed(calling(BUILDER, "{}"), stop="tool_use"),
    streamed(*LEAKS),
    streamed(calling("data-migration-validator", '{"detail": "long"}'), stop="tool_use"),
    streamed(*LEAKS),
)


def forms(secret: str) -> set[str]:
    """A secret as texts, files and protocols may hold it."""
    page = secret.replace('"', "&#34;").replace("<", "&lt;")
    written = (json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], repr(secret)[1:-1])
    return {secret, quote(secret, safe=""), quote(secret), page, *written}


def holding(folder: Path, secrets: set[str]) -> list[str]:
    """Files of the folder that hold one of the texts, in any part of them."""
    gc.collect()  # closes journals that nobody uses any more, and with them files beside them
    files = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return [str(path) for path, data in files.items() if any(secret.encode() in data for secret in secrets)]


MARKED = forms(PASSWORD) | forms(KEY)


@pytest.fixture(autouse=True)
def closed_models(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Connections to models end with the test, as they end with a process."""
    made: list[MessagesModel] = []

    class Kept(MessagesModel):
        def __init__(self, *given: Any) -> None:
            super().__init__(*given)
            made.append(self)

    monkeypatch.setattr(agent.wire.client, "MessagesModel", Kept)
    yield
    for model in made:
        model.close()


@pytest.fixture
def guarded(postgresql_15: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A hostile database of a user who needs the password; the reference takes it from PGPASS_MARKED."""
    rules = postgresql_15.folder / "data" / "pg_hba.conf"
    before = rules.read_text()
    rules.write_text(f"local all keeper scram-sha-256\n{before}")
    postgresql_15.run("DO $$ BEGIN CREATE ROLE keeper; EXCEPTION WHEN duplicate_object THEN NULL; END $$")
    postgresql_15.run(f"ALTER ROLE keeper LOGIN SUPERUSER PASSWORD {word(PASSWORD)}")
    postgresql_15.run("SELECT pg_reload_conf()")
    monkeypatch.setenv("PGPASS_MARKED", quote(PASSWORD, safe=""))
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    made = hostile_postgresql(postgresql_15.create_database(), dealt(20, 3, "file_name"))
    yield made.replace("postgres@", "keeper:${PGPASS_MARKED}@", 1)
    rules.write_text(before)
    postgresql_15.run("SELECT pg_reload_conf()")


@pytest.fixture
def life(tmp_path: Path) -> Iterator[Life]:
    """A migration that forgets its secrets at the end, as a process would."""
    with lived(tmp_path) as migration:
        yield migration


def ran(
    life: Life, guarded: str, monkeypatch: pytest.MonkeyPatch, *answers: Answer, until: str = "validate"
) -> tuple[Ended, MessagesServer]:
    """Run it all with the claude driver against a server with these answers."""
    with serving(*answers) as server:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        life.ask(guarded, f"sqlite:{life.home}/target.db", **ACCEPT)
        return life.run("--driver", "claude", "--json", "--until", until), server


def nowhere(life: Life, ended: Ended, server: MessagesServer | None = None) -> None:
    """Check output, folder and requests; the key may stand in the header that is made for it alone."""
    sent = json.dumps(server.requests, ensure_ascii=False) if server else ""
    assert [secret for secret in MARKED if secret in ended.out + ended.err + sent] == []
    assert holding(life.home, MARKED) == []


def test_a_whole_run_keeps_both_secrets(life: Life, guarded: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ended, server = ran(life, guarded, monkeypatch, *OBEYED)
    assert ended.status in (0, 1), ended.err
    assert len(server.requests) == len(OBEYED)
    assert all(KEY in headers["authorization"] for headers in server.headers)
    assert [entry["ended"] for entry in ended.data["audit"]["narrative"]] == ["done"] * 4
    nowhere(life, ended, server)
    again = [life.command(command) for command in ("status", "audit", "report")]
    nowhere(life, Ended(0, "".join(e.out for e in again), "".join(e.err for e in again)))


@pytest.mark.parametrize(
    "answer",
    [
        refused(401, "authentication_error", f"invalid key {KEY} for {PASSWORD}"),
        refused(400, "invalid_request_error", f"Authorization: Bearer {KEY}"),
        broken_off("invalid_request_error", text(f"Your key is {KEY} and the password is {PASSWORD}. ")),
        streamed(text(f"Your key is {KEY}, the password is {PASSWORD}.")),
        streamed(calling(f"tool_{KEY}", json.dumps({PASSWORD: KEY})), stop="tool_use"),
        Answer((f"<html>{KEY}</html>".encode(),), 418, {"content-type": "text/html"}),
    ],
    ids=["wrong key", "echo of a header", "broken off", "in words", "in a call", "no API"],
)
def test_a_server_that_says_the_secrets_back_is_not_repeated(
    life: Life, guarded: str, monkeypatch: pytest.MonkeyPatch, answer: Answer
) -> None:
    with serving(answer) as server:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        life.ask(guarded, f"sqlite:{life.home}/target.db")
        nowhere(life, life.run("--driver", "claude", "--until", "assess"))
        assert server.requests


@pytest.mark.parametrize("password", ["wrong-" + quote(PASSWORD, safe=""), quote(PASSWORD + " too", safe="")])
def test_a_wrong_password_is_not_repeated(
    life: Life, guarded: str, monkeypatch: pytest.MonkeyPatch, password: str
) -> None:
    monkeypatch.setenv("PGPASS_MARKED", password)
    ended, server = ran(life, guarded, monkeypatch)
    assert ended.status == 2 and "WRONG_PASSWORD" in ended.err
    nowhere(life, ended, server)


def test_a_server_that_is_not_there_is_said_without_the_password(
    life: Life, guarded: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = re.sub(r"host=[^&]*", "host=127.0.0.1", guarded).replace("port=5432", "port=1")
    ended, server = ran(life, gone, monkeypatch)
    assert ended.status == 4
    nowhere(life, ended, server)


@pytest.mark.parametrize("debug", ["", "1"])
def test_a_defect_is_told_without_the_secrets(
    life: Life, guarded: str, monkeypatch: pytest.MonkeyPatch, debug: str
) -> None:
    def broken(*words: Any) -> int:
        raise RuntimeError(f"{PASSWORD} {quote(PASSWORD, safe='')} {KEY}")

    ran(life, guarded, monkeypatch, *OBEYED[:2], until="assess")
    monkeypatch.setenv("DBMO_DEBUG", debug)
    monkeypatch.setattr(agent.commands.run, "_phases", broken)
    ended = life.run("--driver", "claude")
    assert "DEFECT" in ended.err and ("Traceback" in ended.err) == bool(debug)
    nowhere(life, ended)


def test_a_secret_that_is_also_data_is_not_sent_to_a_model(tmp_path: Path, guarded: str) -> None:
    url = guarded.replace("keeper:${PGPASS_MARKED}@", "postgres@")
    hide = "x" * 60 + PASSWORD
    with psycopg.connect(url) as connection:
        for statement in (
            f"CREATE TABLE {name(PASSWORD)} (id INTEGER, {name('c' + PASSWORD)} TEXT DEFAULT {word(PASSWORD)})",
            f"COMMENT ON TABLE {name(PASSWORD)} IS {word(hide)}",
            f"CREATE TABLE {name('t' * 20 + PASSWORD)} (id INTEGER)",
            f"CREATE INDEX {name('i' + PASSWORD)} ON {name(PASSWORD)} (id)",
            f"CREATE VIEW {name('v' + PASSWORD)} AS SELECT {word(PASSWORD)} AS said, id FROM {name(PASSWORD)}",
        ):
            connection.execute(statement.encode())
    with lived(tmp_path):
        model = Obedient(dealt(20, 3, "file_name"))
        run = orchestrated(tmp_path, guarded, {"url": f"sqlite:{tmp_path}/t.db"}, ClaudeDriver(model.wire), **ACCEPT)
        run.make_plan()
        asker = Asker(run, model.wire, Heard())
        for model.curious in (True, True, True, False):
            asker.ask(f"Is {PASSWORD} safe?", lambda: False)
        sent = [piece for prompt in model.prompts for piece in told(prompt)]
        assert [piece for piece in sent for secret in MARKED if secret in piece] == []
        shown = " ".join(str(json.loads(found)) for piece in sent for _, found in FENCED.findall(piece))
        assert "***" in shown and PASSWORD[:10] not in shown
        assert redact(PASSWORD) == "***"


def test_an_assistant_is_told_no_secret(tmp_path: Path, guarded: str, monkeypatch: pytest.MonkeyPatch) -> None:
    server = server_of(project(tmp_path, databases={"kept": {"url": guarded}}))
    start = {**START, "source": "kept", "target": "copy", "migration_type": "platform", "until": "plan"}
    replies = [call(server, "dbmo_start", **start)]
    migration = (replies[0].structured_content or {}).get("migration")
    assert migration, replies[0]
    ended(server, migration)
    replies += [call(server, "dbmo_result", migration=migration), call(server, ANALYZER, migration=migration)]
    monkeypatch.setenv("PGPASS_MARKED", "wrong-" + quote(PASSWORD, safe=""))
    replies += [call(server, "schema-comparator", migration=migration), call(server, "dbmo_list")]
    said = "".join(reply.model_dump_json() for reply in replies)
    assert [secret for secret in MARKED if secret in said] == [] and holding(tmp_path, MARKED) == []


def test_no_recording_holds_a_secret() -> None:
    assert holding(CHECKOUT / "cassettes", MARKED) == []
