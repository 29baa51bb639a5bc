"""Passwords: Argon2id, at most two hashes at a time, and no password that everybody tries first."""

from __future__ import annotations

import secrets
import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from pydantic_core import PydanticCustomError

SHORTEST = 10
LONGEST = 128
_hasher = PasswordHasher()
_few_at_once = threading.BoundedSemaphore(2)
_dummy: list[str] = []
_COMMON = ("password", "qwerty", "12345678", "88888888", "66666666", "admin", "iloveyou", "woaini", "qinlian")


def hash_password(password: str) -> str:
    with _few_at_once:
        return _hasher.hash(password)


def matches(stored: str | None, offered: str) -> bool:
    """Whether the password is right; takes as long where there is no such account."""
    if stored is None and not _dummy:
        _dummy.append(hash_password(secrets.token_urlsafe(16)))
    with _few_at_once:
        try:
            _hasher.verify(stored or _dummy[0], offered)
            return stored is not None
        except (VerificationError, InvalidHashError, UnicodeEncodeError):
            return False


def needs_rehash(stored: str) -> bool:
    return _hasher.check_needs_rehash(stored)


def strong(password: str) -> str:
    """NIST SP 800-63B: length counts, composition rules do not; known and monotonous ones are refused."""
    plain = password.lower()
    monotonous = len(set(plain)) < 5
    common = any(plain.replace(c, "") == "" or (c in plain and len(plain) - len(c) < 4) for c in _COMMON)
    if not SHORTEST <= len(password) <= LONGEST or monotonous or common:
        raise PydanticCustomError("password_weak", "the password is too easy to guess")
    return password


def made_up() -> str:
    """A password for a new account, easy to read out: four groups without look-alike letters."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(4)) for _ in range(4))
