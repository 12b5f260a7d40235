"""Runs of requests as processes of their own: so many at a time, each with a log, stopped gently."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
# -P and the path in words: a folder named agent/ in the current directory must not be taken for ours
START = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from agent.cli import main; main()"
LOG = "run.log"
STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
PAUSE = 0.05  # seconds between two looks at the processes


@dataclass(frozen=True)
class Job:
    """A request and where its migration is kept."""

    request: Path
    migration: str
    folder: Path

    @property
    def log(self) -> Path:
        """What the run said."""
        return self.folder / LOG


@dataclass(frozen=True)
class Ended:
    """A job's end; status: the process's, negative for a signal, None when it was never started."""

    job: Job
    status: int | None
    seconds: float = 0.0


class Children:
    """At most `most` processes at once, started in order; words: the command line after `dbmo`, by job."""

    def __init__(self, words: Callable[[Job], Sequence[str]], most: int) -> None:
        self.words, self.most = words, most
        self.stopped = False
        self._running: dict[Job, tuple[subprocess.Popen[bytes], float]] = {}

    def run(self, jobs: Sequence[Job]) -> Iterator[Ended]:
        """Every job's end, as it comes; after a stop signal none is started and those that run are asked to end."""
        waiting = list(jobs)
        with self._stoppable():
            while waiting or self._running:
                while waiting and self.stopped:
                    yield Ended(waiting.pop(0), None)
                while waiting and len(self._running) < self.most:
                    self._start(waiting.pop(0))
                yield from self._collect()
                time.sleep(PAUSE)

    def _start(self, job: Job) -> None:
        job.folder.mkdir(parents=True, exist_ok=True)
        with job.log.open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-P", "-c", START, *self.words(job)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                process_group=0,  # Ctrl-C reaches this process alone, which asks the others to stop
            )
        self._running[job] = process, time.monotonic()
        if self.stopped:
            process.send_signal(signal.SIGINT)

    def _collect(self) -> Iterator[Ended]:
        for job, (process, began) in list(self._running.items()):
            status = process.poll()
            if status is not None:
                del self._running[job]
                yield Ended(job, status, time.monotonic() - began)

    def _stop(self, number: int, frame: Any) -> None:
        self.stopped = True
        for process, _ in list(self._running.values()):
            process.send_signal(signal.SIGINT)
        os.write(2, b"\nasking every run to stop where it can go on later; once more stops at once\n")

    @contextmanager
    def _stoppable(self) -> Iterator[None]:
        before = {number: signal.signal(number, self._stop) for number in STOPPING}
        try:
            yield
        finally:
            for process, _ in self._running.values():  # none, unless this process fails
                process.send_signal(signal.SIGINT)
            for number, handler in before.items():
                signal.signal(number, handler)
