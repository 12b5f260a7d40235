"""The only place where a connection reference becomes a secret.

References: `sqlite:///file.db` or `sqlite:file.db`, `postgresql://user@host:port/database?options`,
`mysql://` (or `mariadb://`) and `mongodb://` likewise, and `embedded:folder[?database=name]` for the PostgreSQL that
comes with the program. `${NAME}` is replaced from the
environment when the connection opens, never before.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from engines.errors import UsageError

VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
SCHEMES = {
    "sqlite": "sqlite", "postgresql": "postgresql", "postgres": "postgresql", "embedded": "postgresql",
    "mysql": "mysql", "mariadb": "mysql", "mongodb": "mongodb", "mongodb+srv": "mongodb",
}  # fmt: skip
SECRET_OPTIONS = {"password", "sslpassword", "passfile"}
_REDACTED: set[str] = set()


@dataclass(frozen=True)
class Reference:
    """A reference as it stands in a request: engine, and text that people may see."""

    text: str
    engine: str

    @property
    def display(self) -> str:
        """The text without a password."""
        return re.sub(r"(://[^:/@]*):[^@]*@", r"\1:***@", self.text)

    @property
    def embedded_folder(self) -> Path | None:
        """The folder of an embedded server, None for every other reference."""
        if not self.text.startswith("embedded:"):
            return None
        return Path(self.text.removeprefix("embedded:").split("?")[0])

    @property
    def embedded_database(self) -> str:
        """The database asked for in an embedded server."""
        _, _, query = self.text.partition("?")
        return dict(parse_qsl(query)).get("database", "target")

    @property
    def sqlite_path(self) -> Path:
        """The file of a SQLite reference, its variables replaced."""
        rest = _expand(self.text).split(":", 1)[1]
        if rest.startswith("///"):
            rest = rest[3:]
        elif rest.startswith("//"):
            rest = rest[2:]
        return Path(unquote(rest.split("?")[0]))


def parse(text: str) -> Reference:
    """Check a reference without opening it; UsageError for an unknown engine or a literal password."""
    whole = VARIABLE.fullmatch(text)
    scheme = text.split(":", 1)[0] if ":" in text and not whole else ""
    if whole:
        scheme = _expand(text).split(":", 1)[0]
    if scheme not in SCHEMES:
        raise UsageError(
            "UNSUPPORTED_ENGINE",
            f"The reference {_shown(text)} names no engine that this version knows.",
            "Use sqlite:, postgresql:, mysql:, mongodb: or embedded: (docs/unsupported.md lists the others).",
        )
    if not whole:
        _refuse_literal_password(text)
    return Reference(text, SCHEMES[scheme])


def secret(reference: Reference) -> str:
    """The reference with its variables replaced, as a driver wants it; remembered for redaction."""
    value = _expand(reference.text)
    parts = urlsplit(value)
    for found in (parts.password, *(v for k, v in parse_qsl(parts.query) if k in SECRET_OPTIONS)):
        if found:
            _REDACTED.update({found, unquote(found)})
    return value


def remember_secret(value: str) -> None:
    """Let redact() hide a secret that stands in no reference; under 8 characters it is a placeholder, and none."""
    if len(value) >= 8:
        _REDACTED.add(value)


def redact(text: str) -> str:
    """The text with every secret that was resolved in this process replaced by ***."""
    for found in sorted(_REDACTED, key=len, reverse=True):
        text = text.replace(found, "***")
    return re.sub(r"(\b\w+://[^:/@\s]*):[^@\s]+@", r"\1:***@", text)


def _expand(text: str) -> str:
    missing = sorted({name for name in VARIABLE.findall(text) if name not in os.environ})
    if missing:
        raise UsageError(
            "VARIABLE_NOT_SET",
            f"The environment has no {', '.join(missing)}.",
            "Set the variable that the request's url refers to, then run the same command again.",
            variables=missing,
        )
    literal = sorted({name for name in VARIABLE.findall(text) if VARIABLE.search(os.environ[name])})
    if literal:
        raise UsageError(
            "VARIABLE_UNEXPANDED",
            f"The variable {', '.join(literal)} holds the name of a variable instead of its value.",
            "Set the variable that it refers to before the program is started that passes it on.",
            variables=literal,
        )
    return VARIABLE.sub(lambda match: os.environ[match[1]], text)


def _refuse_literal_password(text: str) -> None:
    try:
        parts = urlsplit(VARIABLE.sub("variable", text))
        written = urlsplit(text)
        options = dict(parse_qsl(written.query))
        password = written.password if parts.password is not None else None
    except ValueError as error:
        raise UsageError(
            "URL_INVALID",
            f"The reference {_shown(text)} can't be read.",
            "Write it as engine://user@host:port/database.",
        ) from error
    literal = password is not None and password != "" and not VARIABLE.fullmatch(password)
    hidden = [k for k in SECRET_OPTIONS - {"passfile"} if options.get(k) and not VARIABLE.fullmatch(options[k])]
    if literal or hidden:
        raise UsageError(
            "LITERAL_PASSWORD",
            f"The reference {_shown(text)} holds a password in plain text.",
            "Put it into an environment variable and write ${NAME} in its place.",
        )


def _shown(text: str) -> str:
    shown = re.sub(r"(://[^:/@]*):[^@]*@", r"\1:***@", text)
    return re.sub(r"((?:ssl)?password=)[^&]*", r"\1***", shown)
