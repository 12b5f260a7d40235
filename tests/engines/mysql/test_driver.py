"""Connections take TLS where the server has it, and prepare for it once."""

import tempfile
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pymysql
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from engines.mysql.driver import opened, preferred
from engines.mysql.url import arguments
from tests.mysql_servers import MysqlServer, private_mariadb

CIPHER = "SHOW SESSION STATUS LIKE 'Ssl_cipher'"


def cipher(url: str) -> str:
    with closing(opened(**arguments(url))) as connection, connection.cursor() as cursor:
        assert "ssl" in url or connection.ctx is preferred()
        cursor.execute(CIPHER)
        return str(cursor.fetchone()[1])


@pytest.fixture
def with_tls() -> Iterator[str]:
    """The URL of a server with a certificate of its own making."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "nobody")])
    key, now = Ed25519PrivateKey.generate(), datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1)).sign(key, None)
    with tempfile.TemporaryDirectory(prefix="dbmo-tls-", dir="/tmp") as folder:
        for file, data in (
            ("cert.pem", made.public_bytes(Encoding.PEM)),
            ("key.pem", key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())),
        ):
            (Path(folder) / file).write_bytes(data)
        Path(folder).chmod(0o755)
        with private_mariadb(f"--ssl-cert={folder}/cert.pem", f"--ssl-key={folder}/key.pem") as server:
            yield server.admin


def test_tls_is_taken_where_the_server_has_it(with_tls: str) -> None:
    assert cipher(with_tls).startswith("TLS_")
    assert cipher(f"{with_tls}?ssl-mode=REQUIRED").startswith("TLS_")
    with pytest.raises(pymysql.OperationalError, match="CERTIFICATE_VERIFY_FAILED"):
        cipher(f"{with_tls}?ssl-mode=VERIFY_CA")


def test_a_server_without_tls_is_spoken_to_in_plain_unless_tls_is_asked_for(mariadb: MysqlServer) -> None:
    assert cipher(mariadb.admin) == ""
    with pytest.raises(pymysql.OperationalError, match="SSL"):
        cipher(f"{mariadb.admin}?ssl-mode=REQUIRED")
