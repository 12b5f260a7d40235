"""Where the lines that were typed are kept between chats, and which of them are not."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prompt_toolkit.history import History

FILE = "chat-history"
# a url with a password, a reference to one, an assignment to something named like one, a key by its look
SECRET = re.compile(
    r"://[^\s/@]*:[^\s/@]*@|\$\{[^}]*\}|\bsk-[\w-]{8,}|-----BEGIN"
    r"|(?:passw\w*|pwd|secret|token|api[_-]?key|credential\w*)\s*(?:[=:]|\bis\b)\s*\S",
    re.IGNORECASE,
)


def kept(line: str) -> bool:
    """Whether a line goes into the history: nothing that may hold a secret, nothing that begins with a blank."""
    return bool(line.strip()) and not line[0].isspace() and not SECRET.search(line)


def state_folder() -> Path:
    """The user's folder for state: XDG_STATE_HOME, else ~/.local/state."""
    given = os.environ.get("XDG_STATE_HOME", "")
    home = Path(given) if given.startswith("/") else Path.home() / ".local" / "state"
    return home / "dbmo"


def open_history(folder: Path) -> tuple[History, str]:
    """The history in a folder of the user, readable by nobody else; in memory, with the reason, where it can't be."""
    from prompt_toolkit.history import FileHistory, InMemoryHistory

    class Kept(FileHistory):
        """A file without secrets."""

        def append_string(self, string: str) -> None:
            """Keep a line, if it may be kept; what was just typed twice is kept once."""
            loaded = self.get_strings()
            if kept(string) and not (loaded and loaded[-1] == string):
                super().append_string(string)

    path = folder / FILE
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)
        path.chmod(0o600)
        path.read_bytes()
    except OSError as error:
        return InMemoryHistory(), f"What you type is not kept after this chat: {path}: {error.strerror}."
    return Kept(str(path)), ""
