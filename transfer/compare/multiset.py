"""Rows of both sides as multisets of (key, content): what only one of them has, in bounded memory by files on disk."""

from __future__ import annotations

import marshal
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from engines.errors import EngineError

Record = tuple[bytes, bytes]

FANOUT = 64  # files per side and step
BUFFER = 4 << 20  # bytes of a side that wait in memory before they are written
LARGEST = 4 << 20  # bytes of a file that are compared at once; as Python objects they take five times that
STEPS = 8  # a hash has no more bits than for so many
RECORD_BYTES = 16  # what a record costs on disk besides its key and content


@dataclass(slots=True)
class Differing:
    """A key whose contents are not the same on both sides: those that only the source has, and only the target."""

    key: bytes
    source: list[bytes] = field(default_factory=list)
    target: list[bytes] = field(default_factory=list)


class Gathered:
    """The records of one side: in memory while they are few, else in files by a hash of their key."""

    def __init__(self, folder: Path, step: int = 0) -> None:
        self.folder = folder
        self.step = step
        self.rows = 0
        self.spilled = False
        self._waiting: list[Record] = []
        self._bytes = 0
        self._written: set[int] = set()

    def add(self, batch: Iterable[Record]) -> None:
        """Take records; DISK_FULL where they don't fit onto the disk."""
        records = batch if isinstance(batch, list) else list(batch)
        self.rows += len(records)
        self._waiting += records
        for part in zip(*records, strict=True):
            self._bytes += sum(map(len, part))
        self._bytes += RECORD_BYTES * len(records)
        if self._bytes > BUFFER:
            self.spill()

    def spill(self) -> None:
        """Write what waits in memory to the files."""
        self.spilled = True
        by_place: defaultdict[int, list[Record]] = defaultdict(list)
        shift = 6 * self.step
        for record in self._waiting:
            by_place[(hash(record[0]) >> shift) % FANOUT].append(record)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._written |= by_place.keys()
            for place, records in by_place.items():
                with self.path(place).open("ab") as file:
                    packed = marshal.dumps(records, 2)
                    file.write(len(packed).to_bytes(8, "big") + packed)
        except OSError as error:
            raise _no_room(self.folder, error) from error
        self._waiting, self._bytes = [], 0

    def path(self, place: int) -> Path:
        """The file of those whose key's hash falls there."""
        return self.folder / f"{place}"

    def size(self, place: int) -> int:
        """Bytes of that file."""
        return self.path(place).stat().st_size if self.path(place).exists() else 0

    def places(self) -> int:
        """Files that were written."""
        return len(self._written)

    def lots(self, place: int) -> Iterator[list[Record]]:
        """What that file holds."""
        if self.path(place).exists():
            with self.path(place).open("rb") as file:
                while size := file.read(8):
                    yield marshal.loads(file.read(int.from_bytes(size, "big")))

    def waiting(self) -> list[Record]:
        """All records, where nothing was written to files."""
        return self._waiting


class Multisets:
    """Both sides' records. Each side may be filled by a thread of its own; then differing() is asked once."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="dbmo-rows-", dir=folder)
        place = Path(self._folder.name)
        self.source = Gathered(place / "source")
        self.target = Gathered(place / "target")

    def differing(self) -> Iterator[Differing]:
        """Every key whose contents differ, in no particular order."""
        yield from _differing(self.source, self.target)

    def close(self) -> None:
        """Remove the files."""
        self._folder.cleanup()

    def __enter__(self) -> Multisets:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def _differing(source: Gathered, target: Gathered) -> Iterator[Differing]:
    if not (source.spilled or target.spilled):
        yield from differing(source.waiting(), target.waiting())
        return
    source.spill()
    target.spill()
    for place in range(FANOUT):
        if max(source.size(place), target.size(place)) <= LARGEST:
            yield from differing(*([record for lot in s.lots(place) for record in lot] for s in (source, target)))
        elif source.step < STEPS and max(source.places(), target.places()) > 1:
            yield from _differing(*(_deeper(side, place) for side in (source, target)))
        else:
            yield from _paired(*_surplus(source.lots(place), target.lots(place)))
        for side in (source, target):
            side.path(place).unlink(missing_ok=True)


def _deeper(side: Gathered, place: int) -> Gathered:
    deeper = Gathered(side.folder / f"in-{place}", side.step + 1)
    for lot in side.lots(place):
        deeper.add(lot)
    return deeper


def differing(source: list[Record], target: list[Record]) -> Iterator[Differing]:
    """The same for records in memory."""
    here, there = set(source), set(target)
    if len(here) == len(source) and len(there) == len(target):
        return _paired(here - there, there - here)
    return _paired(*_surplus([source], [target]))


def _surplus(source: Iterable[list[Record]], target: Iterable[list[Record]]) -> tuple[Iterable[Record], ...]:
    """What each has more often than the other; equal records take memory once, however many they are."""
    left, right = Counter[Record](), Counter[Record]()
    for counter, lots in ((left, source), (right, target)):
        for lot in lots:
            counter.update(lot)
    return (left - right).elements(), (right - left).elements()


def _paired(source: Iterable[Record], target: Iterable[Record]) -> Iterator[Differing]:
    found: dict[bytes, Differing] = {}
    for key, content in source:
        if key in found:
            found[key].source.append(content)
        else:
            found[key] = Differing(key, [content], [])
    for key, content in target:
        if key in found:
            found[key].target.append(content)
        else:
            found[key] = Differing(key, [], [content])
    yield from found.values()


def _no_room(folder: Path, error: OSError) -> EngineError:
    return EngineError(
        "DISK_FULL",
        f"Rows of the comparison can't be written to {folder}: {error.strerror}.",
        "Free some space, or set TMPDIR to a folder with more room, then run the same command again.",
    )
