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


def test_what_never_passes_is_told_at_once() -> None:
    def settling() -> Resumed:
        raise EngineError("PERMISSION_DENIED", "No.", "")

    with pytest.raises(EngineError, match="PERMISSION_DENIED"):
        _settled(settling, SimpleNamespace(alive=lambda: True), Patience(), lambda: False)
