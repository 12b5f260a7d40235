"""Who may do what with which object or row, in the engine-neutral model."""

from __future__ import annotations

from pydantic import Field

from engines.model import Model


class Policy(Model):
    """A row-level security policy (PostgreSQL); using and check in the engine's dialect; role public: everybody."""

    name: str
    command: str = "ALL"
    permissive: bool = True
    roles: list[str] = Field(default_factory=list)
    using: str | None = None
    check: str | None = None


class Privilege(Model):
    """What somebody may do with an object; object: its full name, with a column where it is only that.

    grantee: a role or account; `public` means everybody (PostgreSQL, where no role can have that name).
    """

    grantee: str
    object: str
    kind: str  # schema | table | column | sequence | routine | type | database
    privileges: list[str]
    grantable: bool = False
