"""The system account that an embedded PostgreSQL runs under, which refuses to run as root."""

from __future__ import annotations

import os
import pwd
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from engines.errors import UsageError

CANDIDATES = ("postgres", "nobody")


@dataclass(frozen=True)
class Account:
    """Who runs the server's programs; name is None when that is simply who runs this process."""

    uid: int
    gid: int
    name: str | None = None

    @classmethod
    def for_server(cls) -> Account:
        """This process's own account, or for root the first of CANDIDATES that the machine has; none is created."""
        if os.geteuid() != 0:
            return cls(os.geteuid(), os.getegid())
        known = {entry.pw_name: entry for entry in pwd.getpwall()}
        for name in CANDIDATES:
            if name in known:
                return cls(known[name].pw_uid, known[name].pw_gid, name)
        raise UsageError(
            "EMBEDDED_ACCOUNT",
            "PostgreSQL refuses to run as root, and this machine has no account postgres or nobody.",
            "Run the command as another user, or create an account named postgres.",
        )

    def give(self, path: Path) -> None:
        """Make the account the owner of a file or folder."""
        if self.name is not None:
            os.chown(path, self.uid, self.gid)

    def run(self, command: list[str]) -> tuple[int, str]:
        """Run a program as the account, from /, with a neutral locale; its exit status and what it printed.

        The output goes through a file: a server that stays behind would keep a pipe open for ever.
        """
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))}
        with tempfile.TemporaryFile() as output:
            code = subprocess.call(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd="/",
                env={**environment, "LC_ALL": "C"},
                user=self.uid if self.name else None,
                group=self.gid if self.name else None,
                extra_groups=[] if self.name else None,
            )
            output.seek(0)
            return code, output.read().decode(errors="replace")


def reachable_for(account: Account, folder: Path) -> None:
    """Let the account pass through the folders above a folder, and through it: o+x where it lacks that, no more.

    Owner and group permissions of the account are looked at first; nothing becomes readable.
    """
    for part in (*reversed(folder.parents), folder):
        found = part.stat()
        owner_may = found.st_uid == account.uid and found.st_mode & stat.S_IXUSR
        group_may = found.st_gid == account.gid and found.st_mode & stat.S_IXGRP
        if not (owner_may or group_may or found.st_mode & stat.S_IXOTH):
            part.chmod(stat.S_IMODE(found.st_mode) | stat.S_IXOTH)
