"""One attempt over a real socket: what a reply holds, and that no wait is without end."""

from __future__ import annotations

import subprocess
import sys
from threading import Event

import pytest

from agent.wire.client import MessagesModel, Patience
from agent.wire.types import AttemptFailed, Usage
from tests.asking import KEY, PROMPT, TOOL, asked, failure_of, never, reply_to, server_of
from tests.messages_server import MODEL, Answer, call, events, sse, streamed, text, thinking


def test_text_is_heard_as_it_comes() -> None:
    heard: list[str] = []
    go_on = Event()
    whole = events(text("Good ", "morning"))

    def hear(piece: str) -> None:
        heard.append(piece)
        go_on.set()  # the rest is only sent once the first piece was heard

    with asked(Answer((sse(*whole[:3]), go_on, sse(*whole[3:])))) as model:
        reply = model.send(PROMPT, hear, never)
    assert heard == ["Good ", "morning"]
    assert (reply.text, reply.stop) == ("Good morning", "end_turn")
    assert reply.usage == Usage(input=12, output=12, cache_read=5, cache_write=3)


def test_the_request_is_the_prompt_with_one_cache_mark() -> None:
    with asked(streamed(text("x"))) as model:
        model.send(PROMPT, lambda piece: None, never)
        body, headers = server_of(model).requests[0], server_of(model).headers[0]
    assert body == {
        "model": MODEL,
        "system": "Be brief.",
        "tools": [TOOL],
        "messages": [{"role": "user", "content": "Hello"}],
        "max_tokens": 100,
        "cache_control": {"type": "ephemeral"},
        "stream": True,
    }
    assert headers["authorization"] == f"Bearer {KEY}"


def test_calls_come_with_their_arguments() -> None:
    reply = reply_to(streamed(text("I look."), call("assess", '{"detail": ', '"long"}'), call("more"), stop="tool_use"))
    assert [(found["name"], found["input"]) for found in reply.calls] == [("assess", {"detail": "long"}), ("more", {})]


def test_thinking_is_kept_with_its_signature() -> None:
    reply = reply_to(streamed(thinking("hm", "c2ln"), text("x")))
    assert reply.content[0] == {"type": "thinking", "thinking": "hm", "signature": "c2ln"}


@pytest.mark.parametrize("arguments", ['{"detail": "lo', "not json", "[1]", "[" * 100_000, '"text"'])
def test_arguments_that_are_no_object_stay_text(arguments: str) -> None:
    assert reply_to(streamed(call("assess", arguments), stop="tool_use", output=1)).calls[0]["input"] == arguments


def test_a_server_that_falls_silent_is_given_up() -> None:
    patience = Patience(silence=0.2)
    assert failure_of(Answer((Event(),)), patience=patience).kind == "timeout"
    begun = failure_of(Answer((sse(*events(text("half"))[:3]), Event())), patience=patience)
    assert (begun.kind, begun.received) == ("timeout", "half")


def test_pings_do_not_hold_an_answer_open() -> None:
    pings = (b"event: ping\ndata: {}\n\n", Event()) * 3
    assert failure_of(Answer(pings), patience=Patience(whole=0.2)).kind == "timeout"


def test_a_server_that_is_gone_is_a_connection_error() -> None:
    with asked() as model:
        pass
    with pytest.MonkeyPatch.context() as patch, pytest.raises(AttemptFailed) as caught:
        patch.setenv("ANTHROPIC_BASE_URL", server_of(model).url)
        model.send(PROMPT, lambda piece: None, never)
    assert caught.value.kind == "connection"


def test_stopping_works_while_nothing_comes() -> None:
    looks = iter([False] * 8)
    with asked(Answer((sse(*events(text("half"))[:3]), Event()))) as model, pytest.raises(AttemptFailed) as caught:
        model.send(PROMPT, lambda piece: None, lambda: next(looks, True))
    assert caught.value.kind == "cancelled"


def test_what_was_stopped_before_is_not_sent() -> None:
    with asked(streamed(text("x"))) as model, pytest.raises(AttemptFailed):
        model.send(PROMPT, lambda piece: None, lambda: True)
    assert server_of(model).requests == []


def test_an_answer_without_end_is_cut_off() -> None:
    flood = streamed(call("assess", '{"detail": "', *["word "] * 2_000), stop="tool_use")
    reply = reply_to(flood)
    assert reply.stop == "max_tokens"
    assert isinstance(reply.calls[0]["input"], str)
    assert reply.usage.output > 2 * PROMPT.max_tokens
    assert reply.usage.read == 20


def test_a_server_counts_where_it_can() -> None:
    with asked(tokens=4711) as model:
        assert model.count(PROMPT) == 4711


def test_a_server_that_can_not_count_is_asked_once() -> None:
    with asked(tokens=None) as model:
        assert model.count(PROMPT) is None
        server_of(model).tokens = 42
        assert model.count(PROMPT) is None


def test_a_count_without_a_server_is_none() -> None:
    with asked() as model:
        pass
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ANTHROPIC_BASE_URL", server_of(model).url)
        assert model.count(PROMPT) is None


def test_a_server_of_ones_own_needs_no_key() -> None:
    with asked(streamed(text("x"))) as model, pytest.MonkeyPatch.context() as patch:
        patch.delenv("ANTHROPIC_API_KEY")
        assert model.send(PROMPT, lambda piece: None, never).text == "x"


def test_without_key_and_server_nothing_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    model = MessagesModel(MODEL)
    assert model.count(PROMPT) is None
    with pytest.raises(AttemptFailed, match="there is no key"):
        model.send(PROMPT, lambda piece: None, never)


def test_what_is_no_failure_of_the_wire_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def defect(self: object, request: object) -> None:
        raise RuntimeError("a defect")

    monkeypatch.setattr("httpx2.HTTPTransport.handle_request", defect)
    with asked() as model, pytest.raises(RuntimeError, match="a defect"):
        model.send(PROMPT, lambda piece: None, never)


def test_the_sdk_is_only_loaded_to_send() -> None:
    program = "import sys, agent.wire.client, agent.wire.retries; print({'anthropic', 'tiktoken'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
