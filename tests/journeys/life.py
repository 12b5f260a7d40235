"""Helpers of the journeys: a migration in a folder of its own, lived through the command line."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

import engines.connection
import engines.embedded
from agent.cli import main
from agent.cli import run as command_line
from tests import warm
from tests.moving import fetch
from tests.servers import copied_clusters
from tests.warm import Warm

CONSTRAINTS = {"max_downtime_minutes": 240, "data_consistency": "strict", "rollback_required": True}
CHECKOUT = warm.CHECKOUT
BY = {"by": "the tests", "reason": "everything here is thrown away"}


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    status: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        """stdout as JSON."""
        return json.loads(self.out)


def dbmo(*words: object) -> Ended:
    """Run a command in this process."""
    out, err, handler = io.StringIO(), io.StringIO(), signal.getsignal(signal.SIGINT)
    with redirect_stdout(out), redirect_stderr(err):
        try:
            status = command_line([str(word) for word in words])
        except SystemExit as ended:  # argparse
            status = int(ended.code or 0)
        finally:
            signal.signal(signal.SIGINT, handler)
    return Ended(status, out.getvalue(), err.getvalue())


def start(*words: object, **environment: str) -> Warm:
    """Start a command as a program of its own."""
    return warm.start(main, [str(word) for word in words], environment={**os.environ, **environment})


def wait_for(condition: Callable[[], object], seconds: float = 30) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


@contextmanager
def lived(home: Path) -> Iterator[Life]:
    """A migration; the embedded servers that it starts in this process, and what it keeps in mind, end with it."""
    try:
        with copied_clusters():
            yield Life(home)
    finally:
        engines.connection._REDACTED.clear()  # a process of its own would have forgotten its passwords
        for server in [one for one in engines.embedded._held if one.folder.is_relative_to(home.resolve())]:
            server.stop()


@dataclass
class Life:
    """One migration: home holds its request, its folder `out` and the approver's key."""

    home: Path
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)

    @property
    def folder(self) -> Path:
        return self.home / "out"

    @property
    def request(self) -> Path:
        return self.home / "request.json"

    def ask(self, source: str | Path, target: str, environment: str = "scratch", **sections: Any) -> Life:
        """Write the request; a Path is a SQLite file. A production target gets a backup file and an approver."""
        url = f"sqlite:{source}" if isinstance(source, Path) else source
        pair = (url.split(":")[0], target.split(":")[0])
        data: dict[str, Any] = {
            "name": "journey",
            "source_database": {"url": url},
            "target_database": {"url": target, "environment": environment},
            "migration_type": "platform" if pair[0] != pair[1] else "version-upgrade",
            "constraints": CONSTRAINTS,
        }
        if environment == "production":
            (self.home / "backup.tar").write_text("a backup, for its age\n")
            data["backup"] = {"file": "backup.tar", "max_age_hours": 1}
            data["options"] = {"approvers": [self.public_key()]}
        for name, value in sections.items():
            data[name] = {**data[name], **value} if isinstance(data.get(name), dict) else value
        self.request.write_text(json.dumps(data))
        return self

    def public_key(self) -> str:
        """Write the key as PEM; its public half as `dbmo approve --show-public` gives it."""
        form = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (self.home / "approver.pem").write_bytes(self.key.private_bytes(*form))
        return dbmo("approve", self.folder, "--key", self.home / "approver.pem", "--show-public").out.strip()

    def run(self, *words: object) -> Ended:
        """dbmo run."""
        return dbmo("run", self.request, "--out", self.folder, *words)

    def start(self, *words: object, **environment: str) -> Warm:
        """dbmo run as a program of its own."""
        return start("run", self.request, "--out", self.folder, *words, **environment)

    def command(self, name: str, *words: object) -> Ended:
        """A command on the folder."""
        return dbmo(name, self.folder, *words)

    def approve(self) -> Ended:
        """The approver's signed approval."""
        return self.command("approve", "--key", self.home / "approver.pem", "--by", "the tests")

    def read(self, name: str) -> Any:
        """A JSON file of the folder."""
        return json.loads((self.folder / name).read_text())


def finished(life: Life, *words: object) -> Ended:
    """Run to the end; where an approval is asked for, give it and run again. The last run must end well."""
    ended = life.run(*words)
    if ended.status == 3 and "APPROVAL_MISSING" in ended.err:
        assert life.approve().status == 0
        ended = life.run(*words)
    assert ended.status == 0, ended.err
    return ended


def sqlite_from(script: Path, path: Path) -> Path:
    """A SQLite file from a script."""
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(script.read_text(encoding="utf-8-sig"))
    return path


def sha256(path: Path) -> str:
    """The file's content, and that nothing lies beside it."""
    assert not [p.name for p in path.parent.glob(f"{path.name}-*")], "a journal was left beside the source"
    return hashlib.sha256(path.read_bytes()).hexdigest()


def copies(url: str) -> set[int]:
    """How often chunks were copied, by the target's own notes."""
    return {row[0] for row in fetch(url, "SELECT copies FROM _dbmo.chunk")}


def table_texts(url: str) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table as the server itself writes it."""
    names = fetch(url, "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'")
    return {name: fetch(url, f"SELECT t::text FROM {name} t ORDER BY 1") for (name,) in names}


def refused(ended: Ended, status: int, code: str) -> str:
    """Check that a command ended with that status and one message: what happened, what to do, the code; its text."""
    message = re.search(r"^dbmo: (.+)\n      (.+) \[([A-Z_]+)\]\n", ended.err, re.MULTILINE)
    assert message is not None, ended.err
    assert (ended.status, message[3]) == (status, code), ended.err
    assert "Traceback" not in ended.err + ended.out
    return message[0]


def done_chunks(url: str) -> int:
    """Chunks that are in the target; 0 before there is anything."""
    try:
        return int(fetch(url, "SELECT count(*) FROM _dbmo.chunk WHERE done")[0][0])
    except psycopg.errors.UndefinedTable:
        return 0
