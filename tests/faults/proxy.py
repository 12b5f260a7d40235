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

    after: the message still reaches the server, whose answer nobody gets, late: so many seconds after the client's end
    was closed; armed_by: nothing counts before it was seen;
    stalled: connections stay open, but nothing is forwarded any more, of those that are open now for ever.
    """

    port: int
    needle: bytes = b"COMMIT"
    armed_by: bytes = b"COPY "
    armed: bool = False
    cut_at: int = NEVER
    after: bool = True
    late: float = 0
    away: bool = False
    stalled: bool = False
    stalls_with: bool = False  # at cut_at nothing is closed, but all of it stalls
    given_up: int = 0  # new connections that clients closed again because nobody answered
    stalls_at: int = NEVER  # bytes from both ends, after which it does so by itself
    forwarded: int = 0
    seen: int = 0
    cuts: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)
    open: set[socket.socket] = field(default_factory=set)
    ended: threading.Event = field(default_factory=threading.Event)

    def leave(self) -> None:
        """End all connections and refuse new ones until come_back()."""
        with self.lock:
            self.away = True
            for end in self.open:
                _shut(end)

    def takes(self, end: socket.socket) -> bool:
        """Whether a new end of a connection may stay; it is closed by whoever made it."""
        with self.lock:
            if not self.away:
                self.open.add(end)
            return not self.away

    def close(self, *ends: socket.socket) -> None:
        """Close ends that no thread reads any more: before, their numbers could become another's under it."""
        with self.lock:
            self.open.difference_update(ends)
        for end in ends:
            end.close()

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
    serving = threading.Thread(target=_serve, args=(found, listener, target), daemon=True)
    serving.start()
    try:
        yield found
    finally:
        found.leave()
        _shut(listener)
        found.ended.set()
        serving.join()
        listener.close()


def _serve(found: Proxy, listener: socket.socket, target: str | tuple[str, int]) -> None:
    relays: list[threading.Thread] = []
    with suppress(OSError):
        while True:
            client, _ = listener.accept()
            relays.append(threading.Thread(target=_relay, args=(found, client, target), daemon=True))
            relays[-1].start()
    for relay in relays:
        relay.join()


def _relay(found: Proxy, client: socket.socket, target: str | tuple[str, int]) -> None:
    """One connection, to its end."""
    server = socket.socket(socket.AF_UNIX if isinstance(target, str) else socket.AF_INET)
    if found.takes(client):
        if found.stalled:
            _unanswered(found, client)
        else:
            with suppress(OSError):
                server.connect(target)
                if found.takes(server):
                    back = threading.Thread(target=_pump, args=(found, server, client, False), daemon=True)
                    back.start()
                    _pump(found, client, server, True)
                    back.join()
    found.close(client, server)


def _pump(found: Proxy, one: socket.socket, other: socket.socket, watched: bool) -> None:
    with suppress(OSError):
        while data := one.recv(1 << 16):
            if not found.passes(len(data)):
                found.ended.wait()  # neither end hears of it
            elif watched and found.hit(data):
                if found.stalls_with:
                    found.stalled = True
                    found.ended.wait()
                if found.late:
                    _shut(one)
                    found.ended.wait(found.late)
                if found.after:
                    other.sendall(data)
                break
            else:
                other.sendall(data)
    for end in (one, other):
        _shut(end)


def _unanswered(found: Proxy, client: socket.socket) -> None:
    with suppress(OSError):
        while client.recv(1 << 16):
            pass
    found.given_up += 1


def _shut(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
