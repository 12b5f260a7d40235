"""Commands that this version does not have, named with the reason."""

from __future__ import annotations

import argparse

from agent.cli import LATER
from engines.errors import UsageError


def later(options: argparse.Namespace) -> int:
    """Refuse a planned command by name."""
    raise UsageError(
        "UNSUPPORTED_COMMAND",
        f"This version has no `dbmo {options.command}`: {LATER[options.command]} is not built yet.",
        "docs/unsupported.md says what is missing and what to do instead.",
    )
