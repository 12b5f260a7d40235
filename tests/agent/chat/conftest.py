"""Planned migrations from SQLite to SQLite, copied for each test, and chats about them."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agent.chat.screen import Screen
from agent.chat.session import Session
from agent.folder import Folder
from agent.orchestrator import Orchestrator
from agent.request import load_request
from tests.agent.chat.chatting import Chat, write_request


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Path], Path]:
    """Puts a planned migration of an environment below a folder; its folder."""
    made: dict[str, Path] = {}

    def put(environment: str, root: Path) -> Path:
        if environment not in made:
            home = tmp_path_factory.mktemp(environment)
            request = load_request(write_request(home, environment))
            folder = Folder.create(home / "out", request, f"chat-{environment}")
            Orchestrator(folder).make_plan()
            folder.close()
            made[environment] = home / "out"
        return Path(shutil.copytree(made[environment], root / f"chat-{environment}"))

    return put


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where migrations are kept; no model is to be reached, and no history of a person's is touched."""
    for name in ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_BASE_URL", "ANTHROPIC_MODEL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    (tmp_path / "migrations").mkdir()
    return tmp_path / "migrations"


@pytest.fixture
def chat(root: Path) -> Iterator[Chat]:
    """A chat with nothing open."""
    out = io.StringIO()
    session = Session(Screen(out, terminal=False), root)
    yield Chat(session, out)
    for child in session.children.values():
        child.kill()
        child.wait()
    session.close()


@pytest.fixture
def scratch(chat: Chat, planned: Callable[[str, Path], Path], root: Path) -> Chat:
    """A chat about a planned migration to a scratch target."""
    planned("scratch", root)
    chat.types("/open chat-scratch")
    return chat


@pytest.fixture
def production(chat: Chat, planned: Callable[[str, Path], Path], root: Path) -> Chat:
    """A chat about a planned migration to a production target, which nobody has approved."""
    planned("production", root)
    chat.types("/open chat-production")
    return chat
