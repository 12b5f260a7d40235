"""The pid file that an embedded server leaves behind when it is killed."""

from __future__ import annotations

import logging
from pathlib import Path

_log = logging.getLogger("dbmo.embedded")


def remove_stale_pid_file(data: Path) -> None:
    """Remove postmaster.pid when its number belongs to another program by now; PostgreSQL sees only the number."""
    path = data / "postmaster.pid"
    if not path.exists():
        return
    first = path.read_text().partition("\n")[0].strip()
    command = Path(f"/proc/{first}/cmdline")
    if Path("/proc/self").exists() and (not command.exists() or str(data).encode() not in command.read_bytes()):
        _log.info("removed a stale %s", path)
        path.unlink()
