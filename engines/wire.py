"""Notices a server that vanished without a word: its host, the network to it, or a proxy that forwards nothing more.

Two ways, because neither sees all. The system's own probes (KEEPALIVE) end a connection whose packets nobody answers,
whether it reads, writes or lies idle. But a proxy in between, or a server that stands still, goes on answering them. So
once a connection has heard nothing for SILENT seconds, its server is asked anew over a connection of its own; where
that isn't answered TRIES times in a row, all that heard nothing meanwhile are cut off: who waits gets the error of a
lost connection, and once the server answers, their sessions are ended there, which may hold locks. A server that
answers, even with a refusal, is there: its statements may take what they take.
"""

from __future__ import annotations

import os
import socket
import struct
import threading
import time
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from typing import Any, Protocol
from weakref import ref

# tcp(7): seconds, seconds, probes; milliseconds that sent data may lie without the peer taking it, which bounds the
# probes too where it is known. The systems' own defaults are two hours, and a quarter of one.
KEEPALIVE = {"TCP_KEEPIDLE": 30, "TCP_KEEPINTVL": 10, "TCP_KEEPCNT": 6, "TCP_USER_TIMEOUT": 120_000}
SILENT = 60.0
ANSWER = 20.0  # seconds for a new connection to be answered
TRIES = 3
LAST_RECEIVED = 52  # where tcp_info has the milliseconds since data came (Linux: linux/tcp.h)


class Unanswered(Exception):
    """Nobody answered in time."""


@dataclass(frozen=True)
class Session:
    """A connection as its server knows it: by a number, which another server, or it once restarted, gives again.

    opened: no later than this, by this machine's time.monotonic(); place: which server it was, where it says so.
    """

    number: int
    place: tuple[Any, ...]
    opened: float

    @property
    def age(self) -> float:
        """Seconds that the server has had it at least."""
        return time.monotonic() - self.opened


class Line(Protocol):
    """A kind of connection to one server, as this module needs it."""

    def number(self, connection: Any) -> int:
        """The connection's socket; -1 once it is closed."""
        ...

    def session(self, connection: Any) -> Session:
        """What the server calls the connection's session."""
        ...

    def ask(self, seconds: float) -> None:
        """Open another connection and close it. Unanswered after so many seconds; any answer will do."""
        ...

    def end(self, sessions: Sequence[Session], seconds: float) -> None:
        """End sessions of ours that the server still has, nobody else's; Unanswered likewise."""
        ...


@dataclass
class _Server:
    """The connections of this process to one server; left: sessions of those that were cut off."""

    key: str
    line: Line
    connections: list[tuple[ref[Any], Session]] = field(default_factory=list)
    left: list[Session] = field(default_factory=list)

    def run(self) -> None:
        """Look again and again, as long as there are connections."""
        answered, unanswered = 0.0, 0
        while True:
            time.sleep(SILENT / 6)
            with _lock:
                self.connections = [entry for entry in self.connections if entry[0]() is not None]
                if not self.connections and not self.left:
                    del _servers[self.key]
                    return
            if not self.left and (time.monotonic() - answered < SILENT or not self._silent(SILENT)):
                unanswered = 0
                continue
            asked = time.monotonic()
            try:
                if self.left:
                    self.line.end(self.left, ANSWER)
                    self.left = []
                else:
                    self.line.ask(ANSWER)
                answered, unanswered = time.monotonic(), 0
            except Unanswered:
                unanswered += 1
                if unanswered >= TRIES:
                    self._silent(time.monotonic() - asked, cut=True)

    def _silent(self, seconds: float, cut: bool = False) -> int:
        """How many connections heard nothing for so long; cut: they are cut off."""
        found = 0
        for connection, session in list(self.connections):
            opened = connection()
            if opened is None:
                continue
            with suppress(OSError), closing(_twin(self.line, opened)) as end:
                if _seconds_silent(end) > seconds:
                    found += 1
                    if cut:
                        self.left.append(session)
                        end.shutdown(socket.SHUT_RDWR)
        return found


_servers: dict[str, _Server] = {}
_lock = threading.Lock()


def watch(key: str, connection: Any, line: Line) -> None:
    """Look after a connection until it is closed or forgotten; key: one for all that lead to the same server."""
    with _lock:
        server = _servers.get(key)
        if server is None:
            server = _servers[key] = _Server(key, line)
            threading.Thread(target=server.run, name="dbmo-wire", daemon=True).start()
        server.connections.append((ref(connection), line.session(connection)))


def keep_alive(end: socket.socket) -> None:
    """Let the system probe a connection over TCP; what it doesn't know is left out."""
    if end.family in (socket.AF_INET, socket.AF_INET6):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in KEEPALIVE.items():
            if hasattr(socket, name):
                end.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def _twin(line: Line, connection: Any) -> socket.socket:
    """A connection's socket under a number of its own, which stays its own; OSError where it was closed meanwhile."""
    number = line.number(connection)
    twin = os.dup(number)
    try:
        if line.number(connection) != number:  # closed, and the number may be another's by now
            raise OSError("the connection was closed")
        return socket.socket(fileno=twin)
    except OSError:
        os.close(twin)
        raise


def _seconds_silent(end: socket.socket) -> float:
    """Since data came; 0 where the system doesn't tell (Unix sockets, other systems than Linux)."""
    if end.family not in (socket.AF_INET, socket.AF_INET6) or not hasattr(socket, "TCP_INFO"):
        return 0.0
    told = end.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, LAST_RECEIVED + 4)
    return float(struct.unpack_from("=I", told, LAST_RECEIVED)[0]) / 1000
