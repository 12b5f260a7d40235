"""dbmo run with many requests: all are checked before anything runs, each runs by itself, one summary at the end."""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import sys
from collections import defaultdict
from dataclasses import asdict, dataclass
from pathlib import Path

from agent.commands.children import LOG, Children, Ended, Job
from agent.driver import chosen
from engines.errors import EXIT_ABORTED, EXIT_CHECK_FAILED, EXIT_DONE, EXIT_ENGINE, EXIT_USAGE, DbmoError, UsageError

MOST_JOBS = 4  # at once, where --jobs doesn't say and the machine has the processors
# From the worst: data may be wrong, a person must decide, a request must change, running again may be enough.
SERIOUS = (EXIT_CHECK_FAILED, EXIT_ABORTED, EXIT_USAGE, EXIT_ENGINE, EXIT_DONE)
OUTCOMES = {
    EXIT_DONE: "done",
    EXIT_CHECK_FAILED: "a check failed",
    EXIT_USAGE: "request wrong",
    EXIT_ABORTED: "stopped by a rule",
    EXIT_ENGINE: "failed, run again",
}
MESSAGE = re.compile(r"^dbmo: (.+)\n {6}(.+) \[([A-Z0-9_]+)\]$", re.MULTILINE)
STOPPED = re.compile(r"^stopped: (.+)$", re.MULTILINE)  # an end that is no error


@dataclass(frozen=True)
class Result:
    """How one request ended; status: the exit status that `dbmo run` gives for it alone."""

    request: str
    migration: str
    strategy: str | None
    outcome: str
    status: int
    code: str | None
    message: str | None
    seconds: float
    folder: str


def batch(options: argparse.Namespace) -> int:
    """Run every request, --jobs at a time; the most serious of their exit statuses."""
    if options.metrics_port is not None:
        raise UsageError(
            "METRICS_PORT",
            "Many requests can't share one port for metrics.",
            "Run a request alone with --metrics-port.",
        )
    jobs = checked_jobs(options.request, options.out)
    chosen(options.driver)  # a driver that can't be had is said once, before anything runs
    children = Children(lambda job: _words(job, options), options.jobs or min(MOST_JOBS, os.cpu_count() or 1))
    stamps = {job: _stamp(job) for job in jobs}
    results: dict[Job, Result] = {}
    for ended in children.run(jobs):
        results[ended.job] = found = _result(ended, stamps[ended.job])
        _say(_line(found))
    ordered = [results[job] for job in jobs]
    _say("", *_table(ordered))
    if options.json:
        sys.stdout.write(json.dumps([asdict(result) for result in ordered], indent=2) + "\n")
    return most_serious([result.status for result in ordered])


def checked_jobs(requests: list[Path], root: Path | None) -> list[Job]:
    """A job per request; UsageError BATCH_REFUSED naming every file that is wrong or means a migration twice."""
    from agent.commands.run import prepare_example
    from agent.folder import DEFAULT_ROOT
    from agent.request import load_request, migration_id

    problems: list[str] = []
    jobs: list[Job] = []
    for path in requests:
        try:
            prepare_example(path)
            name = migration_id(load_request(path))
        except DbmoError as error:
            problems.append(f"{path}: {error.what.rstrip('.')} [{error.code}]")
        else:
            jobs.append(Job(path, name, (root or DEFAULT_ROOT) / name))
    problems += _twice(jobs)
    if problems:
        raise UsageError(
            "BATCH_REFUSED",
            f"Nothing was started: {'; '.join(problems)}.",
            "Correct these requests, or leave them out, then run the same command again.",
            problems=problems,
        )
    return jobs


def _twice(jobs: list[Job]) -> list[str]:
    files: dict[str, list[str]] = defaultdict(list)
    for job in jobs:
        files[job.migration].append(str(job.request))
    return [f"{' and '.join(paths)} are one migration, {name}" for name, paths in files.items() if len(paths) > 1]


def _words(job: Job, options: argparse.Namespace) -> list[str]:
    words = ["run", str(job.request), "--out", str(job.folder), "--driver", options.driver]
    words += ["--model", options.model] if options.model else []
    words += ["--executor", options.executor] if options.executor else []
    return words + (["--until", options.until] if options.until else [])


def most_serious(statuses: list[int]) -> int:
    """The worst exit status: 1, 3, 2, 4, 0 in this order."""
    return min(statuses, key=SERIOUS.index, default=EXIT_DONE)


def _result(ended: Ended, stamp: int) -> Result:
    job = ended.job
    status = ended.status if ended.status in OUTCOMES else EXIT_ENGINE
    outcome, code, message = OUTCOMES[status], None, None
    if ended.status is None:
        outcome, code, message = "not started", "INTERRUPTED", "You stopped the batch before its turn."
    elif ended.status not in OUTCOMES:
        message = _unexpected(ended.status, job)
    elif status != EXIT_DONE:
        code, message = _last_message(job)
    strategy = _strategy(job) if _stamp(job) != stamp else None
    seconds = round(ended.seconds, 1)
    where = str(job.folder)
    return Result(str(job.request), job.migration, strategy, outcome, status, code, message, seconds, where)


def _unexpected(status: int, job: Job) -> str:
    how = f"signal {signal.Signals(-status).name}" if status < 0 else f"status {status}"
    return f"Its process ended with {how}; {job.log} holds what it said."


def _last_message(job: Job) -> tuple[str | None, str | None]:
    """Code and sentence of the last error that a run told; without one, why it stopped."""
    said = job.log.read_text(encoding="utf-8", errors="replace")
    if errors := MESSAGE.findall(said):
        return errors[-1][2], errors[-1][0]
    stops = STOPPED.findall(said)
    return None, stops[-1] if stops else None


def _stamp(job: Job) -> int:
    """When the contract was written; it changes with every run that got as far as a report."""
    contract = job.folder / "contract.json"
    return contract.stat().st_mtime_ns if contract.exists() else 0


def _strategy(job: Job) -> str | None:
    plan = json.loads((job.folder / "contract.json").read_text(encoding="utf-8"))["plan"]
    return str(plan["migration_strategy"]) if plan["migration_strategy"] else None


def _line(result: Result) -> str:
    why = f": {result.message}" if result.message else ""
    code = f" [{result.code}]" if result.code else ""
    return f"{result.migration}: {result.outcome} after {result.seconds:.1f} s{why}{code}"


def _table(results: list[Result]) -> list[str]:
    rows = [("request", "strategy", "outcome", "exit", "folder")]
    rows += [(r.request, r.strategy or "-", r.outcome, str(r.status), r.folder) for r in results]
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return [*lines, f"what each run said is in its folder's {LOG}"]


def _say(*lines: str) -> None:
    for line in lines:
        sys.stderr.write(line + "\n")
    sys.stderr.flush()
