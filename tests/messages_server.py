"""A server of the Messages API on the loopback that says what a test has written down, down to broken streams."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

Piece = bytes | Event  # bytes to send, or what to wait for before going on
MODEL = "claude-sonnet-5-5"
# What a server also sends and no recording may keep.
PRIVATE = {"set-cookie": "session=planted-cookie", "anthropic-organization-id": "planted-organization"}


@dataclass(frozen=True)
class Answer:
    """One answer: status, headers, and the pieces of its body; cut breaks the connection instead of ending the body."""

    pieces: tuple[Piece, ...]
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False


def text(words: str, *more: str) -> dict[str, Any]:
    """A text block, sent in as many deltas as there are arguments."""
    return {"start": {"type": "text", "text": ""}, "deltas": [("text_delta", "text", part) for part in (words, *more)]}


def call(name: str, *arguments: str, id: str = "toolu_1") -> dict[str, Any]:
    """A tool_use block; its arguments as text, in as many deltas as there are parts."""
    start = {"type": "tool_use", "id": id, "name": name, "input": {}}
    return {"start": start, "deltas": [("input_json_delta", "partial_json", part) for part in arguments]}


def thinking(words: str, signature: str) -> dict[str, Any]:
    """A thinking block with its signature."""
    deltas = [("thinking_delta", "thinking", words), ("signature_delta", "signature", signature)]
    return {"start": {"type": "thinking", "thinking": "", "signature": ""}, "deltas": deltas}


def events(*blocks: dict[str, Any], stop: str | None = "end_turn", output: int = 12) -> list[dict[str, Any]]:
    """The events of a whole message; 20 tokens went in, of which 5 came from the cache and 3 went into it."""
    usage = {
        "input_tokens": 12,
        "output_tokens": 1,
        "cache_read_input_tokens": 5,
        "cache_creation_input_tokens": 3,
    }
    message = {"id": "msg_1", "type": "message", "role": "assistant", "model": MODEL, "content": [], "usage": usage}
    found: list[dict[str, Any]] = [{"type": "message_start", "message": {**message, "stop_reason": None}}]
    for index, block in enumerate(blocks):
        found.append({"type": "content_block_start", "index": index, "content_block": block["start"]})
        for kind, name, value in block["deltas"]:
            found.append({"type": "content_block_delta", "index": index, "delta": {"type": kind, name: value}})
        found.append({"type": "content_block_stop", "index": index})
    delta = {"stop_reason": stop, "stop_sequence": None}
    return [
        *found,
        {"type": "message_delta", "delta": delta, "usage": {"output_tokens": output}},
        {"type": "message_stop"},
    ]


def sse(*sent: dict[str, Any]) -> bytes:
    """Events as a stream carries them."""
    return "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in sent).encode()


def streamed(*blocks: dict[str, Any], stop: str | None = "end_turn", output: int = 12) -> Answer:
    """A whole message as a stream."""
    return Answer((sse(*events(*blocks, stop=stop, output=output)),))


def refused(status: int, kind: str, words: str = "no", **headers: str) -> Answer:
    """An error of the API; headers by name with underscores."""
    body = {"type": "error", "error": {"type": kind, "message": words}}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer((json.dumps(body).encode(),), status, {"content-type": "application/json", **named})


def broken_off(kind: str, *blocks: dict[str, Any]) -> Answer:
    """A stream that begins well and ends with an error event."""
    error = {"type": "error", "error": {"type": kind, "message": kind.replace("_", " ")}}
    return Answer((sse(*events(*blocks)[:-3]) + sse(error),))


class MessagesServer:
    """Plays its answers in order, whatever is asked; requests holds what came, tokens what count_tokens says."""

    def __init__(self, answers: tuple[Answer, ...], tokens: int | None) -> None:
        self.answers = list(answers)
        self.held = [piece for answer in answers for piece in answer.pieces if isinstance(piece, Event)]
        self.tokens = tokens
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())

    @property
    def url(self) -> str:
        """What to set ANTHROPIC_BASE_URL to."""
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    def start(self) -> None:
        """Serve in a thread."""
        Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def stop(self) -> None:
        """Let go what is held and close the server."""
        for piece in self.held:
            piece.set()
        self._http.shutdown()
        self._http.server_close()

    def answer(self, path: str, body: dict[str, Any], headers: dict[str, str]) -> Answer:
        """The answer to a request."""
        if path.endswith("/count_tokens"):
            if self.tokens is None:
                return refused(404, "not_found_error")
            counted = json.dumps({"input_tokens": self.tokens}).encode()
            return Answer((counted,), headers={"content-type": "application/json"})
        self.requests.append(body)
        self.headers.append(headers)
        return self.answers.pop(0) if self.answers else refused(500, "api_error", "the script is at its end")

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                headers = {name.lower(): value for name, value in self.headers.items()}
                self._play(server.answer(self.path.split("?")[0], body, headers))

            def _play(self, answer: Answer) -> None:
                self.send_response(answer.status)
                given = {"content-type": "text/event-stream", "transfer-encoding": "chunked", **PRIVATE}
                for name, value in {**given, **answer.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                for piece in answer.pieces:
                    if isinstance(piece, Event):
                        piece.wait(60)
                    else:
                        self._chunk(piece)
                if answer.cut:
                    self.close_connection = True
                else:
                    self._chunk(b"")

            def _chunk(self, data: bytes) -> None:
                try:
                    self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
                except OSError:  # the other side has gone, as some tests want
                    self.close_connection = True

            def log_message(self, format: str, *args: object) -> None:
                """Nothing."""

        return Handler


@contextmanager
def serving(*answers: Answer, tokens: int | None = 42) -> Iterator[MessagesServer]:
    """A running server with these answers."""
    server = MessagesServer(answers, tokens)
    server.start()
    try:
        yield server
    finally:
        server.stop()
