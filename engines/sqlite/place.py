"""Whether a SQLite file that is not there yet can be made."""

from __future__ import annotations

import os
from pathlib import Path

from engines.errors import EngineError, UsageError


def check_place(path: Path, display: str) -> None:
    """FILE_MISSING or FILE_UNREADABLE where no file can be made at a path: its folder isn't there, or is closed."""
    if not path.parent.is_dir():
        raise UsageError(
            "FILE_MISSING",
            f"There is no folder in which {display} could be made.",
            "Make the folder, or correct the path.",
            database=display,
        )
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise EngineError(
            "FILE_UNREADABLE",
            f"{display} can't be made: this user may not write to its folder.",
            "Give the user that right, or give another path.",
            database=display,
        )
