"""Which model is asked, and whether there is one to ask."""

from __future__ import annotations

import os

from agent.definition import definition

ACCESS = ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_BASE_URL")


def model_name(given: str | None) -> str:
    """The model of --model, else of ANTHROPIC_MODEL, else of AGENT.md; Aborted AGENT_BROKEN where none names one."""
    return (given or "").strip() or os.environ.get("ANTHROPIC_MODEL", "").strip() or definition().model


def reachable() -> bool:
    """Whether a key or a server is set; that it answers is not tried."""
    return any(os.environ.get(name, "").strip() for name in ACCESS)
