"""Files to be written: what changes, what a person edited, and writing all of them or none."""

from __future__ import annotations

import difflib
import hashlib
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from engines.errors import Aborted, UsageError

SEAL = re.compile(r"\n<!-- written by dbmo install, sha256 ([0-9a-f]{64}) -->\n\Z")


@dataclass(frozen=True)
class Wanted:
    """A file as it should be; ours: the whole file is written here, so a person's edits in it would be lost."""

    path: Path
    text: str
    ours: bool = True

    @property
    def present(self) -> str | None:
        """The file as it is; None where there is none. UsageError PROJECT_FILE_UNREADABLE for what is no text."""
        if not self.path.exists():
            return None
        try:
            return self.path.read_bytes().decode("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(
                "PROJECT_FILE_UNREADABLE",
                f"{self.path} can't be read as text.",
                "Look at it, and remove it if it is in the way.",
            ) from error

    @property
    def changes(self) -> bool:
        """Whether writing would change anything."""
        return self.present != self.text

    @property
    def edited(self) -> bool:
        """Whether somebody changed, or wrote, the file that is there."""
        present = self.present
        return self.ours and present is not None and not sealed_still(present)


def sealed(text: str) -> str:
    """The text with a last line from which it can be told later whether it was edited."""
    body = text.rstrip("\n") + "\n"
    return f"{body}\n<!-- written by dbmo install, sha256 {_sha256(body)} -->\n"


def sealed_still(text: str) -> bool:
    """Whether a text is as it was sealed."""
    found = SEAL.search(text)
    return found is not None and _sha256(text[: found.start()]) == found[1]


def check_unedited(files: Iterable[Wanted]) -> None:
    """Aborted FILE_EDITED when writing would take away somebody's edits."""
    edited = [str(file.path) for file in files if file.changes and file.edited]
    if edited:
        raise Aborted(
            "FILE_EDITED",
            f"Not as `dbmo install` wrote it: {', '.join(edited)}; nothing was changed.",
            "Look at the difference with --dry-run, and give --force to replace it.",
        )


def differences(files: Iterable[Wanted]) -> Iterator[str]:
    """Unified diffs of what would change."""
    for file in files:
        if file.changes:
            before = (file.present or "").splitlines(keepends=True)
            origin = str(file.path) if file.present is not None else "/dev/null"
            yield from difflib.unified_diff(before, file.text.splitlines(keepends=True), origin, str(file.path))


def write_all(files: Iterable[Wanted]) -> list[Path]:
    """Write what changes, each file whole or not at all; their paths."""
    written = []
    for file in files:
        if file.changes:
            path = file.path.resolve()
            path.parent.mkdir(parents=True, exist_ok=True)
            draft = path.with_name(f"{path.name}.{os.getpid()}.new")
            draft.write_bytes(file.text.encode("utf-8"))
            draft.replace(path)
            written.append(file.path)
    return written


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
