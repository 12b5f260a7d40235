"""Long work as jobs: `dbmo run` in a process and session of its own, which outlives the server.

A job holds a lock on a file of the migration's folder through an open descriptor, so whether it runs is known for
certain: by any server, after a restart too, and whatever process got its number since.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import agent
from agent.folder import json_text
from agent.mcp_server.failures import needs_person, say
from agent.mcp_server.replies import Failure, JobState
from agent.request import Request
from engines.connection import redact
from engines.errors import EXIT_CHECK_FAILED, EXIT_DONE, Aborted, UsageError
from skills.digest import clean

LOG_LINES = 5
TAIL_BYTES = 8_000
WITHHELD = frozenset({"DBMO_MCP_TOKEN", "ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"})  # a job needs none of them
ERROR = re.compile(r"^dbmo: (?P<what>.+)\n {6}(?P<remedy>.+) \[(?P<code>[A-Z_]+)\]$", re.MULTILINE)


class Job:
    """The last job of a migration's folder; its files are below `job/`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = folder / "job"
        self.log = self.home / "log.txt"

    def start(self, request: Request, until: str) -> None:
        """Begin or continue the migration in a process of its own; Aborted JOB_RUNNING when one is at it."""
        self.home.mkdir(parents=True, exist_ok=True)
        with self._lock() as descriptor:
            if descriptor is None:
                raise Aborted(
                    "JOB_RUNNING",
                    f"A job of {self.folder.name} is running.",
                    "Ask dbmo_status, or stop it with dbmo_cancel.",
                )
            self._write("request.json", request.model_dump(mode="json", exclude_none=True))
            for name in ("job.json", "ended.json"):
                (self.home / name).unlink(missing_ok=True)
            with self.log.open("wb") as log:
                process = subprocess.Popen(
                    [sys.executable, "-P", "-m", "agent.mcp_server.job_process", str(self.folder), until],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    env=_environment(),
                    start_new_session=True,
                    pass_fds=[descriptor],
                )
            self._write("job.json", {"pid": process.pid, "until": until, "started": datetime.now(UTC).isoformat()})
        _reap(process)

    def cancel(self) -> bool:
        """Ask the job to stop after what is under way (a second time: at once); False when none runs."""
        pid = self._read("job.json").get("pid")
        if pid is None or not self.running:
            return False
        os.kill(int(pid), signal.SIGINT)
        return True

    @property
    def running(self) -> bool:
        """Whether the job's process lives."""
        if not self.home.is_dir():
            return False
        with self._lock() as descriptor:
            return descriptor is None

    @property
    def until(self) -> str | None:
        """How far the job was to go; None where there was none."""
        found: str | None = self._read("job.json").get("until")
        return found

    @property
    def exit_status(self) -> int | None:
        """What the job ended with; None while it runs, and when it was killed."""
        found: int | None = self._read("ended.json").get("exit_status")
        return found

    @property
    def state(self) -> JobState:
        """In one word; `interrupted` was killed or the machine went down: continue it."""
        if self.running:
            return "running"
        if self.until is None:
            return "none"
        status, error = self.exit_status, self.error
        if status is None:
            return "interrupted"
        if status == EXIT_DONE:
            return "done"
        if error is not None and needs_person(error.code):
            return "needs_person"
        return "check_failed" if status == EXIT_CHECK_FAILED and error is None else "failed"

    @property
    def error(self) -> Failure | None:
        """The error that the job ended with, from the last lines of its log."""
        found = list(ERROR.finditer(self._tail())) if self.exit_status else []
        return say(found[-1]["code"], found[-1]["what"], found[-1]["remedy"], str(self.folder)) if found else None

    def log_lines(self) -> list[str]:
        """The last lines of the log, cleaned."""
        return [str(clean(redact(line))) for line in self._tail().splitlines()[-LOG_LINES:]]

    def lines_written(self) -> int:
        """How many lines the log has: it only grows."""
        return self.log.read_bytes().count(b"\n") if self.log.is_file() else 0

    def _tail(self) -> str:
        if not self.log.is_file():
            return ""
        with self.log.open("rb") as file:
            file.seek(max(0, self.log.stat().st_size - TAIL_BYTES))
            return file.read().decode("utf-8", errors="replace")

    @contextmanager
    def _lock(self) -> Iterator[int | None]:
        """The lock's descriptor, or None when a job's process holds it."""
        descriptor = os.open(self.home / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield None
            else:
                yield descriptor
        finally:
            os.close(descriptor)

    def _write(self, name: str, data: dict[str, Any]) -> None:
        draft = self.home / f"{name}.new"
        draft.write_text(json_text(data), encoding="utf-8")
        draft.replace(self.home / name)

    def _read(self, name: str) -> dict[str, Any]:
        path = self.home / name
        if not path.is_file():
            return {}
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise UsageError(
                "FOLDER_DAMAGED", f"{path} holds no JSON any more.", f"Remove {self.home}, then start again."
            ) from error
        return dict(found)


def _environment() -> dict[str, str]:
    """The server's, without what a job has no use for; the program is found wherever it is started."""
    kept = {name: value for name, value in os.environ.items() if name not in WITHHELD}
    home = str(Path(str(agent.__file__)).resolve().parents[1])
    kept["PYTHONPATH"] = os.pathsep.join([home, *filter(None, [kept.get("PYTHONPATH")])])
    return kept


def _reap(process: subprocess.Popen[bytes]) -> None:
    """Wait for the process in the background, so that it leaves no zombie while the server lives."""
    import threading

    threading.Thread(target=process.wait, name=f"job-{process.pid}", daemon=True).start()
