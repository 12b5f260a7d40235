"""Where the tests' files lie: in memory where there is enough of it, so that nobody waits for a disk."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

MEMORY = Path("/dev/shm")
DISK = Path("/tmp")
GIB = 1 << 30
# what two workers leave there at most: the folders of running tests; a thousand databases, of 8 MB when they are empty
FOLDERS, SERVERS = 2 * GIB, 10 * GIB
SPARE = 2 * GIB  # for everything else


def home_of(needed: int) -> Path:
    """The memory's file system where that many bytes leave enough of it for everything else, else the disk."""
    try:
        available = re.search(r"^MemAvailable: *(\d+) kB", Path("/proc/meminfo").read_text(), re.MULTILINE)
        roomy = available is not None and int(available[1]) << 10 > needed + SPARE
        if roomy and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > needed:
            return MEMORY
    except OSError:  # a system that is no Linux
        pass
    return DISK
