"""Which versions of an engine are supported, and how two versions compare."""

from __future__ import annotations

import re

from agent.rules import refuse

# Major versions. SQLite, PostgreSQL and MariaDB 10: those that the tests run; the others: those whose documentation
# was followed (type mysql may mean MariaDB until the server is asked; MongoDB 4.4 is the oldest that is opened).
SUPPORTED = {
    "sqlite": range(3, 4),
    "postgresql": range(12, 19),
    "mariadb": range(10, 13),
    "mysql": range(8, 13),
    "mongodb": range(4, 9),
}


def check_version(side: str, engine: str, version: str) -> None:
    """Raise UNSUPPORTED_VERSION unless the major version is supported; side is for the sentence.

    An engine without an entry passes: `UNSUPPORTED_ENGINE` has refused it before.
    """
    supported = SUPPORTED.get(engine)
    found = numbers(version)
    if supported is not None and (not found or found[0] not in supported):
        span = str(supported[0]) if len(supported) == 1 else f"{supported[0]} to {supported[-1]}"
        raise refuse(
            "UNSUPPORTED_VERSION",
            f"The {side}'s {engine} version is {version}, supported is {span}.",
            "Use a supported version, or upgrade the server first.",
            engine=engine,
            version=version,
        )


def numbers(version: str | None) -> tuple[int, ...]:
    """The leading numbers of a version, empty when there are none."""
    match = re.match(r"\d+(?:\.\d+)*", version or "")
    return tuple(int(part) for part in match[0].split(".")) if match else ()
