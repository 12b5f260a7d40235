"""Where an embedded server's socket lies: in its data folder, or in a private one where that path is too long."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import stat
from pathlib import Path

from engines.embedded_account import Account
from engines.embedded_settings import PORT
from engines.errors import UsageError

SOCKET_PATH_LIMIT = 100  # bytes; sockaddr_un holds 108 on Linux and 104 on macOS
SOCKET_SAFE = re.compile(r"[A-Za-z0-9_./+-]+")  # libpq takes a comma for a list, and so on


def socket_folder(folder: Path, data: Path) -> Path:
    """The folder of the socket; folder: the server's own, data: the one that initdb made in it."""
    short = len(os.fsencode(data / f".s.PGSQL.{PORT}")) <= SOCKET_PATH_LIMIT
    if short and SOCKET_SAFE.fullmatch(str(data)):
        return data
    name = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    return Path("/tmp") / f"dbmo-{os.getuid()}-{name}"


def make_socket_folder(folder: Path, data: Path, account: Account) -> None:
    """Make it when it isn't the data folder; UsageError EMBEDDED_SOCKET for one that others prepared."""
    place = socket_folder(folder, data)
    if place == data:
        return
    with contextlib.suppress(FileExistsError):
        place.mkdir(mode=0o700)
        account.give(place)
    found = place.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != account.uid or found.st_mode & 0o077:
        raise UsageError(
            "EMBEDDED_SOCKET",
            f"The folder {place} for the embedded server's socket belongs to someone else.",
            "Remove it, or give the embedded server another folder.",
        )
