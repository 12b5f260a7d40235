"""Failures of an attempt: what each is called, what a person is told, and that the key is in none."""

from __future__ import annotations

import traceback

import pytest

from agent.wire.types import AttemptFailed
from engines.connection import redact
from tests.asking import KEY, PROMPT, asked, failure_of, never
from tests.messages_server import MODEL, Answer, broken_off, events, refused, sse, streamed, text


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (refused(429, "rate_limit_error"), "rate_limited", "no more requests"),
        (refused(529, "overloaded_error"), "overloaded", "overloaded"),
        (refused(500, "api_error"), "server_error", "failed"),
        (refused(503, "overloaded_error"), "overloaded", "overloaded"),
        (refused(504, "timeout_error"), "timeout", "too long"),
        (refused(400, "invalid_request_error", "max_tokens: too large"), "refused_request", "max_tokens: too large"),
        (refused(401, "authentication_error"), "refused_request", "check ANTHROPIC_API_KEY"),
        (refused(403, "permission_error"), "refused_request", "may not use"),
        (refused(404, "not_found_error"), "refused_request", MODEL),
        (refused(413, "request_too_large"), "refused_request", "larger than"),
        (refused(418, "teapot"), "refused_request", "418"),
        (refused(529, "overloaded_error", x_should_retry="false"), "refused_request", "529"),
        (broken_off("overloaded_error"), "overloaded", "overloaded"),
        (broken_off("rate_limit_error"), "rate_limited", "no more requests"),
        (broken_off("api_error"), "server_error", "failed"),
        (broken_off("authentication_error"), "refused_request", "check ANTHROPIC_API_KEY"),
        (broken_off("a_new_kind"), "server_error", "failed"),
        (Answer((b'event: error\ndata: {"code": 500, "message": "no slot"}\n\n',)), "server_error", "no slot"),
        (Answer((b"<html>not the API</html>",)), "interrupted", "in the middle"),
        (Answer((b"event: message_start\ndata: {broken\n\n",)), "server_error", "can't be read"),
        (Answer((sse(*events(text("half"))[:-1]),)), "interrupted", "in the middle"),
        (Answer((sse(*events(text("half"))[:3]),), cut=True), "interrupted", "broke in the middle"),
        (streamed(text("no reason"), stop=None), "interrupted", "in the middle"),
    ],
)
def test_failures_have_kinds_and_words(answer: Answer, kind: str, words: str) -> None:
    failed = failure_of(answer)
    assert failed.kind == kind
    assert words in failed.what


def test_a_spend_limit_is_not_a_rate_limit() -> None:
    body = b'{"error": {"type": "rate_limit_error", "details": {"error_code": "enforced_spend_limit_reached"}}}'
    failed = failure_of(Answer((body,), 429, {"content-type": "application/json"}))
    assert (failed.kind, "spend limit" in failed.what) == ("refused_request", True)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry_after": "7"}, 7.0),
        ({"retry_after_ms": "1500", "retry_after": "7"}, 1.5),
        ({"retry_after": "-3"}, 0.0),
        ({"retry_after": "nan"}, None),
        ({"retry_after": "soon"}, None),
        ({"retry_after": "Sat, 01 Jan 2000 00:00:00 GMT"}, 0.0),
    ],
)
def test_the_wait_that_a_server_asks_for_is_read(headers: dict[str, str], seconds: float | None) -> None:
    assert failure_of(refused(429, "rate_limit_error", **headers)).retry_after == seconds


def test_what_was_heard_before_a_failure_is_told() -> None:
    assert failure_of(broken_off("overloaded_error", text("The tables ", "are"))).received == "The tables are"


@pytest.mark.parametrize(
    "answer",
    [
        refused(401, "authentication_error", f"invalid key {KEY}"),
        broken_off("api_error"),
        Answer((sse(*events(text("half"))[:3]),), cut=True),
    ],
)
def test_no_failure_holds_the_key(answer: Answer) -> None:
    failed = failure_of(answer)
    told = "".join(traceback.format_exception(failed))
    assert KEY not in told + repr(vars(failed))
    assert failed.__cause__ is None and failed.__context__ is None
    assert KEY not in redact(f"Bearer {KEY}")


def test_a_placeholder_is_no_secret() -> None:
    with asked(streamed(text("x"))) as model, pytest.MonkeyPatch.context() as patch:
        patch.setenv("ANTHROPIC_API_KEY", "local")
        model.send(PROMPT, lambda piece: None, never)
    assert redact("local tables") == "local tables"


def test_a_key_that_can_not_be_sent_is_not_shown() -> None:
    with (
        asked(streamed(text("x"))) as model,
        pytest.MonkeyPatch.context() as patch,
        pytest.raises(AttemptFailed) as caught,
    ):
        patch.setenv("ANTHROPIC_API_KEY", f"{KEY}\n{KEY}")
        model.send(PROMPT, lambda piece: None, never)
    assert caught.value.kind == "refused_request"
    assert KEY not in "".join(traceback.format_exception(caught.value))
