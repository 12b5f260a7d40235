"""A line of its own between this machine and a network namespace, on which packets are really dropped."""

from __future__ import annotations

import ctypes
import os
import socket
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

OF_NETWORKS = 0x40000000  # CLONE_NEWNET, sched.h
NOBODY = "02:00:00:00:00:99"  # a card that isn't there
# RFC 5737: addresses that nobody else has
ADDRESSES = "192[.]0[.]2[.][0-9]+,127[.]0[.]0[.]1,::1,localhost,/"


@dataclass
class Link:
    """here, there: the addresses of both ends; there is where a server listens, here where its clients are."""

    name: str
    here: str
    there: str
    lost: list[Sequence[str]] = field(default_factory=list)
    healing: threading.Thread | None = None  # who calls heal(), where it is not this thread

    def listener(self) -> socket.socket:
        """A socket that listens at the other end."""
        made: list[socket.socket] = []

        def make() -> None:
            number = os.open(f"/run/netns/{self.name}", os.O_RDONLY)
            try:
                assert ctypes.CDLL(None, use_errno=True).setns(number, OF_NETWORKS) == 0, ctypes.get_errno()
                made.append(socket.create_server((self.there, 0)))
            finally:
                os.close(number)

        thread = threading.Thread(target=make)  # a thread of its own: the namespace is the thread's
        thread.start()
        thread.join()
        return made[0]

    def drop(self, to_server: bool = True, from_server: bool = True) -> None:
        """From now on packets in these directions go to a card that isn't there: nobody hears of it."""
        if to_server:
            self._lose([], self.there, f"{self.name}h")
        if from_server:
            self._lose(["-n", self.name], self.here, f"{self.name}t")

    def heal(self) -> None:
        """Packets arrive again."""
        while self.lost:
            _ip(*self.lost.pop())

    def _lose(self, where: Sequence[str], address: str, card: str) -> None:
        _ip(*where, "neigh", "replace", address, "lladdr", NOBODY, "dev", card, "nud", "permanent")
        self.lost.append([*where, "neigh", "del", address, "dev", card])


@contextmanager
def link() -> Iterator[Link]:
    """A link, taken down at the end; skipped where it can't be made."""
    number = os.getpid()
    name, first = f"dbmo{number % 1_000_000}", number % 64 * 4
    found = Link(name, f"192.0.2.{first + 1}", f"192.0.2.{first + 2}")
    try:
        if os.geteuid() != 0 or _failed("netns", "add", name):
            pytest.skip("a network of its own can be made by root only, with `ip` (apt-get install iproute2)")
        if _failed("link", "add", f"{name}h", "type", "veth", "peer", "name", f"{name}t", "netns", name):
            pytest.skip("this system's kernel has no veth")
        for where, address, card in (([], found.here, f"{name}h"), (["-n", name], found.there, f"{name}t")):
            _ip(*where, "addr", "add", f"{address}/30", "dev", card)
            _ip(*where, "link", "set", card, "up")
        yield found
        if found.healing is not None:
            found.healing.join()
    finally:
        _failed("link", "del", f"{name}h")
        _failed("netns", "del", name)


def _ip(*words: str) -> None:
    done = subprocess.run(["ip", *words], capture_output=True, text=True)
    assert done.returncode == 0, (words, done.stderr)


def _failed(*words: str) -> bool:
    try:
        return subprocess.run(["ip", *words], capture_output=True).returncode != 0
    except FileNotFoundError:
        return True
