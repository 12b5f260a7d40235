"""Whether a SQLite source is read itself or a private copy of it, so that its writers needn't wait for the copying."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from engines.connection import parse

SourceCopy = Literal["auto", "always", "never"]
FOLDER = "source"  # within the migration's own workspace
SMALL = 64_000_000  # bytes of a file whose copying keeps writers waiting only shortly
Note = Callable[[str, dict[str, Any]], None]


@contextmanager
def read_from(
    source: str, wanted: SourceCopy, workspace: Path | None, note: Note, cancelled: Callable[[], bool]
) -> Iterator[str]:
    """The reference that is read: the source's own, or that of a private copy in the workspace.

    auto: a copy of a file that locks its writers out while it is read (not in WAL mode), unless it is small or there is
    no room. A copy that a killed run has left is removed in any case. EngineError SOURCE_COPY_ROOM for always.
    """
    reference = parse(source)
    if reference.engine != "sqlite" or workspace is None:
        yield source
        return
    from engines.sqlite.copy import NoRoom, locks_writers, private_copy, remove_copy

    path, folder = reference.sqlite_path, workspace / FOLDER
    remove_copy(folder)
    if wanted == "never" or (wanted == "auto" and not (_is_large(path) and locks_writers(path))):
        yield source
        return
    with ExitStack() as stack:
        try:
            made = stack.enter_context(private_copy(path, reference.display, folder, cancelled))
        except NoRoom as error:
            if wanted == "always":
                raise
            note("source not copied", {"why": error.what})
            yield source
            return
        note("source copied", {"bytes": made.stat().st_size})
        yield f"sqlite:{quote(str(made.resolve()))}"


def _is_large(path: Path) -> bool:
    return path.exists() and path.stat().st_size > SMALL
