"""What an earlier run left is looked at over connections of its own: one that is missing is waited for."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from engines.errors import EngineError
from transfer.copy import _settled
from transfer.desks import MomentLost
from transfer.resume import Resumed
from transfer.retry import Patience

FULL = EngineError("TOO_MANY_CONNECTIONS", "The server takes no more connections.", "")


@pytest.mark.parametrize("alive", [True, False])
def test_a_moment_that_can_be_read_is_not_given_up_for_want_of_a_connection(alive: bool) -> None:
    answers: list[EngineError | Resumed] = [FULL, FULL, Resumed(kept=3)]

    def settling() -> Resumed:
        answer = answers.pop(0)
        if isinstance(answer, EngineError):
            raise answer
        return answer

    source = SimpleNamespace(alive=lambda: alive)
    if alive:
        assert _settled(settling, source, Patience(first_wait=0.01), lambda: False).kept == 3
    else:
        with pytest.raises(MomentLost):
            _settled(settling, source, Patience(first_wait=0.01), lambda: False)
        assert len(answers) == 2


@pytest.mark.parametrize("alive", [True, False])
def test_what_never_passes_is_told_at_once_unless_the_moment_is_gone(alive: bool) -> None:
    """A connection that joins a moment of which its server knows no more is told that there is no such snapshot."""

    def settling() -> Resumed:
        raise EngineError("POSTGRESQL_ERROR", "No such snapshot.", "")

    with pytest.raises(EngineError if alive else MomentLost, match="No such snapshot"):
        _settled(settling, SimpleNamespace(alive=lambda: alive), Patience(), lambda: False)
