"""How long a person waits for the chat itself: to the first prompt, and in a turn, the model's own time apart."""

from __future__ import annotations

import os
import pty
import select
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from agent.listener import Silent
from agent.wire.types import Prompt, Reply, Usage
from benchmarks.measure import DATA, ROOT, Line, command, middle, python

RUNS = 9
TURNS = 15
START_LIMIT, TURN_LIMIT = 1.0, 0.05  # seconds
PATIENCE = 60.0  # seconds until a prompt that does not come is a failure
FOLDER = DATA / "chat" / "shop"


def run_start() -> list[Line]:
    """Median time from the start of `dbmo chat FOLDER` to its first prompt, in a terminal."""
    folder = _migration()
    found = middle([_until_prompt(folder) for _ in range(RUNS)])
    return [_line("dbmo chat to its first prompt", found, START_LIMIT, RUNS)]


def run_turn() -> list[Line]:
    """Median time of a question with a tool call, answered by a model that takes no time."""
    from agent.ask import Asker
    from agent.folder import Folder
    from agent.orchestrator import Orchestrator
    from agent.wire.meter import Counter

    copy = DATA / "chat" / "asked"  # so that every run of the benchmark begins with the same journal
    shutil.rmtree(copy, ignore_errors=True)
    folder = Folder.open(Path(shutil.copytree(_migration(), copy, ignore=shutil.ignore_patterns("server"))))
    counter = Counter()
    counter.count("the vocabulary is loaded while a person types the first question")
    asker = Asker(Orchestrator(folder), Instant(), Silent(), counter)
    seconds = []
    for _ in range(TURNS):
        started = time.monotonic()
        record = asker.ask("How many tables are there, and what could go wrong?", lambda: False)
        seconds.append(time.monotonic() - started)
        if record.ended != "done" or record.calls != ["look ok"]:
            raise RuntimeError(f"the turn ended otherwise: {record}")
    folder.close()
    return [_line("a turn of the chat without the model", middle(seconds), TURN_LIMIT, TURNS)]


class Instant:
    """A model that looks once and answers, in no time."""

    name = "instant"

    def send(self, prompt: Prompt, on_text: Callable[[str], None], cancelled: Callable[[], bool]) -> Reply:
        """A call first, then words."""
        if len(prompt.messages) == 1:
            call = {"type": "tool_use", "id": "toolu_1", "name": "look", "input": {"of": "assess"}}
            return Reply((call,), "tool_use", Usage(1_500, 40))
        on_text("The source holds {assess.tables} tables.")
        return Reply(({"type": "text", "text": "The source holds {assess.tables} tables."},), "end_turn", Usage(9, 12))

    def count(self, prompt: Prompt) -> int | None:
        """It counts nothing."""
        return None


def _migration() -> Path:
    """The example, planned; made once."""
    if not (FOLDER / "plan.json").exists():
        shutil.rmtree(FOLDER, ignore_errors=True)
        FOLDER.mkdir(parents=True)
        words = ["run", "examples/shop.json", "--driver", "rules", "--until", "plan", "--out", str(FOLDER)]
        command(python("agent.cli", *words), DATA / "chat.log")
    return FOLDER


def _until_prompt(folder: Path) -> float:
    master, slave = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1", "XDG_STATE_HOME": str(DATA / "state")}
    started = time.monotonic()
    process = subprocess.Popen(
        python("agent.cli", "chat", str(folder)), stdin=slave, stdout=slave, stderr=slave, cwd=ROOT, env=environment
    )
    os.close(slave)
    shown = b""
    try:
        while b"shop>" not in shown:
            left = started + PATIENCE - time.monotonic()
            if not select.select([master], [], [], max(left, 0))[0]:
                raise RuntimeError(f"no prompt came: {shown.decode(errors='replace')}")
            shown += os.read(master, 65536)
        return time.monotonic() - started
    finally:
        process.kill()
        process.wait()
        os.close(master)


def _line(name: str, found: float, limit: float, runs: int) -> Line:
    return Line(name, f"{found * 1000:.0f} ms", f"limit {limit * 1000:.0f} ms", f"{limit / found:.1f} x", f"{runs}")
