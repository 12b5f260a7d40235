"""The migrations that can be opened: folders below migrations/, newest first, or a request that begins one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from agent.folder import DEFAULT_ROOT, Folder
from engines.errors import DbmoError, UsageError

if TYPE_CHECKING:
    from agent.chat.session import Session

SHOWN = 15


@dataclass(frozen=True)
class Place:
    """A migration's folder and when something last happened in it, in seconds since 1970."""

    path: Path
    changed: float


def places(root: Path) -> list[Place]:
    """The migrations below a folder, the one in which something was stored last first."""
    if not root.is_dir():
        return []
    found = [Place(path, _changed(path)) for path in root.iterdir() if (path / "request.json").is_file()]
    return sorted(found, key=lambda place: (-place.changed, place.path.name))


def _changed(path: Path) -> float:
    """When something was stored; the journal does not count, because it is touched by looking."""
    stored = (file for file in path.iterdir() if not file.name.startswith(("journal.db", ".")))
    return max(file.stat().st_mtime for file in stored)


def offer(session: Session) -> None:
    """List what can be opened, and say how; the session remembers the numbers."""
    from agent.chat.draw import table

    found = places(session.root)
    session.offered = [place.path for place in found]
    if not found:
        session.screen.say(f"No migration in {session.root}/ yet. /open REQUEST.json begins one; /help lists commands.")
        return
    rows = [
        [str(number), place.path.name, _when(place.changed), *_told(place.path)]
        for number, place in enumerate(found[:SHOWN], 1)
    ]
    session.screen.show(table([">", "migration", "changed", "from", "to", "standing"], rows))
    more = f" ({len(found) - SHOWN} older ones are not shown)" if len(found) > SHOWN else ""
    session.screen.say(f"A number opens a migration, /open REQUEST.json begins one{more}.")


def _told(path: Path) -> tuple[str, str, str]:
    from agent.chat.facts import standing

    try:
        folder = Folder.open(path)
    except DbmoError as error:
        return "?", "?", error.what
    try:
        source, target = ends_of(folder)
        return source, target, standing(folder)
    except (DbmoError, ValueError) as error:
        return "?", "?", error.what if isinstance(error, DbmoError) else "its files can't be read"
    finally:
        folder.close()


def ends_of(folder: Folder) -> tuple[str, str]:
    """Source and target in a few words: engine and version as the request gives them."""
    request = folder.request
    source, target = (
        f"{database.engine_name} {database.version or ''}".strip()
        for database in (request.source_database, request.target_database)
    )
    return source, target


def _when(seconds: float) -> str:
    from datetime import datetime

    return datetime.fromtimestamp(seconds).strftime("%Y-%m-%d %H:%M")


def open_place(session: Session, words: str) -> Folder:
    """Open what a person names: a folder, a request file, a migration's name, or a number of the list."""
    path = Path(words).expanduser()
    if path.is_file():
        return _begin(session, path)
    named = {place.path.name: place.path for place in places(session.root)}
    numbered = {str(number): place for number, place in enumerate(session.offered, 1)}
    for known in (named, numbered):
        if words in known and not path.is_dir():
            path = known[words]
    if path.name == "request.json" or path.is_dir():
        return Folder.open(path)
    raise UsageError(
        "FOLDER_UNKNOWN",
        f"{words} is no migration's folder and no request.",
        "Give a folder, a request file, or a name that /open lists.",
    )


def _begin(session: Session, request_file: Path) -> Folder:
    """The folder of a request: made, or the one that is there; a folder's own request.json opens that folder."""
    if request_file.name == "request.json" and (request_file.parent / "journal.db").exists():
        return Folder.open(request_file.parent)
    from agent.commands.run import prepare_example
    from agent.request import load_request, migration_id

    prepare_example(request_file)
    request = load_request(request_file)
    name = migration_id(request)
    return Folder.create((session.root or DEFAULT_ROOT) / name, request, name)
