"""What a repair needs of the engine that it writes to, and how the one for a reference is opened."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from importlib import import_module
from typing import Protocol, cast

from engines.catalog import Catalog
from engines.connection import parse
from engines.grant import Grant
from transfer.repair.carrying import Carried
from transfer.repair.prepared import Prepared
from transfer.repair.rows import Row
from transfer.repair.steps import Values
from transfer.sides.side import Side

# family of the target -> module with open_rewriter(url, grant, catalog)
REWRITERS = {name: f"transfer.repair.rewriter_{name}" for name in ("postgresql", "mysql", "sqlite", "mongodb")}


class Rewriter(Protocol):
    """A database whose rows are put right; every method but transaction() and close() is called inside of one."""

    def transaction(self, tables: Sequence[Prepared]) -> AbstractContextManager[None]:
        """All or nothing of these tables: nobody else changes them meanwhile, and none of their triggers runs."""
        ...

    def side(self) -> Side:
        """The target as it is now that nobody else changes it; closed with the transaction."""
        ...

    def hold(self, made: Prepared, rows: Iterable[Row]) -> None:
        """Keep others from changing these rows, where the tables as such are not kept from it."""
        ...

    def delete(self, made: Prepared, rows: Iterable[Row]) -> int:
        """Delete exactly these rows; how many. Aborted where rows of other tables would go with them."""
        ...

    def update(self, made: Prepared, columns: Sequence[Carried], rows: Iterable[tuple[Row, Values]]) -> int:
        """Set columns of rows; how many there were."""
        ...

    def insert(self, made: Prepared, rows: Iterable[Values]) -> int:
        """Insert rows with all carried columns; how many."""
        ...

    def close(self) -> None: ...


def open_rewriter(url: str, grant: Grant, catalog: Catalog) -> Rewriter:
    """The rewriter of a reference; Aborted without a grant for exactly this database. catalog: the target's."""
    module = import_module(REWRITERS[parse(url).engine])
    return cast(Rewriter, module.open_rewriter(url, grant, catalog))
