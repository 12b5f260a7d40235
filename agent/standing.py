"""Where a copy stands, kept in the migration's folder while it runs and after, and told to whoever listens."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from agent.folder import LOCK, is_locked
from transfer.progress import Tell
from transfer.standing import SCANNED, Standing

TUNING = "tuning.json"  # what `dbmo tune` changed
STANDING = "progress.json"
# figures that say nothing once the process is gone
OF_THE_MOMENT = ("rows_per_second", "bytes_per_second", "seconds_left")


class StandingFile:
    """progress.json of a migration's folder: written whole or not at all, by the process that copies."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / STANDING

    def write(self, standing: Standing) -> None:
        """Replace the file, not flushed to the disk: what was committed is known to the target alone.

        A disk that is full, or a folder that is gone, is the journal's to tell: nothing depends on this file.
        """
        draft = self.path.with_name(f"{STANDING}.{os.getpid()}.new")
        with suppress(OSError):
            signed = standing.model_copy(update={"process": os.getpid()})
            draft.write_text(signed.model_dump_json(indent=1), encoding="utf-8")
            draft.replace(self.path)

    def read(self) -> Standing | None:
        """What was written last; None without a file, or where it is of another version."""
        try:
            return Standing.model_validate(json.loads(self.path.read_text(encoding="utf-8")))
        except (FileNotFoundError, ValueError, ValidationError):
            return None


def both(tells: Iterable[Tell]) -> Tell:
    """One listener out of several."""
    known = list(tells)

    def tell(standing: Standing) -> None:
        for one in known:
            one(standing)

    return tell


def at_work(folder: Path) -> bool:
    """Whether a process works on the folder."""
    return is_locked(folder / LOCK)


def last_standing(folder: Path) -> dict[str, Any] | None:
    """The last standing as plain data, with `running`; rates of a process that is gone are null. None without one."""
    standing = StandingFile(folder).read()
    if standing is None:
        return None
    running = at_work(folder)
    found = {"running": running, **standing.model_dump(mode="json")}
    if not running or not _of_who_works(folder, standing):
        why = "the copy did not go on yet" if running else "the process that copied is gone"
        found |= dict.fromkeys(OF_THE_MOMENT) | {"lanes": 0, "paused": [], "paused_by": []}
        found["unknown_because"] = None if standing.stage in ("done", SCANNED) else why
        found["tables"] = [table | dict.fromkeys(("rows_per_second", "seconds_left")) for table in found["tables"]]
    return found


def _of_who_works(folder: Path, standing: Standing) -> bool:
    """Whether the process that works on the folder told it, not an earlier one that was killed."""
    return (folder / LOCK).read_text() in ("", str(standing.process))
