"""dbmo target: an embedded target kept running for as long as someone looks at it."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys

from agent.ends import Ends
from agent.folder import Folder
from engines.connection import parse
from engines.embedded_settings import binaries
from engines.errors import EXIT_DONE, UsageError
from engines.registry import dsn_of


def target(options: argparse.Namespace) -> int:
    """Run a command with DATABASE_URL set (its status is ours), or wait for Ctrl-C."""
    folder = Folder.open(options.folder)
    ends = Ends(folder.request, folder.path)
    folder.close()
    if not ends.target_is_embedded or ends.target_url is None:
        raise UsageError(
            "TARGET_NOT_EMBEDDED",
            "The target of this migration is not an embedded server.",
            "Connect to it as you always do.",
        )
    url = dsn_of(parse(ends.target_url))
    words = [word for word in options.words if word != "--"]
    sys.stderr.write(f"{url}\n")
    if not words:
        sys.stderr.write("running until Ctrl-C\n")
        signal.sigwait({signal.SIGINT, signal.SIGTERM})
        return EXIT_DONE
    path = f"{binaries()}{os.pathsep}{os.environ.get('PATH', '')}"
    if words[0] == "psql":
        words.insert(1, url)
    try:
        return subprocess.run(words, env={**os.environ, "DATABASE_URL": url, "PATH": path}, check=False).returncode
    except OSError as error:
        raise UsageError(
            "COMMAND_FAILED", f"{words[0]} can't be run: {error.strerror}.", "Check the command."
        ) from error
