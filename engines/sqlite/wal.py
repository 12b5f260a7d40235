"""How many commits stand in a SQLite file's write-ahead log, which a reader keeps from being folded back."""

from __future__ import annotations

import os
import struct
from pathlib import Path

HEADER, FRAME = 32, 24  # bytes; https://www.sqlite.org/fileformat2.html, 4.1
MOST_FRAMES = 200_000  # looked at in one count: the log of a copy that takes days may have more


class WalCommits:
    """Counts the commits of a database's log, reading only what was added since the last count.

    A log that was begun anew has other salts in its header; frames of the one before keep theirs. No lock of SQLite's
    lies on this file, so that closing it takes none away.
    """

    def __init__(self, database: Path) -> None:
        self.path = Path(f"{database}-wal")
        self._salts = b""
        self._place = HEADER  # behind the last commit
        self._commits = 0

    def count(self) -> int:
        """Commits in the log; 0 where there is none. OSError where it can't be read."""
        try:
            log = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return 0
        try:
            header = os.pread(log, HEADER, 0)
            if len(header) < HEADER:
                return 0
            if header[16:24] != self._salts:
                self._salts, self._place, self._commits = header[16:24], HEADER, 0
            self._read(log, int.from_bytes(header[8:12]))
        finally:
            os.close(log)
        return self._commits

    def _read(self, log: int, page_size: int) -> None:
        place = self._place
        for _ in range(MOST_FRAMES):
            frame = os.pread(log, FRAME, place)
            if len(frame) < FRAME or frame[8:16] != self._salts:
                return
            place += FRAME + page_size
            _, pages = struct.unpack_from(">II", frame)
            if pages:  # of the database after a commit; 0 in all other frames
                self._commits += 1
                self._place = place
