"""How a cassette is written and compared: readable, without secrets, and only equal to what is really asked."""

from __future__ import annotations

import difflib
import hashlib
import json
import os
import re
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from vcr.request import Request  # here, and inside functions: pytest-recording must be the first to load vcr

API = "https://api.anthropic.com"
CASSETTES = Path(__file__).resolve().parents[1] / "cassettes"
KEPT = {  # everything else is dropped, on both sides: keys, cookies, organizations, hosts
    "request": frozenset({"anthropic-version", "anthropic-beta", "content-type"}),
    "response": frozenset({"content-type", "retry-after", "retry-after-ms", "x-should-retry"}),
}
SECRET_VARIABLES = ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN")
SECRET_SHAPES = (re.compile(r"sk-[A-Za-z0-9_-]{3,}"), re.compile(r"Bearer\s+\S+"))
OWN = (tempfile.gettempdir(), str(Path.home()), str(CASSETTES.parent))
FOLDERS = (*OWN, "/tmp", "/dev/shm", "/home", "/Users", "/root")
# What differs between two machines or two runs, and decides nothing.
VOLATILE = (
    (re.compile(rf"(?:{'|'.join(map(re.escape, FOLDERS))})/[^\s\"'\\<>]*"), "<path>"),
    (re.compile(r"\b(?:127\.0\.0\.1|localhost):\d+\b"), "<host>"),
    (re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:[+-]\d\d:\d\d|Z)?"), "<time>"),
)
SHOWN = 30  # lines of a difference


def scrub_request(request: Request) -> Request:
    """A request as it may be kept: the API's own address, few headers, no secret and nothing of this machine."""
    request.uri = API + request.path
    request.headers = _kept(request.headers, "request")
    request.body = _pretty(scrubbed(_text(request.body)))
    return request


def scrub_response(response: dict[str, Any]) -> dict[str, Any]:
    """The same for what came back."""
    response["headers"] = _kept(response["headers"], "response")
    body = response["body"]["string"]
    response["body"]["string"] = scrubbed(_text(body)).encode()
    return response


def scrubbed(text: str) -> str:
    """Text without secrets and without what differs between machines."""
    for secret in (os.environ.get(name, "").strip() for name in SECRET_VARIABLES):
        if len(secret) >= 8:
            text = text.replace(secret, "<secret>")
    for shape in SECRET_SHAPES:
        text = shape.sub("<secret>", text)
    for shape, instead in VOLATILE:
        text = shape.sub(instead, text)
    return text


def same_body(asked: Request, recorded: Request) -> None:
    """Equal JSON; AssertionError with the lines that differ."""
    new, old = (_pretty(scrubbed(_text(request.body))) for request in (asked, recorded))
    if new != old:
        lines = list(difflib.unified_diff(old.splitlines(), new.splitlines(), "recorded", "asked", n=1, lineterm=""))
        raise AssertionError("\n".join(line[:400] for line in lines[:SHOWN]))


def prompt_hash(requests: Iterable[Request]) -> str:
    """sha256 over system and tools of every request in order: what a changed prompt changes."""
    bodies = [json.loads(_text(request.body) or "{}") for request in requests]
    told = json.dumps([[body.get("system"), body.get("tools")] for body in bodies], sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()


class Shelf:
    """Reads and writes cassettes: the provenance first, bodies as readable blocks."""

    @staticmethod
    def load_cassette(path: str, serializer: Any) -> Any:
        """Requests, responses and provenance."""
        from vcr.persisters.filesystem import CassetteNotFoundError
        from vcr.serialize import deserialize

        if not Path(path).is_file():
            raise CassetteNotFoundError(path)
        return deserialize(Path(path).read_text(encoding="utf-8"), serializer)

    @staticmethod
    def save_cassette(path: str, data: dict[str, Any], serializer: Any) -> None:
        """One file; the hash of its prompts is added here, where all requests are known."""
        from vcr.serializers import compat

        requests = data["requests"]
        interactions = [
            {"request": compat.convert_to_unicode(asked._to_dict()), "response": compat.convert_to_unicode(answer)}
            for asked, answer in zip(requests, data["responses"], strict=True)
        ]
        metadata = {**data.get("metadata", {}), "prompts": prompt_hash(requests)}
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        whole = {"metadata": metadata, "version": 1, "interactions": interactions}
        Path(path).write_text(yaml.dump(whole, Dumper=_Readable, sort_keys=False, width=1_000), encoding="utf-8")


def read(path: Path) -> tuple[list[Request], list[dict[str, Any]], dict[str, str]]:
    """Requests, responses and provenance of a cassette."""
    from vcr.serialize import deserialize
    from vcr.serializers import yamlserializer

    requests, responses, *metadata = deserialize(path.read_text(encoding="utf-8"), yamlserializer)
    return requests, responses, metadata[0] if metadata else {}


class _Readable(yaml.SafeDumper):
    """Text of several lines as a block."""


def _block(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Readable.add_representer(str, _block)


def _kept(headers: Any, side: str) -> dict[str, Any]:
    return {name.lower(): value for name, value in dict(headers).items() if name.lower() in KEPT[side]}


def _text(body: Any) -> str:
    return bytes(body).decode() if isinstance(body, bytes | bytearray) else str(body or "")


def _pretty(text: str) -> str:
    """JSON with its keys in order, one field a line; other text as it is."""
    try:
        return json.dumps(json.loads(text), indent=1, sort_keys=True, ensure_ascii=False)
    except ValueError:
        return text
