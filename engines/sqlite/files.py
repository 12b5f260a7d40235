"""A SQLite database as files: reading its header, its position, and leaving no file behind.

What `mode=ro` does (SQLite 3.40.1, tested): it writes neither to the database nor to the frames of a -wal and
never checkpoints, but a connection to a database in WAL mode makes the -shm that isn't there (and an empty -wal,
when there was none) and leaves both behind when it closes; a database file of no bytes loses its -wal. So what
wasn't there before is taken away again when the last connection is closed, under the exclusive lock under which
SQLite itself deletes these files. Where we could not take that lock, the database is not opened at all.

A process loses every POSIX lock on a file when it closes any descriptor of it, SQLite's own included
(https://www.sqlite.org/howtocorrupt.html, 2.2). So the descriptors here are opened once per file and kept until
the process ends; the lock is one of an open file description, which meets SQLite's even in the same process.
"""

from __future__ import annotations

import fcntl
import os
import struct
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from engines.errors import EngineError, UsageError

MAGIC = b"SQLite format 3\0"
HEADER_BYTES = 100
WAL_HEADER_BYTES = 32
FRAME_HEADER_BYTES = 24
WAL_VERSIONS = (2, 2)
PENDING_BYTE = 0x40000000  # https://www.sqlite.org/src/file/src/os.h: pending, reserved, 510 bytes of shared locks
LOCK_BYTES = 512
POSITION = "-dbmo-position"  # behind the name of a private copy: the position of the file that was copied

_DESCRIPTORS: dict[tuple[int, int], int] = {}
_LEFT: dict[Path, list[Path]] = {}


@dataclass(frozen=True)
class Header:
    """The first 100 bytes of a database file (https://www.sqlite.org/fileformat2.html, 1.3); sizes in bytes."""

    page_size: int
    versions: tuple[int, int]
    change_counter: int
    pages: int
    version_valid_for: int
    file_size: int
    modified_ns: int

    @property
    def missing_bytes(self) -> int:
        """How much shorter the file is than its header says; 0 where the header's page count isn't valid."""
        if not self.pages or self.change_counter != self.version_valid_for:
            return 0
        return max(0, self.pages * self.page_size - self.file_size)


def uri(path: Path) -> str:
    """The URI that opens exactly this path read-only, whatever characters it holds."""
    return f"file://{quote(os.fsencode(path))}?mode=ro"


def check_file(path: Path, display: str) -> None:
    """FILE_MISSING, FILE_UNREADABLE or NOT_A_DATABASE for a path that SQLite would misread, block on or create."""
    try:
        regular = path.is_file()
        if not regular and path.exists():
            raise UsageError(
                "NOT_A_DATABASE",
                f"{display} is not a file.",
                "Give the path of a SQLite database file.",
                database=display,
            )
        size = path.stat().st_size
        if not os.access(path, os.R_OK):
            raise PermissionError(13, "Permission denied")
    except (FileNotFoundError, NotADirectoryError, ValueError) as error:
        raise UsageError("FILE_MISSING", f"There is no file {display}.", "Check the path.", database=display) from error
    except OSError as error:
        raise EngineError(
            "FILE_UNREADABLE",
            f"{display} can't be read: {error.strerror}.",
            "Check that this user may read the file.",
            database=display,
        ) from error
    if size == 0 and sidecar(path, "-wal").exists():
        raise EngineError(
            "DATABASE_CORRUPT",
            f"{display} has no bytes but a -wal file beside it, which opening would delete.",
            "Restore the database from a backup, or take the -wal file away if the database is meant to be empty.",
            database=display,
        )


def sidecar(path: Path, suffix: str) -> Path:
    """The -wal, -shm or -journal of a database."""
    return path.with_name(path.name + suffix)


def _descriptor(path: Path) -> int:
    status = path.stat()
    key = (status.st_dev, status.st_ino)
    if key not in _DESCRIPTORS:
        _DESCRIPTORS[key] = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    return _DESCRIPTORS[key]


def read_header(path: Path) -> Header | None:
    """The header as it is on disk; None for a file of no bytes or one that isn't a database."""
    descriptor = _descriptor(path)
    data = os.pread(descriptor, HEADER_BYTES, 0)
    if len(data) < HEADER_BYTES or not data.startswith(MAGIC):
        return None
    status = os.fstat(descriptor)
    (size,) = struct.unpack_from(">H", data, 16)
    counter, pages = struct.unpack_from(">II", data, 24)
    (valid_for,) = struct.unpack_from(">I", data, 92)
    page_size = 65536 if size == 1 else size
    return Header(page_size, (data[18], data[19]), counter, pages, valid_for, status.st_size, status.st_mtime_ns)


def position(path: Path) -> str:
    """A token of what has been committed to the file; equal tokens prove that nothing was committed in between.

    database: change counter, version-valid-for, page count, file size and time of last modification (a checkpoint
    that changes pages but not the first leaves the header as it was, so the header alone proves nothing in WAL
    mode); -wal: its salts, and number and checksum of the last commit frame. Different tokens don't prove a
    commit: a checkpoint or `touch` changes them too. Not seen: a file written to by other means than SQLite with
    its time of modification set back. Of a private copy (engines/sqlite/copy.py) it is that of what was copied.
    """
    try:
        return sidecar(path, POSITION).read_text()
    except FileNotFoundError:
        pass
    header = read_header(path)
    if header is None:
        status = path.stat()
        database = f"{status.st_size}.{status.st_mtime_ns}"
    else:
        database = (
            f"{header.change_counter}.{header.version_valid_for}.{header.pages}.{header.file_size}.{header.modified_ns}"
        )
    return f"sqlite:{database}/{_wal_position(sidecar(path, '-wal'))}"


def note_position(path: Path, position: str) -> None:
    """Give a private copy, which nobody writes to, the position of what was copied."""
    sidecar(path, POSITION).write_text(position)


def _wal_position(path: Path) -> str:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)  # SQLite takes no locks on this file
    except FileNotFoundError:
        return "none"
    try:
        header = os.pread(descriptor, WAL_HEADER_BYTES, 0)
        if len(header) < WAL_HEADER_BYTES:
            return "none"  # an empty log, which readers make, holds as much as no log
        page_size = struct.unpack_from(">I", header, 8)[0]
        if not 512 <= page_size <= 65536:
            return f"unreadable.{header.hex()}.{os.fstat(descriptor).st_size}"
        salts = header[16:24]
        frames = (os.fstat(descriptor).st_size - WAL_HEADER_BYTES) // (page_size + FRAME_HEADER_BYTES)
        return f"{salts.hex()}.{_last_commit(descriptor, page_size, salts, frames)}"
    finally:
        os.close(descriptor)


def _last_commit(descriptor: int, page_size: int, salts: bytes, frames: int) -> str:
    """Number and checksum of the last frame that ends a transaction.

    Frames since the last restart of the log carry its salts and come first, so their number is found by halving;
    a commit frame is the one with a database size (https://www.sqlite.org/fileformat2.html, 4.1).
    """

    def frame(number: int) -> bytes:
        offset = WAL_HEADER_BYTES + number * (page_size + FRAME_HEADER_BYTES)
        return os.pread(descriptor, FRAME_HEADER_BYTES, offset)

    low, high = 0, frames
    while low < high:
        middle = (low + high) // 2
        if frame(middle)[8:16] == salts:
            low = middle + 1
        else:
            high = middle
    for number in range(low - 1, -1, -1):
        found = frame(number)
        if found[4:8] != b"\0\0\0\0":
            return f"{number}.{found[16:24].hex()}"
    return "0"


class Sidecars:
    """The -wal and -shm of a database: which were there before we opened it, and taking away those that weren't."""

    def __init__(self, path: Path, display: str) -> None:
        """FILE_UNREADABLE where opening would make files that we could not take away again."""
        self.path = path
        self.absent = [file for file in (sidecar(path, "-shm"), sidecar(path, "-wal")) if not file.exists()]
        header = read_header(path)
        uses_wal = sidecar(path, "-wal").exists() or (header is not None and header.versions == WAL_VERSIONS)
        shm = sidecar(path, "-shm")
        if uses_wal and shm in self.absent and not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)):
            raise EngineError(
                "FILE_UNREADABLE",
                f"{display} is in WAL mode, and SQLite needs a -shm file beside it that this user may not make and "
                "take away again.",
                "Make the file and its folder writable for this user (the database itself is not written), or copy "
                "the file together with its -wal to such a folder.",
                database=display,
            )

    def restore(self) -> list[Path]:
        """Delete what opening has made, if nobody has the database open; the files that had to be left.

        What one connection of this process had to leave, because another was open, the next one to close takes.
        """
        made = sorted({*self.absent, *_LEFT.pop(self.path, ())})
        made = [file for file in made if file.exists()]
        if made and not self._delete(made):
            _LEFT[self.path] = made
            return made
        return []

    def _delete(self, made: list[Path]) -> bool:
        if not hasattr(fcntl, "F_OFD_SETLK"):
            return False
        descriptor = os.open(self.path, os.O_RDWR | os.O_CLOEXEC)
        # struct flock of 64-bit Linux: type, whence, start, length, process (0 for these locks)
        lock = struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, PENDING_BYTE, LOCK_BYTES, 0)
        try:
            fcntl.fcntl(descriptor, fcntl.F_OFD_SETLK, lock)
        except OSError:
            return False  # in use; the descriptor stays open, because closing it would drop this process's locks
        unwritten = not any(file.name.endswith("-wal") and file.stat().st_size for file in made)
        for file in made if unwritten else ():
            file.unlink()
        os.close(descriptor)  # nobody, this process included, holds a lock that this could drop
        return unwritten
