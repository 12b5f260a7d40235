"""What becomes of each table and column: the mapping that conversion decides and transfer follows."""

from __future__ import annotations

from pydantic import Field

from engines.model import Model


class ColumnMapping(Model):
    """A column's way to the target.

    route: name of the value conversion (transfer/routes); copied is False for columns the target computes;
    reason and alternatives: why this type, and what else a request could ask for.
    """

    source: str
    target: str
    source_type: str
    target_type: str
    route: str
    reason: str
    alternatives: list[str] = Field(default_factory=list)
    copied: bool = True
    nullable: bool = True


class TableMapping(Model):
    """A table's way to the target; key: target columns that identify a row, empty when nothing does.

    source_key: how the source cuts it into ranges: the name of an integer key column, `rowid`, `ctid`, or
    empty for one range. range_column: the target column that holds that key, where there is one.
    """

    source: str
    target: str
    columns: list[ColumnMapping]
    key: list[str] = Field(default_factory=list)
    source_key: str = ""
    range_column: str | None = None
    rows: int | None = None
    size_bytes: int | None = None

    @property
    def copied(self) -> list[ColumnMapping]:
        """The columns whose values are moved."""
        return [column for column in self.columns if column.copied]

    @property
    def key_columns(self) -> list[str]:
        """The source's names of the columns that identify a row."""
        by_target = {column.target: column.source for column in self.columns}
        return [by_target[name] for name in self.key]

    @property
    def locator_columns(self) -> list[str]:
        """What finds a row of a SQLite source again: its rowid, else its key."""
        return [self.source_key] if self.source_key else self.key_columns


class Statement(Model):
    """One DDL statement with its way back; id is stable, stage pre_data or post_data.

    unchecked: a routine whose body PostgreSQL isn't to look into when it is made.
    """

    id: str
    sql: str
    undo: str | None = None
    object: str
    kind: str
    stage: str
    unchecked: bool = False


class Omission(Model):
    """A source object that is not carried over as it was: the reason, its own text, what it costs a person."""

    object: str
    kind: str
    reason: str
    original: str = ""
    effort_hours: float = 0.0
