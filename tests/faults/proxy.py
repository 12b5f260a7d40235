"""A TCP proxy before a server that cuts connections at a message, or is away for a while."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

NEVER = 1 << 60


@dataclass
class Proxy:
    """Forwards every connection; cut_at: at which occurrence of needle, from the client, both ends are closed.

    after: the message still reaches the server, whose answer nobody gets; armed_by: nothing counts before it was seen;
    stalled: connections stay open, but nothing is forwarded any more, of those that are open now for ever.
    """

    port: int
    needle: bytes = b"COMMIT"
    armed_by: bytes = b"COPY "
    armed: bool = False
    cut_at: int = NEVER
    after: bool = True
    away: bool = False
    stalled: bool = False
    stalls_with: bool = False  # at cut_at nothing is closed, but all of it stalls
    given_up: int = 0  # new connections that clients closed again because nobody answered
    stalls_at: int = NEVER  # bytes from both ends, after which it does so by itself
    forwarded: int = 0
    seen: int = 0
    cuts: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)
    open: list[socket.socket] = field(default_factory=list)

    def leave(self) -> None:
        """Close all connections and refuse new ones until come_back()."""
        self.away = True
        for end in list(self.open):
            _close(end)

    def come_back(self) -> None:
        """Take connections again."""
        self.away = False

    def passes(self, size: int) -> bool:
        """Whether so many bytes more are forwarded."""
        with self.lock:
            self.forwarded += size
            if self.forwarded > self.stalls_at:
                self.stalls_at, self.stalled = NEVER, True
        return not self.stalled

    def disarm(self) -> None:
        """Count nothing until armed_by is seen again."""
        self.armed = False

    def hit(self, data: bytes) -> bool:
        """Whether this piece of a client's stream holds the occurrence to cut at."""
        with self.lock:
            self.armed = self.armed or self.armed_by in data
            self.seen += data.count(self.needle) if self.armed else 0
            if self.seen >= self.cut_at:
                self.cut_at = NEVER
                self.cuts += 1
                return True
        return False


@contextmanager
def proxy(target: str | tuple[str, int], listener: socket.socket | None = None) -> Iterator[Proxy]:
    """A proxy on a free loopback port, or a listener that is closed at the end, to a socket's path or host and port."""
    listener = listener or socket.create_server(("127.0.0.1", 0))
    found = Proxy(listener.getsockname()[1])
    threading.Thread(target=_serve, args=(found, listener, target), daemon=True).start()
    try:
        yield found
    finally:
        found.leave()
        _close(listener)


def _serve(found: Proxy, listener: socket.socket, target: str | tuple[str, int]) -> None:
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        if found.away:
            _close(client)
            continue
        if found.stalled:
            found.open.append(client)
            threading.Thread(target=_unanswered, args=(found, client), daemon=True).start()
            continue
        server = socket.socket(socket.AF_UNIX if isinstance(target, str) else socket.AF_INET)
        server.connect(target)
        found.open += [client, server]
        for one, other, watched in ((client, server, True), (server, client, False)):
            threading.Thread(target=_pump, args=(found, one, other, watched), daemon=True).start()


def _pump(found: Proxy, one: socket.socket, other: socket.socket, watched: bool) -> None:
    with suppress(OSError):
        while data := one.recv(1 << 16):
            if not found.passes(len(data)):
                return  # neither end hears of it
            if watched and found.hit(data):
                if found.stalls_with:
                    found.stalled = True
                    return
                if found.after:
                    other.sendall(data)
                break
            other.sendall(data)
    for end in (one, other):
        _close(end)


def _unanswered(found: Proxy, client: socket.socket) -> None:
    with suppress(OSError):
        while client.recv(1 << 16):
            pass
    found.given_up += 1


def _close(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()
