"""Tokens, serial numbers and receipts: drawn, typed, mistyped."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.ballots import codes
from app.core.errors import Invalid

letters = st.sampled_from(codes.ALPHABET)


def test_a_token_has_at_least_128_bits_of_the_alphabet() -> None:
    assert codes.ALPHABET == "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
    assert codes.TOKEN_LENGTH * math.log2(len(codes.ALPHABET)) >= 128
    made = {codes.new_token() for _i in range(200)}
    assert len(made) == 200 and all(len(t) == codes.TOKEN_LENGTH and set(t) <= set(codes.ALPHABET) for t in made)


@pytest.mark.parametrize(
    "change",
    [
        str.lower,
        codes.grouped,
        lambda t: " ".join(codes.grouped(t).lower().split("-")),
        lambda t: f"  {t[:5]}\u3000{t[5:]}\n",
        lambda t: "—".join([t[:9], t[9:]]),
        lambda t: "".join(chr(ord(c) + 0xFEE0) for c in t),
    ],
    ids=["lower case", "grouped", "with spaces", "with wide spaces", "with dashes", "full width"],
)
def test_a_token_is_the_same_however_it_is_typed(change) -> None:
    token = codes.new_token()
    assert codes.normalise(change(token)) == token
    assert codes.token_hash(change(token)) == codes.token_hash(token)
    assert codes.receipt(change(token), "once") == codes.receipt(token, "once")


def test_groups_of_four() -> None:
    assert codes.grouped("ABCDEFGH") == "ABCD-EFGH"
    assert {len(part) for part in codes.grouped(codes.new_token()).split("-")} == {4}


@given(st.text(max_size=300))
def test_whatever_is_typed_does_no_harm(typed: str) -> None:
    assert len(codes.token_hash(typed)) == 32
    assert len(codes.receipt(typed, typed)) == codes.RECEIPT_LENGTH
    codes.is_serial(typed)


def test_a_huge_text_is_not_looked_at_whole() -> None:
    assert len(codes.normalise("\ufdfa" * 1_000_000)) < 10_000


@given(st.integers(0, codes.SERIAL_LENGTH - 1), letters)
def test_one_wrong_character_of_a_serial_shows(place: int, letter: str) -> None:
    serial = codes.new_serial()
    mistyped = serial[:place] + letter + serial[place + 1 :]
    assert codes.is_serial(mistyped) == (mistyped == serial)


@given(st.integers(0, codes.SERIAL_LENGTH - 2))
def test_two_swapped_neighbours_of_a_serial_show(place: int) -> None:
    serial = codes.new_serial()
    swapped = serial[:place] + serial[place + 1] + serial[place] + serial[place + 2 :]
    assert codes.is_serial(swapped) == (swapped == serial)


def test_a_serial_is_short_and_read_in_any_writing() -> None:
    serial = codes.new_serial()
    assert len(serial) == 8
    assert codes.read_serial(f" {codes.grouped(serial).lower()} ") == serial


@pytest.mark.parametrize("typed", ["", "ABC", "O0O0O0O0", "２３４５", "2345-6789-2", "四号四号四号四号"])
def test_a_mistyped_serial_is_told_at_once(typed: str) -> None:
    with pytest.raises(Invalid) as refused:
        codes.read_serial(typed)
    assert refused.value.errors[0]["field"] == "serial"


def test_receipts_follow_the_press_and_hide_the_token() -> None:
    token = codes.new_token()
    assert codes.receipt(token, "a") == codes.receipt(token, "a")
    assert codes.receipt(token, "a") != codes.receipt(token, "b") != codes.receipt(codes.new_token(), "b")
    assert len(codes.receipt(token, "a")) == 12 and set(codes.receipt(token, "a")) <= set(codes.ALPHABET)


def test_a_derived_code_is_its_number() -> None:
    code = codes.derived(b"key", b"message", codes.TOKEN_LENGTH)
    assert codes.number_of(code) == codes.derived_number(b"key", b"message", codes.TOKEN_LENGTH)


def test_derived_codes_use_every_character_alike() -> None:
    drawn = "".join(codes.derived(b"key", str(i).encode(), codes.TOKEN_LENGTH) for i in range(1000))
    expected = len(drawn) / len(codes.ALPHABET)
    chi2 = sum((drawn.count(c) - expected) ** 2 / expected for c in codes.ALPHABET)
    assert chi2 < 72  # 30 degrees of freedom: passed once in 30 thousand keys, and this key is fixed
