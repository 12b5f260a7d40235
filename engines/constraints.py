"""Keys, indexes and constraints of the engine-neutral model."""

from __future__ import annotations

from pydantic import Field

from engines.full_names import qualified
from engines.model import Model


class Key(Model):
    """A primary key or unique constraint; prefixes: how many characters or bytes of a column it looks at (MySQL)."""

    name: str | None = None
    columns: list[str]
    collations: list[str | None] = Field(default_factory=list)
    nulls_distinct: bool = True
    deferrable: bool = False
    initially_deferred: bool = False
    include: list[str] = Field(default_factory=list)
    prefixes: dict[str, int] = Field(default_factory=dict)
    comment: str | None = None


class IndexKey(Model):
    """One part of an index: a column, the first characters or bytes of it (prefix), or an expression."""

    column: str | None = None
    expression: str | None = None
    descending: bool = False
    nulls_first: bool | None = None
    collation: str | None = None
    operator_class: str | None = None
    prefix: int | None = None


class Index(Model):
    """An index that no constraint owns; definition is the engine's own statement, where it keeps one.

    method: btree, hash, gin, gist, brin, spgist, fulltext, spatial; visible: the planner may use it (MySQL INVISIBLE,
    MariaDB IGNORED); valid: it is complete (PostgreSQL's failed CREATE INDEX CONCURRENTLY leaves one that is not).
    """

    name: str
    keys: list[IndexKey]
    unique: bool = False
    method: str = "btree"
    predicate: str | None = None
    include: list[str] = Field(default_factory=list)
    nulls_distinct: bool = True
    valid: bool = True
    visible: bool = True
    options: dict[str, str] = Field(default_factory=dict)
    definition: str | None = None
    comment: str | None = None


class ForeignKey(Model):
    """A reference; actions are spelled as in SQL (NO ACTION, CASCADE, SET NULL, ...).

    validated: every row was checked (NOT VALID: only new ones are); enforced: the server checks at all.
    """

    name: str | None = None
    columns: list[str]
    referenced_schema: str
    referenced_table: str
    referenced_columns: list[str]
    on_update: str = "NO ACTION"
    on_delete: str = "NO ACTION"
    match: str = "SIMPLE"
    deferrable: bool = False
    initially_deferred: bool = False
    validated: bool = True
    enforced: bool = True
    comment: str | None = None

    @property
    def referenced(self) -> str:
        """The full name of the table that it refers to."""
        return qualified(self.referenced_schema, self.referenced_table)


class Check(Model):
    """A check constraint; expression in the engine's dialect, without the word CHECK.

    validated: every row was checked (NOT VALID: only new ones are); enforced: the server checks at all.
    """

    name: str | None = None
    expression: str
    validated: bool = True
    enforced: bool = True
    no_inherit: bool = False
    comment: str | None = None


class Exclusion(Model):
    """An exclusion constraint (PostgreSQL), kept by its definition."""

    name: str
    definition: str
