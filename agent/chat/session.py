"""One chat: the migration that is open, the model that answers, and the screen."""

from __future__ import annotations

import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent.chat.screen import Screen
from agent.folder import DEFAULT_ROOT, Folder
from agent.listener import Silent
from engines.errors import UsageError

if TYPE_CHECKING:
    from agent.ask import Asker
    from agent.chat.alone import LockedRun
    from agent.wire.types import Model

KEY_ADDS = (
    "With a model (ANTHROPIC_API_KEY, or ANTHROPIC_BASE_URL for another server) you can also ask in plain words: "
    "answers from what was measured here, proposals that are checked on scratch, and the report's narrative."
)


class Leave(Exception):
    """The person wants to end the chat."""


class Session:
    """State of a chat; root: where migrations are kept; make_model: a model by its name, None where none answers."""

    def __init__(self, screen: Screen, root: Path = DEFAULT_ROOT, model: str | None = None) -> None:
        self.screen, self.root = screen, root
        self.given_model = model
        self.make_model: Callable[[str | None], Model | None] = reachable_model
        self.children: dict[Path, subprocess.Popen[bytes]] = {}  # the migrations begun in this chat, by folder
        self.written: set[Path] = set()  # transcripts
        self.offered: list[Path] = []  # the migrations that were listed last, by their numbers
        self._folder: Folder | None = None
        self._run: LockedRun | None = None
        self._asker: Asker | None = None
        self._model: Model | None = None
        self._model_made = False

    @property
    def open(self) -> Folder | None:
        """The folder of the open migration."""
        return self._folder

    @property
    def folder(self) -> Folder:
        """The same, or UsageError NOTHING_OPEN."""
        if self._folder is None:
            raise UsageError(
                "NOTHING_OPEN",
                "No migration is open.",
                "Open its folder, or a request: /open FOLDER or /open REQUEST.json.",
            )
        return self._folder

    @property
    def run(self) -> LockedRun:
        """The migration's phases."""
        if self._run is None:
            from agent.chat.alone import LockedRun

            self._run = LockedRun(self.folder, self._progress)
        return self._run

    @property
    def model(self) -> Model | None:
        """The model that answers questions; None where neither a key nor a server is set."""
        if not self._model_made:
            self._model, self._model_made = self.make_model(self.given_model), True
        return self._model

    @property
    def asker(self) -> Asker:
        """Answers questions about the open migration; remembers the last one. Only where there is a model."""
        if self._asker is None:
            from agent.ask import Asker

            assert self.model is not None
            self._asker = Asker(self.run, self.model, Silent())
        return self._asker

    def switch_model(self, name: str) -> None:
        """Ask another model from now on."""
        self.given_model, self._model_made, self._asker = name, False, None

    def switch_folder(self, folder: Folder) -> None:
        """Leave the open migration for another one."""
        self.close()
        self._folder, self._run, self._asker = folder, None, None

    def close(self) -> None:
        """Close the journal of the open migration; what runs in a process of its own goes on."""
        if self._folder is not None:
            self._folder.close()
        self._folder = None

    def warm(self) -> None:
        """Load what the first command and the first question need, in a thread, while the person types."""
        threading.Thread(target=self._load, name="warm", daemon=True).start()

    def _load(self) -> None:
        for name in ("rich.table", "agent.ask", "agent.chat.alone", "agent.commands.summaries"):
            import_module(name)
        if self.model is None:
            return
        from agent.wire.meter import Counter

        Counter().warm()
        load: Callable[[], None] = getattr(self.model, "warm", lambda: None)
        load()

    def _progress(self, progress: Any) -> None:
        from agent.console import STAGES

        told = STAGES.get(progress.stage, progress.stage)
        if progress.stage != "assess" or progress.item:
            told += f"  {progress.item}" if progress.item else ""
        if progress.total:
            told += f"  {progress.done:,} of {progress.total:,}"
        self.screen.status(f"  {told}")


def reachable_model(name: str | None) -> Model | None:
    """The model of that name, else the one that environment or program name; None without a key and a server."""
    from agent.wire.choose import model_name, reachable

    if not reachable():
        return None
    from agent.wire.client import MessagesModel

    return MessagesModel(model_name(name))


@contextmanager
def stoppable(
    session: Session, words: str = "stopping after what is under way; Ctrl-C again stops at once"
) -> Iterator[None]:
    """The first Ctrl-C asks the work to stop, the second stops it at once; afterwards Ctrl-C is what it was."""
    run = session.run

    def stop(number: int, frame: Any) -> None:
        if run.interrupt.is_set():
            raise KeyboardInterrupt
        run.interrupt.set()
        session.screen.status(f"  {words}")

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        run.interrupt.clear()
