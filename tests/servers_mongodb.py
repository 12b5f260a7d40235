"""A server that speaks MongoDB's protocol: the one at DBMO_TEST_MONGODB_URL, else SecantusDB."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
from pymongo import MongoClient


@dataclass
class MongodbServer:
    """A running server and a client of it; real: no emulator, so that every kind of index exists."""

    uri: str
    client: MongoClient[Any]
    real: bool
    made: list[str] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def url(self, database: str) -> str:
        """A reference to that database, as a request would have it."""
        return urlunsplit(urlsplit(self.uri)._replace(path=f"/{database}"))

    def new_name(self) -> str:
        """A name that no database has; it is dropped at the end."""
        name = f"test_{os.getpid()}_{next(self._numbers)}"
        self.made.append(name)
        return name


@contextmanager
def secantus(folder: Path, **settings: Any) -> Iterator[str]:
    """A SecantusDB whose data are in that folder; its URI."""
    server_class = pytest.importorskip("secantus", reason="MongoDB's protocol is served by secantusdb").SecantusDBServer
    with server_class(storage_path=str(folder), cache_size="64M", **settings) as server:
        yield server.uri


@pytest.fixture(scope="session")
def mongodb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MongodbServer]:
    """The MongoDB server of the tests; databases that tests made are dropped."""
    real = os.environ.get("DBMO_TEST_MONGODB_URL")
    if real:
        with MongoClient[Any](real) as client:
            server = MongodbServer(real, client, True)
            yield server
            for name in server.made:
                client.drop_database(name)
        return
    with secantus(tmp_path_factory.mktemp("mongodb")) as uri, MongoClient[Any](uri) as client:
        yield MongodbServer(uri, client, False)


@pytest.fixture
def empty_mongodb(mongodb: MongodbServer) -> str:
    """URL of a database that doesn't exist yet."""
    return mongodb.url(mongodb.new_name())
