"""The columns in which MariaDB keeps when a version of a row began and ended: every server writes its own times."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from engines.catalog import Column

# https://mariadb.com/kb/en/system-versioned-tables/: GENERATED ALWAYS AS ROW START, ROW END
ROW_TIME = re.compile(r"\s*ROW (?:START|END)\s*", re.IGNORECASE)


def row_times(source: Iterable[Column], target: Iterable[Column], names: Mapping[str, str]) -> dict[str, str]:
    """Those that are such on both sides, source name -> target name; names: of all columns that both have."""
    there = {column.name for column in target if _is_row_time(column)}
    ours = [column.name for column in source if _is_row_time(column)]
    return {name: names[name] for name in ours if names.get(name) in there}


def _is_row_time(column: Column) -> bool:
    return column.generated is not None and ROW_TIME.fullmatch(column.generated.expression) is not None
