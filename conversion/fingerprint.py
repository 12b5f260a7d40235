"""One hash for the schema of a database: the same as long as no object of it changed."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from engines.catalog import Catalog

# What moves without a schema change: counts, sizes, states of sequences, and what the server or session is set to.
LEFT_OUT = {
    "rows",
    "rows_exact",
    "size_bytes",
    "last_value",
    "is_called",
    "next_value",
    "settings",
    "version",
    "database",
    "privileges",
    "documents",
    "documents_exact",
    "fields",
    "scanned",
    "sampling_error",
    "unseen",
    "untracked",
    "order_varies",
}


def fingerprint(catalog: Catalog) -> str:
    """sha256 of the catalog as canonical JSON, 64 hexadecimal digits."""
    plain = _cleaned(catalog.model_dump(mode="json"))
    for name in ("tables", "views", "sequences", "types", "routines", "extensions"):
        plain[name] = sorted(plain[name], key=lambda item: json.dumps(item, sort_keys=True))
    plain["schemas"] = sorted(plain["schemas"])
    text = json.dumps(plain, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _cleaned(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _cleaned(item) for name, item in value.items() if name not in LEFT_OUT}
    return [_cleaned(item) for item in value] if isinstance(value, list) else value
