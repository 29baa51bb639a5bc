"""How passwords are kept: the rest of the tests hash them with less effort."""

from __future__ import annotations

from argon2 import Type, extract_parameters

from tests.conftest import REAL_HASHER


def test_a_stored_password_costs_a_guesser_what_it_should() -> None:
    """No less than OWASP and RFC 9106 ask of Argon2id where memory is scarce."""
    used = extract_parameters(REAL_HASHER.hash("correct-horse-battery"))
    assert used.type is Type.ID
    assert used.memory_cost >= 64 * 1024
    assert used.time_cost >= 3
    assert (used.salt_len, used.hash_len) >= (16, 32)
