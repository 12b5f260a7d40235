"""From errors to words on stderr and an exit status; no traceback reaches a person without being asked for."""

from __future__ import annotations

import argparse
import os
import sqlite3
import sys
import traceback
from collections.abc import Callable

from agent.report.words import plain
from engines.connection import redact
from engines.errors import EXIT_ENGINE, DbmoError


def guarded(handler: Callable[[argparse.Namespace], int], options: argparse.Namespace) -> int:
    """Run a command; its status, or the status of the error that ended it."""
    try:
        return handler(options)
    except DbmoError as error:
        say(error.code, error.what, error.remedy)
        return error.exit_status
    except KeyboardInterrupt:
        say("INTERRUPTED", "You stopped the command.", "Run the same command again to go on where it stopped.")
        return EXIT_ENGINE
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_ENGINE
    except sqlite3.Error as error:  # of the journal: a source's errors were translated where they came up
        say(
            "JOURNAL_FAILED",
            f"The journal of the migration can't be used: {error}.",
            "Free space or put journal.db back, then run the same command again.",
        )
        return EXIT_ENGINE
    except OSError as error:
        name = f" ({error.filename})" if error.filename else ""
        say("SYSTEM", f"The system refused: {error.strerror or error}{name}.", "Free space or rights, then run again.")
        return EXIT_ENGINE
    except Exception as error:  # noqa: BLE001  the last guard before a person
        if os.environ.get("DBMO_DEBUG"):
            sys.stderr.write(redact(traceback.format_exc()))
        what = redact(f"{type(error).__name__}: {error}").splitlines()[0][:300]
        say(
            "DEFECT",
            f"The program met a case it does not know: {what}.",
            "Run it again with DBMO_DEBUG=1 and report it.",
        )
        return EXIT_ENGINE


def say(code: str, what: str, remedy: str) -> None:
    """One sentence of what happened, one of what to do, and the code; what names bring along takes no effect."""
    sys.stderr.write(redact(f"dbmo: {plain(what)}\n      {plain(remedy)} [{code}]\n"))
