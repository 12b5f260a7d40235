"""The fixture of everything that lives a migration through the command line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import engines.embedded
from tests.journeys.life import Life


@pytest.fixture
def life(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Life]:
    """A migration in a folder of its own; the embedded servers that it starts in this process end with the test."""
    held: list[engines.embedded.EmbeddedServer] = []
    open_embedded = engines.embedded.open_embedded

    def holding(*words: Any, **named: Any) -> engines.embedded.EmbeddedServer:
        held.append(open_embedded(*words, **named))
        return held[-1]

    monkeypatch.setattr(engines.embedded, "open_embedded", holding)
    yield Life(tmp_path)
    for server in held:
        server.stop()
