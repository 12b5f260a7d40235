"""dbmo tune: a person changes how much load a migration's copy may make, while it runs or before."""

from __future__ import annotations

import argparse
import fcntl
import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engines.errors import EXIT_DONE, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from agent.folder import Folder
    from transfer.load import LoadLimits

LIFTED = "none"
LOCK = ".tuning.lock"
NUMBER = re.compile(r"(\d+(?:\.\d+)?)([kMG]?)")
UNITS = {"": 1, "k": 1_000, "M": 1_000_000, "G": 1_000_000_000}
# option -> field of LoadLimits, whether it is a whole number
OPTIONS = {
    "connections": ("connections", True, "lanes that copy, each with one connection at the source"),
    "bytes-per-second": ("bytes_per_second", True, "of all lanes together; 20M is 20,000,000"),
    "max-replica-lag-seconds": ("max_replica_lag_seconds", False, "pause while a replica is further behind"),
    "max-running-threads": ("max_running_threads", True, "pause while the source runs more statements"),
    "max-target-latency-ms": ("max_target_latency_ms", False, "pause while the target takes longer to answer"),
    "max-snapshot-minutes": ("max_snapshot_minutes", False, "stop when the source's snapshot is older"),
    "max-snapshot-transactions": (
        "max_snapshot_transactions",
        True,
        "stop when the source keeps old rows of more transactions",
    ),
}


def add_options(command: argparse.ArgumentParser) -> None:
    """The options of `dbmo tune`."""
    for option, (_, _, text) in OPTIONS.items():
        command.add_argument(f"--{option}", metavar="N|none", help=text)
    command.add_argument("--reset", action="store_true", help="back to what the request says, then what else is given")
    command.add_argument("--json", action="store_true", help="print what holds now as JSON on stdout")


def tune(options: argparse.Namespace) -> int:
    """Change what is given, show what holds; a copy that runs takes it over within a second."""
    from agent.folder import Folder

    folder = Folder.open(options.folder)
    try:
        held = change(folder, wishes(options), options.reset)
    finally:
        folder.close()
    told = {"running": held.running, "changed": sorted(held.changes), "limits": held.limits.model_dump(mode="json")}
    sys.stdout.write(json.dumps(told, indent=2) + "\n" if options.json else text(held))
    return EXIT_DONE


@dataclass(frozen=True)
class Held:
    """What holds: the limits, which of them a person changed, whether a process works on it, whether all is copied."""

    limits: LoadLimits
    changes: dict[str, Any]
    running: bool
    copied: bool


def change(folder: Folder, given: dict[str, Any], reset: bool = False) -> Held:
    """Change the limits of a migration, and what then holds; nothing is written where nothing is given."""
    from agent.standing import TUNING, at_work
    from transfer.load import LoadLimits, Tuning

    asked = folder.request.options.load or LoadLimits()
    with _alone(folder.path) if given or reset else nullcontext():
        changes = {**({} if reset else Tuning(folder.path / TUNING).changes()), **given}
        limits = asked.tuned(changes)
        if given or reset:
            folder.write_json(TUNING, changes)
            folder.journal.append("tuned", {"changes": given, "reset": reset, "limits": limits.model_dump()})
    copied = folder.journal.last("execution finished") is not None
    return Held(limits, changes, at_work(folder.path), copied)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One change after the other: each keeps what the others changed."""
    with (folder / LOCK).open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def wishes(options: argparse.Namespace) -> dict[str, Any]:
    """What the command line asks for, by field; None lifts a limit. UsageError LIMIT_INVALID for what is no number."""
    found: dict[str, Any] = {}
    for option, (field, whole, _) in OPTIONS.items():
        written = getattr(options, option.replace("-", "_"))
        if written is not None:
            found[field] = value_of(option, written, whole)
    return found


def value_of(option: str, written: str, whole: bool) -> int | float | None:
    """The number that a person wrote; None for `none`."""
    return None if written == LIFTED else _number(option, written, whole)


def _number(option: str, written: str, whole: bool) -> int | float:
    match = NUMBER.fullmatch(written)
    value = float(match[1]) * UNITS[match[2]] if match else 0.0
    if match is None or (whole and value != int(value)):
        raise UsageError(
            "LIMIT_INVALID",
            f"--{option} takes a {'whole ' if whole else ''}number or none, not {written!r}.",
            "Write it with digits; k, M and G stand for thousands, millions and billions.",
        )
    return int(value) if whole else value


def text(held: Held) -> str:
    """What holds, for people."""
    lines = []
    for field, value in held.limits.model_dump(exclude={"replicas"}).items():
        shown = f"{value:,}" if value is not None else ("as planned" if field == "connections" else "no limit")
        lines.append(f"{field:<26} {shown}{'  (tuned)' if field in held.changes else ''}")
    if held.copied:
        lines.append("all rows are copied: nothing is left that it would hold for")
    else:
        lines.append("a run takes it over within a second" if held.running else "holds from the next run on")
    return "\n".join([*lines, ""])
