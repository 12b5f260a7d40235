"""Ed25519 signatures over JSON: who approved, who certified."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engines.errors import UsageError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

SIGNATURE = "signature"
PUBLIC_KEY = "public_key"


def load_key(key_file: Path) -> Ed25519PrivateKey:
    """The Ed25519 key of a PEM file without a password; KEY_UNREADABLE for anything else."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    remedy = "Make one with: openssl genpkey -algorithm ed25519 -out key.pem"
    try:
        key = load_pem_private_key(key_file.read_bytes(), password=None)
    except OSError as error:
        raise UsageError("KEY_UNREADABLE", f"{key_file} can't be read: {error.strerror}.", remedy) from error
    except (ValueError, TypeError) as error:
        raise UsageError(
            "KEY_UNREADABLE", f"{key_file} holds no private key in PEM form without a password.", remedy
        ) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise UsageError("KEY_UNREADABLE", f"{key_file} is not an Ed25519 key.", remedy)
    return key


def public_key_text(key: Ed25519PrivateKey) -> str:
    """Base64 of the raw public key."""
    return base64.b64encode(key.public_key().public_bytes_raw()).decode()


def signed(statement: Mapping[str, Any], key: Ed25519PrivateKey) -> dict[str, Any]:
    """The statement with the public key and the signature over everything else."""
    whole = {**statement, PUBLIC_KEY: public_key_text(key)}
    return {**whole, SIGNATURE: base64.b64encode(key.sign(_signed_bytes(whole))).decode()}


def signature_holds(statement: Mapping[str, Any]) -> bool:
    """Whether the statement is what the key in it signed; whose key that is, the caller has to know."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(str(statement.get(PUBLIC_KEY, ""))))
        key.verify(base64.b64decode(str(statement.get(SIGNATURE, ""))), _signed_bytes(statement))
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def _signed_bytes(statement: Mapping[str, Any]) -> bytes:
    rest = {name: value for name, value in statement.items() if name != SIGNATURE}
    return json.dumps(rest, sort_keys=True, separators=(",", ":")).encode()
