"""Models that the inputs of several skills share."""

from __future__ import annotations

from engines.model import Model


class DatabaseRef(Model):
    """A database: reachable by url, or only declared by type and version."""

    url: str | None = None
    type: str | None = None
    version: str | None = None
