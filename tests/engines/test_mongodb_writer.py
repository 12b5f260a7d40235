from typing import Any

import pytest
from bson import Regex
from bson.raw_bson import RawBSONDocument

from engines.errors import Aborted, DbmoError
from engines.grant import Grant
from engines.mongodb.bson_exact import encode
from engines.mongodb.database import MongodbDatabase
from engines.mongodb.writer import MongodbWriter
from tests.servers_mongodb import MongodbServer


@pytest.fixture
def writer(empty_mongodb: str) -> Any:
    reader = MongodbDatabase(empty_mongodb, "shown")
    grant = Grant("m", reader.identity, "hash", scratch=True)
    reader.close()
    opened = MongodbWriter(empty_mongodb, "shown", grant)
    yield opened
    opened.close()


def test_a_grant_for_another_database_opens_nothing(empty_mongodb: str) -> None:
    with pytest.raises(Aborted, match="GRANT_FOR_ANOTHER_TARGET"):
        MongodbWriter(empty_mongodb, "shown", Grant("m", "mongodb:other:db", "hash"))


def test_documents_are_written_byte_for_byte(writer: MongodbWriter) -> None:
    document = {"_id": {"b": 1, "a": 2}, "r": Regex("^a", "i"), "z": [1, 2.0, None], "a": -0.0}
    loaded = writer.insert("c", [document])
    assert (loaded.rows, loaded.bytes) == (1, len(encode(document)))
    assert list(writer.read_documents("c")) == [encode(document)]


def test_documents_without_a_key_get_one(writer: MongodbWriter) -> None:
    assert writer.insert("c", ({"n": n} for n in range(1_001))).rows == 1_001
    assert writer.count_documents("c") == 1_001


def test_a_transaction_that_fails_leaves_nothing(writer: MongodbWriter, mongodb: MongodbServer) -> None:
    writer.run_command('{"create": "c"}')
    with pytest.raises(RuntimeError), writer.transaction() as session:
        writer.insert("c", [{"_id": 1}], session)
        raise RuntimeError
    with writer.transaction() as session:
        writer.insert("c", [{"_id": 2}], session)
    assert [RawBSONDocument(raw)["_id"] for raw in writer.read_documents("c")] == [2]


@pytest.mark.parametrize("text", ['{"dropDatabase": 1}', "[]", "DROP TABLE c", '{"insert": "c"}'])
def test_only_commands_of_schemas_run(writer: MongodbWriter, text: str) -> None:
    with pytest.raises(DbmoError) as caught:
        writer.run_command(text)
    assert caught.value.code == "NOT_A_COMMAND"


def test_a_key_twice_is_an_error_with_a_code(writer: MongodbWriter) -> None:
    with pytest.raises(DbmoError) as caught:
        writer.insert("c", [{"_id": 1}, {"_id": 1}])
    assert caught.value.code == "DOCUMENT_REFUSED"
