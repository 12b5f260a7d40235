"""The guides that rules rest on, with the version each describes, and a word when one is too old."""

from __future__ import annotations

from engines.catalog import Model

ACCESSED = "2025-10-26T00:00:00-04:00"  # the specification, "Source citations"


class Guide(Model):
    """A guide; describes is the newest version of the product that it covers, None where it names none."""

    id: str
    title: str
    url: str
    product: str
    describes: str | None
    accessed: str = ACCESSED


class Citation(Guide):
    """A guide used for one database; note says when it is older than the version it is used for."""

    used_for: str
    note: str | None = None


# Titles and addresses: the specification, "Reference sources", "Source citations", "Migration Tools Documentation".
# describes: "current" of PostgreSQL's manual was 18 on the day of access (18 came out on 2025-09-25); MySQL's carry
# the version in their address; MongoDB's manual and AWS's guides name none.
GUIDES = (
    Guide(
        id="postgresql-migration",
        title="PostgreSQL Migration Guide",
        url="https://www.postgresql.org/docs/current/migration.html",
        product="postgresql",
        describes="18",
    ),
    Guide(
        id="postgresql-pg-dump",
        title="PostgreSQL: pg_dump",
        url="https://www.postgresql.org/docs/current/app-pgdump.html",
        product="postgresql",
        describes="18",
    ),
    Guide(
        id="postgresql-logical-replication",
        title="PostgreSQL: Logical Replication",
        url="https://www.postgresql.org/docs/current/logical-replication.html",
        product="postgresql",
        describes="18",
    ),
    Guide(
        id="mysql-upgrading",
        title="MySQL Upgrade Documentation",
        url="https://dev.mysql.com/doc/refman/8.0/en/upgrading.html",
        product="mysql",
        describes="8.0",
    ),
    Guide(
        id="mysql-mysqldump",
        title="MySQL: mysqldump",
        url="https://dev.mysql.com/doc/refman/8.0/en/mysqldump.html",
        product="mysql",
        describes="8.0",
    ),
    Guide(
        id="mongodb-data-migration",
        title="MongoDB Migration Best Practices",
        url="https://www.mongodb.com/docs/manual/core/data-migration/",
        product="mongodb",
        describes=None,
    ),
    Guide(
        id="mongodb-mongodump",
        title="MongoDB: mongodump",
        url="https://www.mongodb.com/docs/database-tools/mongodump/",
        product="mongodb",
        describes=None,
    ),
    Guide(
        id="aws-dms",
        title="AWS DMS Best Practices",
        url="https://docs.aws.amazon.com/dms/latest/userguide/CHAP_BestPractices.html",
        product="aws",
        describes=None,
    ),
)

# MariaDB split from MySQL at 5.5 and numbers its versions alone, so MySQL's guide says nothing about its age.
MARIADB_NOTE = "MySQL's guide is used for MariaDB, whose versions it doesn't describe."


def cite(engine: str, version: str | None) -> list[Citation]:
    """The guides used for a database, each with a note where it is older than that version or names none.

    An engine for which the specification names no guide (SQLite) gives an empty list: its rules are our own, and
    `uncited` says so. Platforms are engines here too: cite("aws", None).
    """
    product = "mysql" if engine == "mariadb" else engine
    used_for = f"{engine} {version}" if version else engine
    return [
        Citation(**guide.model_dump(), used_for=used_for, note=_note(guide, engine, version))
        for guide in GUIDES
        if guide.product == product
    ]


def uncited(engine: str) -> str | None:
    """The sentence that says that no guide stands behind an engine's rules; None where there is one."""
    if cite(engine, None):
        return None
    return f"The specification names no guide for {engine}; what is done with it rests on what was measured."


def _note(guide: Guide, engine: str, version: str | None) -> str | None:
    if engine == "mariadb":
        return MARIADB_NOTE
    if guide.describes is None:
        return f"The guide names no version; whether it covers {engine} {version or 'of unknown version'} is not said."
    if version is None:
        return None
    if _numbers(version, len(guide.describes.split("."))) > _numbers(guide.describes, None):
        return f"The guide describes {guide.product} {guide.describes} and is older than {engine} {version}."
    return None


def _numbers(version: str, parts: int | None) -> tuple[int, ...]:
    found: list[int] = []
    for part in version.split(".")[:parts]:
        digits = "".join(c for c in part if c.isdigit())
        if not digits:
            break
        found.append(int(digits))
    return tuple(found)
