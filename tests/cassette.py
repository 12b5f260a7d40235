"""Cassettes: recorded exchanges with a server of the Messages API, replayed without a network.

    @pytest.mark.cassette("scripted/plain")
    def test_it(cassette: Tape) -> None:
        model = cassette.model(streamed(text("Hello")))   # scripted: what the recording's server says
        model = cassette.model()                          # live: the server of ANTHROPIC_BASE_URL, or the API itself

Replayed by default; `--record-mode=rewrite` records anew (docs/cassettes.md).
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from agent.wire.client import MessagesModel
from tests.cassette_file import API, CASSETTES, Shelf, read, same_body, scrub_request, scrub_response
from tests.messages_server import MODEL, Answer, serving

PLANTED = "sk-ant-planted-into-every-recording"  # no cassette may hold it
PROVENANCE = ("recorded", "model", "sdk")
MATCHED = ("method", "path", "json_body")


@dataclass
class Tape:
    """A cassette that is recorded or replayed by one test."""

    vcr: Any
    recording: bool
    open: ExitStack = field(default_factory=ExitStack)

    def model(self, *answers: Answer, tokens: int | None = 42) -> MessagesModel:
        """The model at the other end; answers, and tokens for count_tokens, make it a scripted one."""
        recorded = "scripted" if answers else "live"
        name = MODEL if answers else os.environ.get("ANTHROPIC_MODEL", MODEL)
        for key, value in {"recorded": recorded, "model": name, "sdk": _sdk()}.items():
            found = self.vcr.get_metadata(key, value)
            name = found if key == "model" else name
            assert key != "recorded" or found == recorded, f"the cassette is {found}, the test is {recorded}"
        patch = self.open.enter_context(pytest.MonkeyPatch.context())
        if answers and self.recording:
            patch.setenv("ANTHROPIC_BASE_URL", self.open.enter_context(serving(*answers, tokens=tokens)).url)
        elif not self.recording:
            patch.setenv("ANTHROPIC_BASE_URL", API)
        if answers or not self.recording:
            patch.setenv("ANTHROPIC_API_KEY", PLANTED)
            patch.delenv("ANTHROPIC_AUTH_TOKEN", raising=False)
        model = MessagesModel(name)
        self.open.callback(model.close)
        return model


@pytest.fixture
def cassette(vcr: Any, record_mode: str) -> Iterator[Tape]:
    """The cassette that the test's mark names; what was recorded and not asked for is a failure."""
    assert vcr is not None, 'the test needs a mark: @pytest.mark.cassette("live/NAME")'
    tape = Tape(vcr, record_mode != "none")
    with tape.open:
        yield tape
    if not tape.recording and unplayed(vcr):
        pytest.fail(unplayed(vcr))


def unplayed(vcr: Any) -> str:
    """A sentence about what was recorded and not asked for; empty when all was."""
    left = len(vcr) - vcr.play_count
    return f"{left} of {len(vcr)} recorded exchanges were not asked for: {vcr.path}" if left else ""


def pytest_configure(config: pytest.Config) -> None:
    """Say what the marks mean."""
    config.addinivalue_line("markers", "cassette(name): replays cassettes/NAME.yaml (docs/cassettes.md)")
    for kind in ("live", "scripted"):
        config.addinivalue_line("markers", f"{kind}_cassette: has a mark cassette with such a name")


@pytest.hookimpl(tryfirst=True)  # before -m chooses
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The mark in the words of the plugin that opens cassettes."""
    for item in items:
        mark = item.get_closest_marker("cassette")
        if mark is not None:
            item.add_marker(f"{mark.args[0].split('/')[0]}_cassette")
            item.add_marker(pytest.mark.default_cassette(str(CASSETTES / mark.args[0])))
            item.add_marker(
                pytest.mark.vcr(
                    match_on=MATCHED,
                    before_record_request=scrub_request,
                    before_record_response=scrub_response,
                    decode_compressed_response=True,
                )
            )


def pytest_recording_configure(config: pytest.Config, vcr: Any) -> None:
    """How cassettes are compared and kept."""
    vcr.register_matcher("json_body", same_body)
    vcr.register_persister(Shelf)


def pytest_report_header() -> str:
    """Where the recordings come from."""
    made = Counter(" ".join(str(read(path)[2].get(key)) for key in PROVENANCE) for path in cassettes())
    return "cassettes: " + (", ".join(f"{count} {words}" for words, count in sorted(made.items())) or "none")


def cassettes() -> list[Path]:
    """Every cassette's file."""
    return sorted(CASSETTES.rglob("*.yaml"))


def _sdk() -> str:
    import anthropic

    return f"anthropic {anthropic.__version__}"
