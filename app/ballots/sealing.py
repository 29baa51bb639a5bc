"""A key for every box, destroyed at closing: what was written while the box was open cannot be read afterwards.

The database keeps old bytes in places that nobody chooses (write-ahead log, dead rows, free parts of pages), and they
keep the order of arrival. So sheets and texts are encrypted until closing, padded so that not even their length says
anything, and written again in plain text in another order when the key goes.
"""

from __future__ import annotations

import hmac
import json
import os
from base64 import b64decode, b64encode
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app.ballots import codes
from app.ballots.models import BallotBox
from app.core import crypto

_NONCE = 12
_DECODER = json.JSONDecoder()
_STEP = 512  # lengths are rounded up to a multiple of this
_SERIALS = 4  # so many of a named token's may be taken already: four are never all taken


def begin_key(box: BallotBox) -> bytes:
    key = os.urandom(32)
    box.key_sealed = crypto.seal(key.hex(), _address(box))
    return key


def key_of(box: BallotBox) -> bytes:
    if box.key_sealed is None:
        raise LookupError(f"the key of box {box.id} was destroyed")
    return bytes.fromhex(crypto.unseal(box.key_sealed, _address(box)))


def _address(box: BallotBox) -> str:
    return crypto.cell("ballot_box", "key_sealed", box.id)


def part(key: bytes, purpose: str) -> bytes:
    return hmac.digest(key, purpose.encode(), "sha256")


def token_key(key: bytes) -> bytes:
    return part(key, "token")


def token_of(token_key: bytes, invitation_id: UUID) -> str:
    """The token of a named or confidential invitation, so that a letter can be printed again until closing."""
    return codes.derived(token_key, invitation_id.bytes, codes.TOKEN_LENGTH)


def serials_of(key: bytes, token: str) -> Iterator[str]:
    """The serial numbers that a named token may have, so that its invitation is found by the number and not by trial.

    Without the key neither gives the other.
    """
    numbering = part(key, "serial of a token")
    for attempt in range(_SERIALS):
        yield codes.derived_serial(numbering, f"{attempt}|{token}".encode())


def serial_hash(key: bytes, serial: str) -> bytes:
    return part(key, f"serial|{serial}")


def canonical(value: Any) -> str:
    """One way to write a value, so that it says nothing about the device that it came from."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def seal(key: bytes, purpose: str, value: Any) -> bytes:
    content = canonical(value).encode("utf-8", "replace")
    padded = content.ljust(-(-len(content) // _STEP) * _STEP)
    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(part(key, purpose)).encrypt(nonce, padded, None)


def unseal(key: bytes, purpose: str, sealed: bytes) -> Any:
    try:
        content = AESGCM(part(key, purpose)).decrypt(sealed[:_NONCE], sealed[_NONCE:], None)
    except InvalidTag as broken:
        raise crypto.SealBroken(purpose) from broken
    return json.loads(content)


class Opener:
    """Opens many values of one purpose: the key is derived and made ready once."""

    def __init__(self, key: bytes, purpose: str) -> None:
        self._cipher, self._purpose = AESGCM(part(key, purpose)), purpose

    def pair(self, sealed: str) -> tuple[str, str]:
        """Of a sealed [name, content] the name, and the content in the canonical JSON in which it was sealed."""
        raw = b64decode(sealed)
        try:
            text = self._cipher.decrypt(raw[:_NONCE], raw[_NONCE:], None).decode().rstrip()
        except InvalidTag as broken:
            raise crypto.SealBroken(self._purpose) from broken
        name, end = _DECODER.raw_decode(text, 1)
        return name, text[end + 1 : -1]


def seal_text(key: bytes, purpose: str, value: Any) -> str:
    return b64encode(seal(key, purpose, value)).decode()
