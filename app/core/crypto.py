"""Keys, sealed columns, blind indexes and signatures, all derived from the installation's secret.

Sealed values are AES-256-GCM with the address of the cell (`table.column:id`) as associated data, so a ciphertext
copied to another row does not open. The blind index is a keyed hash: equal values can be found, none can be read.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
from functools import lru_cache
from uuid import UUID

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app.core.config import get_settings

_NONCE = 12
_FORMAT = b"\x01"


class SealBroken(ValueError):
    """A sealed value does not open: another secret, another row, or somebody changed it."""


@lru_cache(maxsize=64)
def derive(purpose: str, length: int = 32) -> bytes:
    """A key of its own for every purpose (HKDF, RFC 5869)."""
    kdf = HKDF(algorithm=hashes.SHA256(), length=length, salt=b"qinlian", info=purpose.encode())
    return kdf.derive(get_settings().secret_bytes())


@lru_cache(maxsize=1)
def _cipher() -> AESGCM:
    return AESGCM(derive("column encryption"))


def cell(table: str, column: str, row: UUID) -> str:
    return f"{table}.{column}:{row}"


def seal(value: str, address: str) -> bytes:
    return seal_bytes(value.encode(), address)


def unseal(sealed: bytes, address: str) -> str:
    return unseal_bytes(sealed, address).decode()


def seal_bytes(content: bytes, address: str) -> bytes:
    nonce = os.urandom(_NONCE)
    return _FORMAT + nonce + _cipher().encrypt(nonce, content, address.encode())


def unseal_bytes(sealed: bytes, address: str) -> bytes:
    if sealed[:1] != _FORMAT:
        raise SealBroken(address)
    try:
        return _cipher().decrypt(sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :], address.encode())
    except (InvalidTag, ValueError) as broken:
        raise SealBroken(address) from broken


def blind(purpose: str, value: str) -> str:
    """A keyed hash (HMAC-SHA-256, 128 bits) by which equal values are found."""
    return hmac.digest(derive(f"blind index {purpose}"), value.encode(), "sha256").hex()[:32]


def new_token() -> str:
    """256 random bits that a person or a program keeps; only its hash is stored."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def keyed(purpose: str, value: str) -> str:
    """A keyed hash for short-lived marks such as CSRF tokens."""
    return base64.urlsafe_b64encode(hmac.new(derive(purpose), value.encode(), hashlib.sha256).digest())[:43].decode()


def same(left: str, right: str) -> bool:
    return hmac.compare_digest(left.encode("utf-8", "surrogatepass"), right.encode("utf-8", "surrogatepass"))


@lru_cache(maxsize=1)
def _signer() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(derive("signature of the audit head"))


@lru_cache(maxsize=1)
def public_key() -> str:
    raw = _signer().public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return base64.b64encode(raw).decode()


@lru_cache(maxsize=1)
def key_id() -> str:
    return hashlib.sha256(base64.b64decode(public_key())).hexdigest()[:16]


def sign(message: str) -> str:
    return base64.b64encode(_signer().sign(message.encode())).decode()


def signed_by(public: str, signature: str, message: str) -> bool:
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public))
        key.verify(base64.b64decode(signature), message.encode())
    except (InvalidSignature, ValueError):
        return False
    return True
