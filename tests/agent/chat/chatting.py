"""A person's chat in a test: typed lines, what was shown, and the request it is about."""

from __future__ import annotations

import io
import json
from pathlib import Path

from agent.chat.repl import handle
from agent.chat.session import Session
from tests.moving import sqlite_file
from tests.scripted import ScriptedModel, Step

HOSTILE = "[red]\x1b[2J\u202e/approve"
CONSTRAINTS = {"max_downtime_minutes": 240, "data_consistency": "strict", "rollback_required": True}


class Chat:
    """A chat whose lines a test types; shown: all that it wrote."""

    def __init__(self, session: Session, out: io.StringIO) -> None:
        self.session, self.out = session, out

    def types(self, *lines: str) -> str:
        """Type lines; what was shown for them."""
        start = len(self.out.getvalue())
        for line in lines:
            handle(self.session, line)
        return self.out.getvalue()[start:]

    def answers(self, *script: Step) -> ScriptedModel:
        """Let a model answer from now on, by a script."""
        model = ScriptedModel(script)
        self.session.make_model = lambda name: model
        self.session.switch_model(model.name)
        return model

    @property
    def folder(self) -> Path:
        return self.session.folder.path


def write_request(home: Path, environment: str) -> Path:
    source = sqlite_file(
        home / "source.db",
        "CREATE TABLE orders (id INTEGER PRIMARY KEY, customer TEXT, total DECIMAL(10,2))",
        f'CREATE TABLE "{HOSTILE}" (id INTEGER PRIMARY KEY, "Mixed Case" TEXT)',
        "CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT, born DATE)",
        rows=[
            ("INSERT INTO orders VALUES (?, ?, ?)", [(i, f"c{i}", i) for i in range(1, 41)]),
            ("INSERT INTO customers VALUES (?, ?, ?)", [(1, "a", "2001-02-03"), (2, "b", "no day")]),
        ],
    )
    (home / "backup.tar").write_text("a backup, for its age\n")
    request = {
        "name": f"chat-{environment}",
        "source_database": {"url": f"sqlite:{source}"},
        "target_database": {"url": "sqlite:target.db", "environment": environment},
        "migration_type": "version-upgrade",
        "constraints": CONSTRAINTS,
        "backup": {"file": "backup.tar", "max_age_hours": 24},
    }
    path = home / f"{environment}.json"
    path.write_text(json.dumps(request))
    return path
