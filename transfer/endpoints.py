"""Opening both ends of a migration from their references, in any process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from engines.connection import Reference, parse, secret
from engines.families import family
from engines.grant import Grant
from engines.protocols import Writer
from engines.registry import dsn_of, open_writer


class Snapshot(Protocol):
    """One moment of a source, as every engine has it; what else it reads with its own routes know.

    position: names the moment, and where changes can be followed from; token: what another process joins it by.
    """

    position: str
    token: str

    def refresh(self) -> None:
        """End this moment and take a new one."""
        ...

    def recover(self) -> None:
        """After a statement that failed: usable again at the same moment, where that can be."""
        ...

    def cancel(self) -> None:
        """End the statement that runs now, from another thread."""
        ...

    def hold(self) -> AbstractContextManager[bool]:
        """While it is held nobody writes to the source, so that moments taken meanwhile are equal; False: not so."""
        ...

    def close(self) -> None:
        """End the moment."""
        ...


@runtime_checkable
class Tells(Protocol):
    """A snapshot that knows of itself whether its moment can still be read."""

    def alive(self) -> bool:
        """Asks the server."""
        ...


@runtime_checkable
class Follows(Protocol):
    """A snapshot that can show by the source's log whether something was written before it."""

    def unchanged_since(self, position: str) -> bool:
        """Whether nothing was, since the moment of an earlier position."""
        ...


@runtime_checkable
class Alterable(Protocol):
    """A snapshot whose server doesn't say by itself that a table was altered since, and shows other rows of it.

    released: how often it gave back the locks on what it had read, under which nobody alters a table.
    """

    released: int

    def recover(self) -> None:
        """See Snapshot."""
        ...

    def check_unaltered(self, tables: Sequence[str]) -> bool:
        """TABLE_ALTERED where one of these full names was; to be asked when its rows were read.

        Whether locks keep all of them as they are until `released` changes.
        """
        ...


@runtime_checkable
class Marked(Protocol):
    """A snapshot that knows by marks, made before its moment, whether a table was altered since.

    Who joins the moment is given the same marks.
    """

    marks: Mapping[str, Any]

    def mark(self, tables: Sequence[str]) -> None:
        """Note what these full names are, and take a new moment behind it."""
        ...


@runtime_checkable
class Lockable(Protocol):
    """A snapshot of a source that is locked to give several the same moment.

    to_be_held: whether only a moment taken inside hold() has a name; locked: seconds of the last hold(), or why it was
    refused.
    """

    to_be_held: bool
    locked: Any

    def refresh(self) -> None:
        """See Snapshot."""
        ...

    def hold(self) -> AbstractContextManager[bool]:
        """See Snapshot."""
        ...


AnySnapshot = Any  # a Snapshot with the reading methods of its own engine


@dataclass(frozen=True)
class Endpoints:
    """References of source and target and the grant for the target; safe to hand to another process."""

    source: str
    target: str
    grant: Grant

    def snapshot(self, join: str | None = None) -> AnySnapshot:
        """A consistent moment of the source; join: the token of the one to share."""
        return open_snapshot(parse(self.source), join, parse(self.target).engine)

    def writer(self) -> Writer:
        """The target, writable."""
        return open_writer(self.target, self.grant)


def open_snapshot(reference: Reference, join: str | None = None, target: str = "") -> AnySnapshot:
    """A consistent moment of any engine that can be a source; SOURCE_CHANGED where join's can't be had any more.

    target: the engine that its rows go to, where they go to one.
    """
    snapshot = OPENED_BY[family(reference.engine)](reference, join)
    if target and family(reference.engine) == family(target) == "postgresql":
        try:
            snapshot.read_stored()
        except BaseException:
            snapshot.close()
            raise
    return snapshot


def alive(snapshot: AnySnapshot) -> bool:
    """Whether the moment can still be read; asks the server."""
    from engines.errors import DbmoError

    try:
        if isinstance(snapshot, Tells):
            return snapshot.alive()
        snapshot.recover()
        snapshot.query("SELECT 1")
    except DbmoError:
        return False
    return True


def _sqlite(reference: Reference, join: str | None) -> AnySnapshot:
    from engines.sqlite.snapshot import SqliteSnapshot

    return SqliteSnapshot(Path(reference.sqlite_path), reference.display, join)


def _postgresql(reference: Reference, join: str | None) -> AnySnapshot:
    from engines.postgresql.snapshot import PostgresqlSnapshot

    return PostgresqlSnapshot(dsn_of(reference), reference.display, join)


def _mysql(reference: Reference, join: str | None) -> AnySnapshot:
    from engines.mysql.snapshot import MysqlSnapshot

    return MysqlSnapshot(secret(reference), reference.display, **({} if join is None else {"join": join}))


def _mongodb(reference: Reference, join: str | None) -> AnySnapshot:
    from engines.mongodb.snapshot import MongodbSnapshot

    return MongodbSnapshot(secret(reference), reference.display, join)


OPENED_BY = {"sqlite": _sqlite, "postgresql": _postgresql, "mysql": _mysql, "mongodb": _mongodb}
