"""Every cassette: nothing secret in it, its provenance at the top, a test that plays it; and the guards themselves."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from agent.wire.client import MessagesModel
from agent.wire.types import Prompt
from tests.cassette import MATCHED, PLANTED, PROVENANCE, cassettes, unplayed
from tests.cassette_file import API, CASSETTES, KEPT, Shelf, prompt_hash, read, same_body, scrub_request, scrub_response
from tests.messages_server import PRIVATE, serving, streamed, text

TESTS = Path(__file__).parent
FORBIDDEN = re.compile(
    r"sk-[a-z0-9]|bearer\s+\w|planted|cookie|organization-id|x-api-key|authorization:"
    r"|127\.0\.0\.1|localhost|/home/|/users/|/root/|/tmp/|/dev/shm/|://[^/\s\"]*:[^/\s\"]*@",
    re.IGNORECASE,
)
MARK = re.compile(r'mark\.cassette\("([^"]+)"\)')
PROMPT = Prompt("Be brief.", (), ({"role": "user", "content": "Hello"},), 100)
ALL = pytest.mark.parametrize("path", cassettes(), ids=lambda path: str(path.relative_to(CASSETTES)))


@ALL
def test_nothing_secret_is_in_it(path: Path) -> None:
    assert FORBIDDEN.findall(path.read_text(encoding="utf-8")) == []


@ALL
def test_only_the_api_and_few_headers_are_in_it(path: Path) -> None:
    requests, responses, _ = read(path)
    assert [request.uri for request in requests if not request.uri.startswith(f"{API}/v1/messages")] == []
    for request, response in zip(requests, responses, strict=True):
        assert set(request.headers) <= KEPT["request"]
        assert set(response["headers"]) <= KEPT["response"]


@ALL
def test_it_says_where_it_comes_from(path: Path) -> None:
    requests, _, provenance = read(path)
    assert [key for key in PROVENANCE if not provenance.get(key)] == []
    assert provenance["recorded"] == path.relative_to(CASSETTES).parts[0]
    assert provenance["prompts"] == prompt_hash(requests)


@ALL
def test_every_stream_holds_events(path: Path) -> None:
    streams = [r for r in read(path)[1] if r["headers"].get("content-type") == ["text/event-stream"]]
    assert [r for r in streams if b"event: message_start" not in r["body"]["string"]] == []


def test_every_cassette_is_played_by_a_test() -> None:
    named = {name for path in TESTS.rglob("test_*.py") for name in MARK.findall(path.read_text())}
    assert {str(path.relative_to(CASSETTES).with_suffix("")) for path in cassettes()} == named


def recorder(path: Path, mode: str) -> Any:
    """A cassette in a file of one's own, kept and compared as all are."""
    from vcr import VCR

    machine = VCR(
        record_mode=mode,
        match_on=MATCHED,
        before_record_request=scrub_request,
        before_record_response=scrub_response,
    )
    machine.register_matcher("json_body", same_body)
    machine.register_persister(Shelf)
    return machine.use_cassette(str(path))


@pytest.fixture
def taped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A recording of one exchange with a server that gives away all that it can."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", PLANTED)
    path = tmp_path / "tape.yaml"
    with serving(streamed(text(f"The key is {PLANTED}, I am {tmp_path}."))) as server, recorder(path, "once") as tape:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        for key in PROVENANCE:
            tape.get_metadata(key, "test")
        model = MessagesModel("test")
        model.send(PROMPT, lambda piece: None, lambda: False)
        model.close()
    return path


def test_a_recording_keeps_no_secret_of_either_side(taped: Path) -> None:
    kept = taped.read_text()
    assert FORBIDDEN.findall(kept) == []
    assert [value for value in PRIVATE.values() if value in kept] == []
    assert "The key is <secret>, I am <path>" in kept


def test_another_prompt_is_not_answered_and_says_why(taped: Path) -> None:
    other = Prompt("Be long.", PROMPT.tools, PROMPT.messages, PROMPT.max_tokens)
    with recorder(taped, "none"), pytest.raises(Exception, match=r'\+ "system": "Be long\."'):
        MessagesModel("test").send(other, lambda piece: None, lambda: False)


def test_what_was_recorded_and_not_asked_for_is_found(taped: Path) -> None:
    with recorder(taped, "none") as tape:
        assert unplayed(tape).startswith("1 of 1 recorded exchanges")
        MessagesModel("test").send(PROMPT, lambda piece: None, lambda: False)
        assert unplayed(tape) == ""


def test_what_differs_between_machines_is_no_difference(taped: Path) -> None:
    from vcr.request import Request

    def request(words: str) -> Request:
        return Request("POST", API, f'{{"a": "{words}", "b": 1}}', {})

    here, there = "/tmp/x1/shop.db at 127.0.0.1:4711", "/home/ann/shop.db at 127.0.0.1:4712"
    same_body(request(f"{here} 2026-01-02T03:04:05-05:00"), request(f"{there} 2027-01-02T03:04:05-05:00"))
    with pytest.raises(AssertionError, match="4713"):
        same_body(request("4713 rows"), request("4714 rows"))


def test_nothing_reaches_further_than_this_machine() -> None:
    import socket

    with socket.socket() as plug, pytest.raises(RuntimeError, match="Network is disabled"):
        plug.connect(("192.0.2.1", 443))
