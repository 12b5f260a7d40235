"""Executors of one worker, a process or a thread, that leave nothing behind when their owner is killed.

The executors of concurrent.futures are not used here: the process pool's queues are semaphores, of which a warning is
printed when their owner is killed, its processes outlive that owner while they start, and the program's exit waits for
the thread pool's threads, however long a server keeps them waiting.
"""

from __future__ import annotations

import os
import pickle
import signal
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future
from contextlib import suppress
from multiprocessing import forkserver, get_context
from multiprocessing.reduction import ForkingPickler
from queue import SimpleQueue
from typing import Any, TypeVar

from engines.errors import DbmoError

T = TypeVar("T")
INTERRUPT = "interrupt"
STARTS = 4  # of a process, until it lives
AGAIN = 0.2  # seconds between two of them
Task = tuple[Callable[..., Any], Sequence[Any], dict[str, Any]]


class WorkerGone(BrokenExecutor):
    """The process ended before it answered: killed, or out of memory."""


def preload(modules: Sequence[str]) -> None:
    """Let the process that others are forked from start now, and load modules meanwhile: a fork then costs no start.

    It has no threads and no connections, and ends with this program. Only the first call of a program counts.
    """
    forkserver.set_forkserver_preload(list(modules))
    forkserver.ensure_running()


class OneProcess(Executor):
    """Runs tasks one after the other in a process of its own, which ends when this one does.

    begin: called there first, with given (which may hold shared memory); interrupt: called there beside the task that
    runs, when this object's interrupt() is. Tasks and their results are pickled. Once the process is gone every future
    fails with WorkerGone. Methods return at once also while the process stands still (stopped, swapped out) and the
    pipe to it is full: what is told to it waits in this process.
    """

    def __init__(self, begin: Callable[..., None], given: Sequence[Any], interrupt: Callable[[], None]) -> None:
        self._pipe, there = get_context("forkserver").Pipe()
        self._process = _started(there, dict(os.environ), begin, tuple(given), interrupt)
        there.close()
        self._lock = threading.Lock()
        self._waiting: deque[Future[Any]] = deque()
        self._gone = False
        self._told: SimpleQueue[Any] = SimpleQueue()  # messages as bytes; None: the process is gone
        threading.Thread(target=self._listen, name="dbmo-lane-answers", daemon=True).start()
        threading.Thread(target=self._tell, name="dbmo-lane-tasks", daemon=True).start()

    def submit(self, work: Callable[..., T], /, *given: Any, **named: Any) -> Future[T]:
        """See Executor."""
        future: Future[T] = Future()
        message = ForkingPickler.dumps((work, given, named))
        with self._lock:
            if self._gone:
                future.set_exception(WorkerGone())
            else:
                self._waiting.append(future)
                self._told.put(message)
        return future

    def interrupt(self) -> None:
        """Let the process call what it was given for that."""
        self._told.put(ForkingPickler.dumps(INTERRUPT))

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Let the process end behind its tasks."""
        self._told.put(ForkingPickler.dumps(None))
        if wait:
            self._process.join()

    def end(self, seconds: float) -> None:
        """shutdown(), and a kill where it takes longer than that."""
        self.shutdown(wait=False)
        self._process.join(seconds)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()

    def _tell(self) -> None:
        while (message := self._told.get()) is not None:
            try:
                self._pipe.send_bytes(message)
            except OSError:  # the process is gone, which the listener sees
                return

    def _listen(self) -> None:
        try:
            with suppress(EOFError, OSError):
                while True:
                    done, answer = self._answer()
                    future = self._waiting.popleft()
                    if done:
                        future.set_result(answer)
                    else:
                        future.set_exception(answer)
        finally:
            self._ended()

    def _answer(self) -> tuple[bool, Any]:
        """What the process says next; an error where that can't be made again here, so that nobody waits for it."""
        data = self._pipe.recv_bytes()
        try:
            done, answer = pickle.loads(data)
        except Exception as error:  # noqa: BLE001 - told by the future
            return False, RuntimeError(f"an answer of a lane's process can't be read: {error!r}")
        return done, answer

    def _ended(self) -> None:
        """The process is gone: so is what was asked of it."""
        with self._lock:
            self._gone = True
        self._told.put(None)
        for future in self._waiting:
            future.set_exception(WorkerGone())
        self._waiting.clear()


def _started(*work: Any) -> Any:
    """A process that serves; again where the one that it is forked from, or itself, was killed meanwhile.

    WorkerGone where the system makes no process.
    """
    context = get_context("forkserver")
    for left in reversed(range(STARTS)):
        process = context.Process(target=_serve, args=work, daemon=True)
        try:
            process.start()
        except (EOFError, OSError) as error:
            if not left:
                raise WorkerGone(str(error)) from error
            time.sleep(AGAIN)  # one that was just killed is not yet known to be gone
        else:
            return process
    raise AssertionError("a loop that returns or raises")


def _serve(
    pipe: Any,
    environment: dict[str, str],
    begin: Callable[..., None],
    given: Sequence[Any],
    interrupt: Callable[[], None],
) -> None:
    """The process: one thread hears what is to be done, this one does it."""
    os.environ.clear()  # what the process that it was forked from started with
    os.environ.update(environment)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent says what it means
    tasks: SimpleQueue[Task | None] = SimpleQueue()
    threading.Thread(target=_hear, args=(pipe, tasks, interrupt), daemon=True).start()
    begin(*given)
    while (task := tasks.get()) is not None:
        work, arguments, named = task
        try:
            answer = True, work(*arguments, **named)
        except BaseException as error:  # noqa: BLE001 - told by the future
            if not isinstance(error, DbmoError):
                error.add_note(traceback.format_exc())
            answer = False, error
        pipe.send_bytes(_pickled(answer))


def _pickled(answer: tuple[bool, Any]) -> bytes:
    """An answer as bytes; of one that can't travel, an error that says so and what it was."""
    try:
        data = bytes(ForkingPickler.dumps(answer))
        if not answer[0]:
            pickle.loads(data)  # many an error can be written and not be made again
    except Exception as error:  # noqa: BLE001 - of any class
        notes = "\n".join(getattr(answer[1], "__notes__", ()))
        data = pickle.dumps((False, RuntimeError(f"{answer[1]!r} can't leave a lane's process: {error!r}\n{notes}")))
    return data


def _hear(pipe: Any, tasks: SimpleQueue[Task | None], interrupt: Callable[[], None]) -> None:
    while True:
        try:
            message = pipe.recv()
        except (EOFError, OSError):
            os._exit(1)  # the parent is gone: what is not committed, nobody will ask for
        if message == INTERRUPT:
            interrupt()
        else:
            tasks.put(message)


class OneThread(Executor):
    """Runs tasks one after the other in a thread that the program's exit doesn't wait for."""

    def __init__(self, name: str) -> None:
        self._tasks: SimpleQueue[tuple[Future[Any], Task] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def submit(self, work: Callable[..., T], /, *given: Any, **named: Any) -> Future[T]:
        """See Executor."""
        future: Future[T] = Future()
        self._tasks.put((future, (work, given, named)))
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Let the thread end behind its tasks."""
        self._tasks.put(None)
        if wait:
            self._thread.join()

    def _run(self) -> None:
        while (item := self._tasks.get()) is not None:
            future, (work, given, named) = item
            try:
                future.set_result(work(*given, **named))
            except BaseException as error:  # noqa: BLE001 - told by the future
                future.set_exception(error)
