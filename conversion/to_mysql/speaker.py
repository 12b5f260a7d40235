"""Who converts, as the steps after it see him: for which server, and where notes go."""

from __future__ import annotations

import re
from typing import Protocol

from conversion.to_mysql.flavour import Flavour
from engines.catalog import Kind

USED = re.compile(r"`((?:[^`]|``)+)`")  # a name in an expression of ours


class Speaker(Protocol):
    """kinds: what the expressions of indexes give, by their text."""

    flavour: Flavour
    kinds: dict[str, Kind]

    def say(self, name: str, sentence: str, table: str = "") -> None:
        """Note something about a carried object."""
