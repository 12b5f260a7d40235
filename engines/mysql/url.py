"""References to MySQL and MariaDB as the driver's arguments."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from engines.errors import UsageError

PORT = 3306
CONNECT_SECONDS = 10
# the modes of the mysql client's --ssl-mode; without one TLS is used where the server has it
SSL_MODES: dict[str, dict[str, Any]] = {
    "DISABLED": {"ssl_disabled": True},
    "PREFERRED": {},
    "REQUIRED": {"ssl": {"verify_mode": False}},
    "VERIFY_CA": {"ssl_verify_cert": True},
    "VERIFY_IDENTITY": {"ssl_verify_cert": True, "ssl_verify_identity": True},
}
FILES = {"ssl_ca": "ssl_ca", "ssl_cert": "ssl_cert", "ssl_key": "ssl_key", "sslpassword": "ssl_key_password"}
KNOWN = {"unix_socket", "socket", "ssl_mode", "connect_timeout", "password", "charset", *FILES}


def arguments(url: str) -> dict[str, Any]:
    """What pymysql.connect() is given for `mysql://user:password@host:port/database?options`.

    Options: unix_socket, ssl-mode (as of the mysql client), ssl-ca, ssl-cert, ssl-key, sslpassword, connect_timeout in
    seconds, password; `-` and `_` are one. The connection speaks utf8mb4 whatever charset says. UsageError URL_INVALID
    where it can't be read.
    """
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname
    except ValueError as error:
        raise _invalid(str(error)) from error
    options = {name.replace("-", "_").lower(): value for name, value in parse_qsl(parts.query)}
    unknown = sorted(options.keys() - KNOWN)
    if unknown:
        raise _invalid(f"the option {', '.join(unknown)} is not known")
    found: dict[str, Any] = {
        "user": unquote(parts.username or "") or None,
        # the driver would write a text in Latin-1
        "password": (options.get("password") or unquote(parts.password or "")).encode(),
        "host": host or "localhost",
        "port": port or PORT,
        "database": unquote(parts.path.lstrip("/")) or None,
        "charset": "utf8mb4",
        "connect_timeout": _seconds(options.get("connect_timeout")),
    }
    place = options.get("unix_socket") or options.get("socket")
    if place:
        found["unix_socket"] = place
    return found | _tls(options)


def _tls(options: dict[str, str]) -> dict[str, Any]:
    mode = options.get("ssl_mode", "VERIFY_CA" if "ssl_ca" in options else "PREFERRED").upper()
    if mode not in SSL_MODES:
        raise _invalid(f"ssl-mode is one of {', '.join(SSL_MODES)}")
    files = {argument: options[name] for name, argument in FILES.items() if name in options}
    if mode == "REQUIRED" and files:
        return files | {"ssl_verify_cert": False}
    return dict(SSL_MODES[mode]) | ({} if mode == "DISABLED" else files)


def _seconds(text: str | None) -> int:
    if text is None:
        return CONNECT_SECONDS
    if not text.isdigit() or not 0 < int(text) <= 31_536_000:
        raise _invalid("connect_timeout is a number of seconds")
    return int(text)


def _invalid(why: str) -> UsageError:
    return UsageError(
        "URL_INVALID",
        f"The reference to MySQL can't be used: {why}.",
        "Write it as mysql://user@host:port/database?ssl-mode=REQUIRED.",
    )
