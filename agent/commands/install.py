"""dbmo install: the server's entry, the subagent and the skills, written into a project."""

from __future__ import annotations

import argparse
import sys

from engines.errors import EXIT_DONE, UsageError


def install(options: argparse.Namespace) -> int:
    """Write what differs; with --dry-run only say it. A person's edits stay, unless --force is given."""
    from agent.install.claude_code import claude_code
    from agent.install.files import check_unedited, differences, write_all
    from agent.install.mcp_json import mcp_json

    if not options.dir.is_dir():
        raise UsageError("FOLDER_MISSING", f"There is no folder {options.dir}.", "Give the project's folder as --dir.")
    files = [mcp_json(options.dir, options.force)]
    if options.what == "claude-code":
        files += claude_code(options.dir)
    if options.dry_run:
        told = list(differences(files))
        sys.stdout.write("".join(told) or "nothing would change\n")
        return EXIT_DONE
    if not options.force:
        check_unedited(files)
    written = write_all(files)
    for path in written:
        sys.stdout.write(f"wrote {path}\n")
    sys.stdout.write("" if written else "nothing to change\n")
    return EXIT_DONE
