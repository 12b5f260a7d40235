"""dbmo skill, skills and schema: the skills by themselves, and the schemas of what goes in and out."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from engines.connection import parse
from engines.errors import EXIT_CHECK_FAILED, EXIT_DONE, UsageError


def skills(options: argparse.Namespace) -> int:
    """A line per skill."""
    from skills.registry import all_skills

    for skill in all_skills().values():
        sys.stdout.write(f"{skill.name}\n    {skill.description}\n")
    return EXIT_DONE


def schema(options: argparse.Namespace) -> int:
    """A JSON Schema on stdout."""
    if options.what == "contract":
        from agent.contract import contract_schema

        found: dict[str, Any] = contract_schema()
    elif options.what == "request":
        from agent.request import request_schema

        found = request_schema()
    else:
        from skills.registry import get_skill

        if options.name is None:
            raise UsageError("NAME_MISSING", "`dbmo schema skill` needs a skill's name.", "`dbmo skills` lists them.")
        skill = get_skill(options.name)
        found = {"input": skill.input.model_json_schema(), "output": skill.output.model_json_schema()}
    sys.stdout.write(json.dumps(found, indent=2) + "\n")
    return EXIT_DONE


def skill(options: argparse.Namespace) -> int:
    """Run one skill on JSON; 1 when it is the validator and something differs."""
    from engines.registry import open_database
    from skills.context import SkillContext
    from skills.registry import get_skill

    found = get_skill(options.name)
    data = _read(options.input)
    given = checked_input(found.name, data)
    with ExitStack() as stack:
        context = SkillContext()
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="dbmo-"))
        context.workspace = Path(folder)
        context.scratch = f"embedded:{folder}/server"
        for side in ("source", "target"):
            url = _url(data, side)
            if url is not None and not _is_new_file(url):
                setattr(context, side, stack.enter_context(_closing(open_database(url))))
        output = found.run(given, context)
        sys.stdout.write(output.model_dump_json(indent=2) + "\n")
        _stop_scratch(Path(folder) / "server")
    return EXIT_CHECK_FAILED if getattr(output, "equal", True) is False else EXIT_DONE


def checked_input(name: str, data: Any) -> Any:
    """A skill's input from plain data; INPUT_INVALID where it isn't one."""
    from pydantic import ValidationError

    from skills.registry import get_skill

    try:
        return get_skill(name).input.model_validate(data)
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_input=False))
        raise UsageError(
            "INPUT_INVALID", f"The input of {name} is wrong: {wrong}.", f"See: dbmo schema skill {name}"
        ) from None


def _url(data: Any, side: str) -> str | None:
    names = ("source", "database") if side == "source" else ("target",)
    for name in names:
        part = data.get(name)
        if isinstance(part, dict) and isinstance(part.get("url"), str):
            return str(part["url"])
    return None


def _is_new_file(url: str) -> bool:
    reference = parse(url)
    return reference.engine == "sqlite" and not reference.sqlite_path.exists()


def _closing(database: Any) -> Any:
    from contextlib import closing

    return closing(database)


def _stop_scratch(folder: Path) -> None:
    if folder.exists():
        from engines.embedded import open_embedded

        open_embedded(folder).stop()


def _read(path: str) -> Any:
    try:
        data = json.loads(sys.stdin.read() if path == "-" else Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(
            "INPUT_UNREADABLE", f"The input can't be read as JSON: {error}.", "Give a JSON file, or - for stdin."
        ) from error
    if not isinstance(data, dict):
        raise UsageError("INPUT_UNREADABLE", "The input is not a JSON object.", "See: dbmo schema skill NAME")
    return data
