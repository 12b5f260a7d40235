"""What went wrong with an attempt: errors of the SDK and of the network as the few kinds that decide what is next."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from email.utils import mktime_tz, parsedate_tz
from typing import TYPE_CHECKING

from agent.wire.types import AttemptFailed
from engines.connection import redact
from skills.digest import clean

if TYPE_CHECKING:
    import anthropic

# The API's own word for an error, also where it comes inside a stream that began with status 200.
TYPES = {
    "rate_limit_error": "rate_limited",
    "overloaded_error": "overloaded",
    "timeout_error": "timeout",
    "api_error": "server_error",
    "invalid_request_error": "refused_request",
    "authentication_error": "refused_request",
    "billing_error": "refused_request",
    "permission_error": "refused_request",
    "not_found_error": "refused_request",
}
STATUSES = {408: "timeout", 409: "server_error", 429: "rate_limited", 504: "timeout", 529: "overloaded"}
SENTENCES = {
    "rate_limited": "the server takes no more requests for the moment",
    "overloaded": "the model is overloaded",
    "server_error": "the server failed",
    "timeout": "the server took too long",
}
# Refused requests: what a person can do about each. {model} is the name that was asked for.
REFUSALS = {
    400: "the server refused the request",
    401: "the server refused the key: check ANTHROPIC_API_KEY or ANTHROPIC_AUTH_TOKEN",
    402: "the account can't pay for the request: check its credit and its spend limit",
    403: "the key may not use {model}: choose another model or key",
    404: "the server doesn't know the model {model}: check --model, ANTHROPIC_MODEL and ANTHROPIC_BASE_URL",
    413: "the request is larger than the server takes",
    429: "the account's spend limit is reached: raise it, or wait until it begins anew",
}
OTHER_REFUSAL = "the server refused the request with status {status}"
SHOWN = 200  # characters of a server's own words


def failure(error: BaseException, model: str, received: str) -> AttemptFailed:
    """The attempt's failure as one kind and one sentence without secrets; an error that is no failure of the attempt
    (a defect, a test's own guard) is raised as it was.

    The result holds nothing of the error: its request carries the key.
    """
    import anthropic
    import httpx2

    if isinstance(error, anthropic.APIStatusError):
        return _status(error, model, received)
    if isinstance(error, anthropic.APITimeoutError | httpx2.TimeoutException):
        return AttemptFailed("timeout", "the server didn't answer in time", None, received)
    if isinstance(error, anthropic.APIConnectionError) and error.__cause__ is not None:
        error = error.__cause__  # the SDK calls whatever a transport raises a connection error
    unsendable = httpx2.LocalProtocolError | httpx2.UnsupportedProtocol | httpx2.InvalidURL | UnicodeEncodeError
    if isinstance(error, unsendable):  # its words hold the key
        return AttemptFailed("refused_request", "the key, ANTHROPIC_BASE_URL or the text can't be sent: check them")
    if isinstance(error, httpx2.HTTPError | OSError):
        return _connection(error, received)
    if isinstance(error, anthropic.APIResponseValidationError | ValueError):  # ValueError: what should be JSON isn't
        return AttemptFailed("server_error", "what the server sent can't be read", None, received)
    raise error


def _connection(error: BaseException, received: str) -> AttemptFailed:
    words = said(str(error)) or type(error).__name__
    if received:
        return AttemptFailed(
            "interrupted", f"the connection broke in the middle of the answer ({words})", None, received
        )
    return AttemptFailed("connection", f"the server can't be reached ({words})", None, received)


def _status(error: anthropic.APIStatusError, model: str, received: str) -> AttemptFailed:
    kind = _kind(error)
    flat = error.body.get("message") if isinstance(error.body, dict) else None  # as other makers' servers put it
    words = said(str(error.api_message or flat or ""))
    tail = f" ({words})" if words else ""
    if kind == "refused_request":
        status = _status_of_type(error)
        sentence = REFUSALS.get(status, OTHER_REFUSAL).format(model=model, status=status)
        return AttemptFailed(kind, sentence + tail, None, received)
    return AttemptFailed(kind, SENTENCES[kind] + tail, retry_after(error.response.headers), received)


def _kind(error: anthropic.APIStatusError) -> str:
    spent = (error.error_code or "").endswith("spend_limit_reached")
    if spent or error.response.headers.get("x-should-retry") == "false":
        return "refused_request"
    if error.status_code < 400:  # an error event of a stream: only its type says what it is
        return TYPES.get(error.type or "", "server_error")
    if error.type == "overloaded_error":
        return "overloaded"
    return STATUSES.get(error.status_code, "server_error" if error.status_code >= 500 else "refused_request")


def _status_of_type(error: anthropic.APIStatusError) -> int:
    """The status that the error would have had, for one that came inside a stream."""
    inside = {"authentication_error": 401, "billing_error": 402, "permission_error": 403, "not_found_error": 404}
    return error.status_code if error.status_code >= 400 else inside.get(error.type or "", 400)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that the server asks to wait: retry-after-ms, or retry-after as seconds or as a date; None if unnamed."""
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    seconds = _number(headers.get("retry-after"))
    if seconds is not None:
        return seconds
    date = parsedate_tz(headers.get("retry-after") or "")
    return None if date is None else max(mktime_tz(date) - time.time(), 0.0)


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return None if math.isnan(number) else max(number, 0.0)


def said(words: str) -> str:
    """A server's own words as one short line without secrets."""
    return str(clean(redact(words), SHOWN))
