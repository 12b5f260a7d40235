"""A MongoDB target fails in the midst of its bulks, as its own failpoint does it: nothing is lost, nothing doubled."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.errors import OperationFailure

from tests.faults.pairs import FIRST, Places, arrived, moved
from tests.servers_mongodb import secantus

TRANSIENT = {"errorLabels": ["TransientTransactionError"]}
SLOW_MAJORITY = {"writeConcernError": {"code": 64, "errmsg": "waiting for replication timed out"}}
# command, how it fails, how often; numbers: src/mongo/base/error_codes.yml
FAILURES: dict[str, tuple[str, dict[str, Any], int]] = {
    "the connection closes": ("insert", {"closeConnection": True}, 1),
    "not the primary any more": ("insert", {"errorCode": 10107}, 1),
    "stepped down in a transaction": ("insert", {"errorCode": 189, **TRANSIENT}, 3),
    "shutting down": ("insert", {"errorCode": 91, **TRANSIENT}, 2),
    "a write conflict": ("insert", {"errorCode": 112, **TRANSIENT}, 3),
    "too slow": ("insert", {"errorCode": 50}, 2),
    "shutting down at the commit": ("commitTransaction", {"errorCode": 91}, 3),
    "a commit's connection closes": ("commitTransaction", {"closeConnection": True}, 3),
    "a majority that is too slow": ("commitTransaction", SLOW_MAJORITY, 3),
    "the state can't be read": ("find", {"closeConnection": True}, 3),
}
IN_SUITE = ("the connection closes", "a majority that is too slow")


@contextmanager
def failing(url: str, command: str, how: dict[str, Any], times: int, after: int) -> Iterator[None]:
    """The server fails so many of the product's commands, behind the first ones."""
    with MongoClient[Any](url) as client:
        data = {"failCommands": [command], "appName": "dbmo", **how}
        try:
            client.admin.command("configureFailPoint", "failCommand", mode={"skip": after, "times": times}, data=data)
        except OperationFailure as error:
            pytest.skip(f"the server has no failpoints: start it with enableTestCommands ({error})")
        try:
            yield
        finally:
            client.admin.command("configureFailPoint", "failCommand", mode="off")


@pytest.mark.parametrize(
    "failure", [pytest.param(name, marks=() if name in IN_SUITE else pytest.mark.soak) for name in FAILURES]
)
def test_what_failed_is_done_again(request: pytest.FixtureRequest, tmp_path: Path, failure: str) -> None:
    command, how, times = FAILURES[failure]
    move = Places(request, tmp_path).move("sqlite", "mongodb")
    with failing(move.target, command, how, times, after=6):
        move.run()
    assert arrived(move) == FIRST
    assert set(move.copies()) == {1}


@pytest.mark.soak
@pytest.mark.parametrize("failure", [name for name, (command, _, _) in FAILURES.items() if command == "insert"])
def test_what_failed_on_a_standalone_server_is_done_again(
    request: pytest.FixtureRequest, tmp_path: Path, failure: str
) -> None:
    """It has no transactions: documents of the attempt before are there in part."""
    command, how, times = FAILURES[failure]
    how = {name: value for name, value in how.items() if name != "errorLabels"}
    with secantus(tmp_path / "standalone", replica_set_name=None) as uri:
        move = moved(Places(request, tmp_path).filled("sqlite"), f"{uri.rstrip('/')}/test")
        with failing(move.target, command, how, times, after=6):
            move.run()
        assert arrived(move) == FIRST
        assert set(move.copies()) == {1}
