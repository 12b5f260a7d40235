"""The process in which a chat's migration runs, so that neither Ctrl-C nor the end of the chat reaches it."""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent.folder import Folder, is_locked, json_text
from agent.phases import ANALYZER
from engines.errors import EXIT_CHECK_FAILED, EXIT_DONE

if TYPE_CHECKING:
    from agent.console import Console
    from agent.orchestrator import Orchestrator
    from skills.context import Progress

LOG, STATE, LOCK = "chat-run.log", "chat-run.json", ".chat-run.lock"
OFTEN = 0.2  # seconds between two notes of how far it is


@dataclass
class State:
    """How far the process is: done of total rows or steps of a stage; status when it has ended.

    begin: the place in the log, in bytes, from which it writes.
    """

    pid: int
    begin: int = 0
    stage: str = "starting"
    item: str = ""
    done: int = 0
    total: int | None = None
    status: int | None = None


def read_state(folder: Path) -> State | None:
    """What the last process of a folder has noted; None where none ever ran."""
    try:
        return State(**json.loads((folder / STATE).read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def running(folder: Path) -> bool:
    """Whether a process of a chat works on the folder."""
    return is_locked(folder / LOCK)


@dataclass
class Teller:
    """Notes progress in the folder's state file; rows: of the whole source, for the copy."""

    folder: Path
    state: State
    rows: int | None = None
    _items: dict[str, int] = field(default_factory=dict)
    _told: float = 0.0

    def show(self, progress: Progress) -> None:
        """Note a step, not more often than people can read."""
        if progress.stage != self.state.stage:
            self._items, self._told = {}, 0.0
        copying = progress.stage == "copy"
        self._items[progress.item if copying else ""] = progress.done
        self.state.stage, self.state.item, self.state.done = progress.stage, progress.item, sum(self._items.values())
        self.state.total = self.rows if copying else progress.total
        if time.monotonic() - self._told >= OFTEN:
            self.write()

    def write(self) -> None:
        """Write the state, whole or not at all."""
        self._told = time.monotonic()
        draft = self.folder / f"{STATE}.new"
        draft.write_text(json_text(asdict(self.state)), encoding="utf-8")
        draft.replace(self.folder / STATE)


def main() -> None:
    """Execute and validate a folder's plan; words: folder, place in the log, `rules` or `claude`, a model's name."""
    from agent.errors import guarded

    folder, begin, driver, *model = sys.argv[1:]
    with _held(Path(folder)):
        teller = Teller(Path(folder), State(os.getpid(), int(begin)))
        teller.write()
        options = argparse.Namespace(folder=Path(folder), driver=driver, model=model[0] if model else None, tell=teller)
        teller.state.status = guarded(work, options)
        teller.write()
    sys.exit(teller.state.status)


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    with (folder / LOCK).open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def work(options: argparse.Namespace) -> int:
    """Rehearse where that is needed and missing, execute where it isn't done, validate; the exit status."""
    from agent.commands.run import stop_on_interrupt
    from agent.console import Console
    from agent.driver import make_driver
    from agent.orchestrator import Orchestrator

    folder = Folder.open(options.folder)
    with folder.locked(), Console() as console:
        driver = make_driver(options.driver, options.model)
        run = Orchestrator(folder, options.tell.show, driver, console)
        stop_on_interrupt(run)
        with run.reported():
            status = _phases(run, console, options.tell)
        run.report()
    folder.close()
    return status


def _phases(run: Orchestrator, console: Console, teller: Teller) -> int:
    from agent.commands.summaries import say_execution, say_validation

    assessed = run.output(ANALYZER) or {}
    teller.rows = assessed.get("inventory", {}).get("rows_total")
    if not run.done("execution"):
        if needs_rehearsal(run):
            from agent.commands.life import rehearse_now

            rehearse_now(run, console)
        console.say("execute")
        say_execution(console, run, run.execute())
    console.say("validate")
    fine = say_validation(console, run, run.validate())
    return EXIT_DONE if fine else EXIT_CHECK_FAILED


def needs_rehearsal(run: Orchestrator) -> bool:
    """Whether the plan's rollback must have been tried, and was not."""
    from agent.execute import REHEARSAL

    if run.request.target_database.scratch or run.request.rollback.waiver:
        return False
    found: Any = run.folder.read_json(REHEARSAL)
    return found is None or found.get("plan_hash") != run.needed_plan().hash
