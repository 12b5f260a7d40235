"""Documents that can't go over, written down with their _id and what they are."""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Mapping
from typing import Any

from conversion.documents.extended_json import canonical
from engines.errors import Aborted, DbmoError
from engines.families import family
from engines.mongodb.bson_exact import decode, id_bytes
from transfer.moveplan import Policy, Unholdable
from transfer.quarantined import Quarantined

LONGEST_ORIGINAL = 2_000_000  # bytes of a document that is kept whole; of a larger one size and digest
PACKET_MARGIN, MARGIN_PART = 65_536, 4  # of max_allowed_packet, for the rest of the statement; of a small one a part


class Withheld:
    """Documents of one collection that are set aside whole; found: as the state keeps them."""

    def __init__(self, name: str, policies: Mapping[Unholdable, Policy]) -> None:
        self.name, self.policies = name, policies
        self.found: list[Quarantined] = []

    def add(self, kind: Unholdable, raw: bytes, reason: str) -> None:
        """Set a document aside; Aborted VALUE_NOT_HOLDABLE where the policy of its kind is to stop."""
        key = key_of(raw)
        if self.policies.get(kind) == "stop":
            raise Aborted(
                "VALUE_NOT_HOLDABLE",
                f"{self.name} {key}: {reason}; the plan says to stop.",
                f"Mend the document in the source, or allow another policy (options.policies.{kind}); plan again.",
            )
        original = json.dumps({"": original_of(raw)})
        self.found.append(Quarantined(json.dumps([key]), "", key, reason, "row_withheld", original))


def key_of(raw: bytes) -> str:
    """The _id of a document as Extended JSON, read without the rest of it; `unknown` where there is none."""
    try:
        return canonical(decode(id_bytes(raw))["_id"])
    except (DbmoError, ValueError, KeyError, IndexError, struct.error):  # the reason is told beside the key
        return "unknown"


def original_of(raw: bytes) -> dict[str, Any]:
    """The bytes of a document; of a long one how many, and their SHA-256."""
    if len(raw) <= LONGEST_ORIGINAL:
        return {"class": "blob", "hex": raw.hex()}
    return {"class": "blob", "bytes": len(raw), "sha256": hashlib.sha256(raw).hexdigest()}


def widest_row(writer: Any) -> int | None:
    """Bytes of the largest row that the target's server takes in a packet; None where there is no such limit."""
    if family(writer.engine) != "mysql":
        return None
    ((packet,),) = writer.query("SELECT @@GLOBAL.max_allowed_packet")
    return int(packet) - min(PACKET_MARGIN, int(packet) // MARGIN_PART)
