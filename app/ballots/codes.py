"""Codes that people read, type and say: tokens, serial numbers and receipts, of 31 characters that look unlike."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import unicodedata

from app.core.errors import Invalid
from app.core.i18n import gettext as _

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
BASE = len(ALPHABET)
_PAIRS = tuple(low + high for high in ALPHABET for low in ALPHABET)  # two digits at a time: closing derives many
TOKEN_LENGTH = 28  # 138 bits, in seven groups of four
SERIAL_LENGTH = 8  # seven random characters and a check character
RECEIPT_LENGTH = 12  # 59 bits
_LONGEST_TYPED = 120
_BETWEEN = re.compile(r"[\s\-\u2010-\u2015\u2212\u00b7_.]+")


def normalise(typed: str) -> str:
    """What somebody typed, as it was printed: full-width or lower-case letters, spaces and hyphens do not matter."""
    return _BETWEEN.sub("", unicodedata.normalize("NFKC", typed[:_LONGEST_TYPED])).upper()


def grouped(code: str) -> str:
    """In fours, for reading: ABCD-EFGH."""
    return "-".join(code[i : i + 4] for i in range(0, len(code), 4))


def drawn(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _i in range(length))


def derived(key: bytes, message: bytes, length: int) -> str:
    """A code that only the key gives again. 256 bits into at most 138: no character is likelier by more than 2^-118."""
    number, read = derived_number(key, message, length), []
    for _i in range(length // 2):
        number, pair = divmod(number, len(_PAIRS))
        read.append(_PAIRS[pair])
    return "".join(read) + ALPHABET[number] * (length % 2)


def derived_number(key: bytes, message: bytes, length: int) -> int:
    """The same code as a number, which is quicker to compare with many."""
    codes: int = BASE**length
    return int.from_bytes(hmac.digest(key, message, "sha256"), "big") % codes


def number_of(code: str) -> int:
    number = 0
    for character in reversed(code):
        number = number * BASE + ALPHABET.index(character)
    return number


def new_token() -> str:
    return drawn(TOKEN_LENGTH)


def token_hash(token: str) -> bytes:
    """What is stored of a token. It has too many bits to be guessed from its hash."""
    return printed_hash(normalise(token))


def printed_hash(token: str) -> bytes:
    """The same of a token exactly as it is printed."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def receipt(token: str, once: str) -> str:
    """The same press of the same button gives the same receipt; nobody finds the token from it."""
    key = normalise(token).encode("utf-8", "surrogatepass")
    return derived(key, b"receipt|" + once.encode("utf-8", "surrogatepass"), RECEIPT_LENGTH)


def _check(body: str) -> str:
    """Weights 1 to 7 modulo the prime 31: every wrong character and every swap of neighbours shows."""
    return ALPHABET[sum(i * ALPHABET.index(c) for i, c in enumerate(body, start=1)) % BASE]


def new_serial() -> str:
    body = drawn(SERIAL_LENGTH - 1)
    return body + _check(body)


def derived_serial(key: bytes, message: bytes) -> str:
    """A serial number that only the key gives again."""
    body = derived(key, message, SERIAL_LENGTH - 1)
    return body + _check(body)


def is_serial(typed: str) -> bool:
    serial = normalise(typed)
    return len(serial) == SERIAL_LENGTH and all(c in ALPHABET for c in serial) and _check(serial[:-1]) == serial[-1]


def read_serial(typed: str) -> str:
    if not is_serial(typed):
        raise Invalid(_("编号有误，请对照纸面再看一遍。"), field="serial", code="serial_mistyped")
    return normalise(typed)
