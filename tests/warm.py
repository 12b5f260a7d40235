"""Programs that begin with everything imported, forked from a process that has: an interpreter's start takes a second.

A program like any other: no threads and no connections, an environment and standard streams of its own, its own end.
"""

from __future__ import annotations

import atexit
import gc
import os
import pickle
import selectors
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, TextIO

CHECKOUT = Path(__file__).resolve().parents[1]
MODULES = (
    "tests.faults.moves", "tests.transfer.routes.documents", "tests.transfer.repair.mending", "agent.commands.run",
    "agent.commands.life", "agent.in_flight", "agent.orchestrator", "agent.validate", "agent.report",
    *(f"engines.{engine}.{part}" for engine in ("postgresql", "mysql", "mongodb", "sqlite")
      for part in ("database", "snapshot", "writer")),
)  # fmt: skip
SERVE = "import sys; from tests.warm import serve; serve(int(sys.argv[1]))()"
TELLS = struct.Struct("!i")  # a process's number, later how it ended


class Warm:
    """A running program, to be used like a subprocess.Popen of text whose output and errors are pipes."""

    def __init__(self, status: int, out: int, err: int) -> None:
        self._status = status
        self.stdout: TextIO = os.fdopen(out)
        self.stderr: TextIO = os.fdopen(err)
        self.returncode: int | Any = None
        self.pid = self._told()

    def poll(self) -> int | None:
        """How it ended, None while it runs."""
        return self._ended(0)

    def wait(self, timeout: float | None = None) -> int:
        """How it ended; subprocess.TimeoutExpired."""
        if self._ended(timeout) is None:
            raise subprocess.TimeoutExpired("a warm program", timeout or 0)
        assert self.returncode is not None
        return self.returncode

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        """What it, and whoever it left behind, said until all of them ended; subprocess.TimeoutExpired."""
        end = None if timeout is None else time.monotonic() + timeout
        said: dict[TextIO, bytes] = {self.stdout: b"", self.stderr: b""}
        with selectors.DefaultSelector() as selector:
            for stream in said:
                selector.register(stream, selectors.EVENT_READ)
            while selector.get_map():
                left = None if end is None else end - time.monotonic()
                if left is not None and left <= 0:
                    raise subprocess.TimeoutExpired("a warm program", timeout or 0)
                for key, _ in selector.select(left):
                    data = os.read(key.fd, 1 << 16)
                    said[key.fileobj] += data  # type: ignore[index]
                    if not data:
                        selector.unregister(key.fileobj)
        self.wait(None if end is None else max(0.1, end - time.monotonic()))
        for stream in said:
            stream.close()
        return said[self.stdout].decode(), said[self.stderr].decode()

    def send_signal(self, number: int) -> None:
        """Send a signal to it, not to its children, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """See send_signal."""
        self.send_signal(signal.SIGKILL)

    def _ended(self, seconds: float | None) -> int | None:
        if self.returncode is None:
            with selectors.DefaultSelector() as selector:
                selector.register(self._status, selectors.EVENT_READ)
                if not selector.select(seconds):
                    return None
            self.returncode = self._told()
            os.close(self._status)
        return self.returncode

    def _told(self) -> int:
        data = os.read(self._status, TELLS.size)
        assert len(data) == TELLS.size, "the process that warm programs are forked from is gone"
        return int(TELLS.unpack(data)[0])


def start(work: Callable[..., object], *given: object, environment: Mapping[str, str] | None = None) -> Warm:
    """Call work(*given), both pickled, in a program of its own at the checkout; environment: instead of this one's."""
    status, tells = os.pipe()
    out, writes = os.pipe()
    err, warns = os.pipe()
    with tempfile.TemporaryFile() as request:
        pickle.dump((dict(os.environ if environment is None else environment), work, given), request)
        request.flush()
        socket.send_fds(_server(), [b"."], [request.fileno(), tells, writes, warns])
    for descriptor in (tells, writes, warns):
        os.close(descriptor)
    return Warm(status, out, err)


_ends: list[socket.socket] = []


def _server() -> socket.socket:
    """The way to the process that programs are forked from, which is started by the first."""
    if not _ends:
        here, there = socket.socketpair()
        command = [sys.executable, "-c", SERVE, str(there.fileno())]
        process = subprocess.Popen(command, cwd=CHECKOUT, pass_fds=[there.fileno()], stdin=subprocess.DEVNULL)
        there.close()
        _ends.append(here)

        def end() -> None:
            here.close()
            process.wait()

        atexit.register(end)
    return _ends[0]


def serve(descriptor: int) -> Callable[[], object]:
    """Fork a program for each request until nobody can ask any more; returns in such a program, what it has to do."""
    for module in MODULES:
        import_module(module)
    gc.freeze()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(fileno=descriptor) as asked:
        while True:
            data, descriptors, _, _ = socket.recv_fds(asked, 1, 4)
            if not data:
                sys.exit()
            if os.fork() == 0:
                break
            for one in descriptors:
                os.close(one)
    return _program(*descriptors)


def _program(request: int, tells: int, out: int, err: int) -> Callable[[], object]:
    """Fork the program, in a process that tells its number and how it ended; returns in the program alone."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    number = os.fork()
    if number:
        os.close(out)
        os.close(err)
        os.write(tells, TELLS.pack(number))
        _, status = os.waitpid(number, 0)
        os.write(tells, TELLS.pack(os.waitstatus_to_exitcode(status)))
        os._exit(0)
    os.close(tells)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for stream, place in ((out, 1), (err, 2)):
        os.dup2(stream, place)
        os.close(stream)
    os.lseek(request, 0, os.SEEK_SET)
    with os.fdopen(request, "rb") as file:
        environment, work, given = pickle.load(file)
    os.environ.clear()
    os.environ.update(environment)
    return partial(work, *given)
