"""Bytes of a text that stayed out of a MariaDB, as its server reads them in the character set of their column."""

from __future__ import annotations

import json
from contextlib import closing

import pytest

from conversion.mapping import ColumnMapping, TableMapping
from engines.mysql.snapshot import MysqlSnapshot
from tests.servers import MysqlServer
from transfer.moveplan import ChunkKey
from transfer.quarantined import Quarantined
from transfer.routes.mysql_own_texts import OwnTexts

WHOLE = ChunkKey(kind="whole")
PACKET = 16_777_216


@pytest.mark.parametrize(
    ("charset", "digits", "place", "kept"),
    [
        ("ascii", "4142", "AB", {"text": "AB"}),
        ("ascii", "80414180", "?AA?", {"hex": "80414180"}),
        ("sjis", "8341", "ア", {"text": "ア"}),
        ("sjis", "83", "?", {"hex": "83"}),
        ("ujis", "8fa1", "??", {"hex": "8fa1"}),
        ("cp932", "fa54", "￢", {"hex": "fa54"}),
        ("latin1", "e981", "é\x81", {"text": "é\x81"}),
    ],
)
def test_bytes_are_told_as_a_text_where_they_are_one(
    charset: str, digits: str, place: str, kept: dict[str, str], mariadb: MysqlServer
) -> None:
    column = ColumnMapping(source="a", target="a", source_type="text", target_type="text", route="identity", reason="")
    table = TableMapping(source="s.t", target="t.t", columns=[column], key=[])
    original = json.dumps({"class": "text", "hex": digits})
    entry = Quarantined(json.dumps([digits, 0]), "a", "[]", "why", "null", original)
    with closing(MysqlSnapshot(mariadb.admin, "test")) as snapshot:
        [found] = OwnTexts(snapshot, table, WHOLE, {"a": charset}, PACKET).of([entry])
    assert json.loads(found.locator) == [place, 0]
    assert json.loads(found.original) == {"class": "text", **kept}
