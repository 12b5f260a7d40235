"""Databases that may be lost, made and dropped on a MongoDB server that a person named for it."""

from __future__ import annotations

import hashlib
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from engines.connection import parse, secret
from engines.mongodb.errors import translate_error

PREFIX = "dbmo_scratch"


def scratch_name(owner: str, name: str) -> str:
    """The database's name: no other migration's, and none that a person would choose; under 64 bytes."""
    return f"{PREFIX}_{hashlib.sha256(owner.encode()).hexdigest()[:12]}_{name}"


def fresh_database(server: str, owner: str, name: str) -> str:
    """Drop what an earlier run left under the name; its reference. MongoDB makes databases when they are written to."""
    drop_database(server, owner, name)
    return urlunsplit(urlsplit(server)._replace(path=f"/{scratch_name(owner, name)}"))


def drop_database(server: str, owner: str, name: str) -> None:
    """Drop the database of fresh_database(), where it is there."""
    reference = parse(server)
    try:
        with MongoClient[Any](secret(reference), appname="dbmo") as client:
            client.drop_database(scratch_name(owner, name))
    except PyMongoError as error:
        raise translate_error(error, reference.display) from error
