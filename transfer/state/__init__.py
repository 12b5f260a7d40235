"""The state of a migration, kept in its target: `open_state(writer, migration)`, `open_chunks(state)`."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from engines.families import family
from transfer.state.protocol import Chunks, Cut, State

__all__ = ["Chunks", "Cut", "State", "open_chunks", "open_state"]

# family of the target -> module with open_state(writer, migration) and open_chunks(state)
KEPT_BY = {
    "postgresql": "transfer.state.sql",
    "mysql": "transfer.state.sql",
    "sqlite": "transfer.state.sql",
    "mongodb": "transfer.state.documents",
}


def open_state(writer: Any, migration: str) -> State:
    """The state of a migration on an open writer; nothing is read or made yet."""
    state: State = import_module(KEPT_BY[family(writer.engine)]).open_state(writer, migration)
    return state


def open_chunks(state: State) -> Chunks:
    """The chunks of a state's migration."""
    chunks: Chunks = import_module(KEPT_BY[family(state.writer.engine)]).open_chunks(state)
    return chunks
