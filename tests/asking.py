"""Asking a scripted server over a real socket, and letting everything go afterwards."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from agent.wire.client import MessagesModel, Patience
from agent.wire.types import AttemptFailed, Prompt, Reply
from tests.messages_server import MODEL, Answer, MessagesServer, serving

KEY = "sk-ant-planted-4711"
TOOL = {"name": "assess", "description": "Looks.", "input_schema": {"type": "object", "properties": {}}}
PROMPT = Prompt("Be brief.", (TOOL,), ({"role": "user", "content": "Hello"},), 100)


def never() -> bool:
    return False


@contextmanager
def asked(*answers: Answer, tokens: int | None = 42, patience: Patience | None = None) -> Iterator[MessagesModel]:
    with serving(*answers, tokens=tokens) as server, pytest.MonkeyPatch.context() as patch:
        patch.setenv("ANTHROPIC_BASE_URL", server.url)
        patch.setenv("ANTHROPIC_API_KEY", KEY)
        patch.delenv("ANTHROPIC_AUTH_TOKEN", raising=False)
        model = MessagesModel(MODEL, patience)
        model.server = server  # type: ignore[attr-defined]
        yield model
        settle(server)
        model.close()


def settle(server: MessagesServer) -> None:
    """Let go what the server holds, and wait until nobody reads any more."""
    for held in server.held:
        held.set()
    for thread in threading.enumerate():
        if thread.name == "model":
            thread.join()


def server_of(model: MessagesModel) -> MessagesServer:
    found: MessagesServer = model.server  # type: ignore[attr-defined]
    return found


def reply_to(*answers: Answer) -> Reply:
    with asked(*answers) as model:
        return model.send(PROMPT, lambda piece: None, never)


def failure_of(*answers: Answer, patience: Patience | None = None) -> AttemptFailed:
    with asked(*answers, patience=patience) as model, pytest.raises(AttemptFailed) as caught:
        model.send(PROMPT, lambda piece: None, never)
    return caught.value
