"""Work in a thread that tells the waiting client how far it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import anyio.from_thread
import anyio.to_thread
from mcp.server.mcpserver import Context

from agent.console import STAGES
from agent.orchestrator import Show
from skills.context import Progress
from skills.digest import clean

Made = TypeVar("Made")


async def in_thread(context: Context[Any, Any], work: Callable[[Show], Made]) -> Made:
    """Run the work away from the protocol; each new stage is a notification, numbers only grow."""
    heard: list[str] = []

    def show(progress: Progress) -> None:
        stage = STAGES.get(progress.stage, progress.stage)
        if heard and heard[-1] == stage:
            return
        heard.append(stage)
        anyio.from_thread.run(context.report_progress, float(len(heard)), None, str(clean(stage)))

    return await anyio.to_thread.run_sync(work, show)
