"""Whether a contract is whole and every figure in it says where it came from."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from agent.contract_model import Contract, EvidenceEntry

__all__ = [
    "Contract",
    "EvidenceEntry",
    "contract_schema",
    "explain_gaps",
    "uncovered_numbers",
    "unexplained_gaps",
    "validate_contract",
]

PARTS = ("assessment", "plan", "execution", "validation", "documentation")
SKIPPED = "/validation/reconciliation_results/checksum_validation"


def uncovered_numbers(contract: Contract) -> list[str]:
    """JSON pointers of the numbers that no evidence entry covers, or that one calls `not_run`; audit apart."""
    return [
        pointer
        for pointer, value in _leaves(contract)
        if _is_number(value) and _cover(contract.audit.evidence, pointer) in (None, "not_run")
    ]


def unexplained_gaps(contract: Contract) -> list[str]:
    """JSON pointers of the fields of the specification that are null (or skipped) without a `not_run` entry."""
    return [p for p in _gaps(contract) if _cover(contract.audit.evidence, p) != "not_run"]


def explain_gaps(contract: Contract, detail: str) -> Contract:
    """The contract with a `not_run` entry, and this detail, for every gap that had none."""
    added = {pointer: EvidenceEntry(source="not_run", detail=detail) for pointer in unexplained_gaps(contract)}
    evidence = {**contract.audit.evidence, **added}
    return contract.model_copy(update={"audit": contract.audit.model_copy(update={"evidence": evidence})})


def validate_contract(data: dict[str, Any]) -> list[str]:
    """What is wrong with a contract as written: shape, missing fields, figures and gaps without evidence.

    Empty when all is well. The shape is checked in strict mode: "12" is no number, 1 is no boolean.
    """
    try:
        contract = Contract.model_validate_json(json.dumps(data), strict=True)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        return [f"/{'/'.join(str(part) for part in e['loc'])}: {e['msg']}" for e in found]
    except (TypeError, ValueError) as error:
        return [f"not JSON: {error}"]
    whole = contract.model_dump(mode="json")
    return [
        *(f"{pointer}: missing" for pointer in _missing(whole, data, "")),
        *(f"{pointer}: a number without evidence" for pointer in uncovered_numbers(contract)),
        *(f"{pointer}: empty, and no evidence says not_run" for pointer in unexplained_gaps(contract)),
    ]


def contract_schema() -> dict[str, Any]:
    """JSON Schema of a contract as written: every field required, the ones of parts that may not run nullable."""
    schema = Contract.model_json_schema(mode="serialization")
    for part in (schema, *schema["$defs"].values()):
        if part.get("type") == "object" and "properties" in part:
            part["required"] = list(part["properties"])
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _leaves(contract: Contract) -> Iterator[tuple[str, Any]]:
    data = contract.model_dump(mode="json", exclude={"audit"})
    yield from _walk(data, "")


def _gaps(contract: Contract) -> Iterator[str]:
    """Null fields of the specification's own models; what a skill put into its own output is its own business."""
    for part in PARTS:
        yield from _null_fields(getattr(contract, part), f"/{part}")
    if contract.validation.reconciliation_results.checksum_validation == "skipped":
        yield SKIPPED


def _null_fields(model: Any, pointer: str) -> Iterator[str]:
    for name in type(model).model_fields:
        value, here = getattr(model, name), f"{pointer}/{name}"
        if value is None:
            yield here
        elif hasattr(type(value), "model_fields"):
            yield from _null_fields(value, here)


def _walk(value: Any, pointer: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _walk(inner, f"{pointer}/{_escape(str(key))}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _walk(inner, f"{pointer}/{index}")
    else:
        yield pointer, value


def _escape(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")


def _cover(evidence: Mapping[str, EvidenceEntry], pointer: str) -> str | None:
    """The source of the longest entry at or above a pointer (RFC 6901)."""
    while pointer:
        if pointer in evidence:
            return evidence[pointer].source
        pointer = pointer.rpartition("/")[0]
    return None


def _missing(whole: Any, given: Any, pointer: str) -> Iterator[str]:
    if isinstance(whole, dict) and isinstance(given, dict):
        for key, inner in whole.items():
            here = f"{pointer}/{_escape(key)}"
            if key not in given:
                yield here
            else:
                yield from _missing(inner, given[key], here)
