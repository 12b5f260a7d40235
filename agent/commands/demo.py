"""dbmo demo: the whole life of the bundled example, from nothing, on the PostgreSQL that comes with the program."""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

from engines.errors import UsageError


def demo(options: argparse.Namespace) -> int:
    """Start over in the demo's folder and run every phase."""
    import examples
    from agent.commands.run import live, prepare_example
    from agent.console import Console
    from agent.folder import Folder
    from agent.request import load_request, migration_id

    request_file = Path(examples.__file__).parent / "shop.json"
    prepare_example(request_file)
    request = load_request(request_file)
    name = migration_id(request)
    _start_over(options.out, name)
    folder = Folder.create(options.out, request, name)
    with folder.locked(), Console() as console:
        console.say(f"{name}: {request_file.name}, a shop's SQLite file to PostgreSQL")
        status = live(folder, console, None)
        console.say(f"look     dbmo target {options.out} -- psql")
        console.say(f"again    dbmo validate {options.out}   dbmo audit {options.out}   dbmo status {options.out}")
    folder.close()
    return status


def _start_over(path: Path, name: str) -> None:
    """Remove an earlier demo of this folder, and nothing that isn't one."""
    if not path.exists():
        return
    from agent.folder import Folder

    folder = Folder.open(path) if any(path.iterdir()) else None
    if folder is None:
        return
    known, ours = folder.migration == name, folder.request.target_database.scratch
    folder.close()
    if not (known and ours):
        raise UsageError(
            "FOLDER_OF_ANOTHER_REQUEST", f"{path} holds another migration.", "Use --out for the demo's folder."
        )
    if (path / "server").exists():
        from engines.embedded import open_embedded

        open_embedded(path.resolve() / "server").stop()
    shutil.rmtree(path)
