"""Identity numbers, telephone numbers and disability certificates: every vector of the field's reference."""

from __future__ import annotations

import random
from datetime import date

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError

from app.households.residents import identity
from app.households.residents.models import Sex

GOOD = {
    "999999198808154323": "999999198808154323",
    "999999200002290019": "999999200002290019",
    "99999919700615006X": "99999919700615006X",
    "99999919700615006x": "99999919700615006X",
    " ９９９９９９１９８８０８１５４３２３ ": "999999198808154323",
    "11010519491231002X": "11010519491231002X",
    "34052419800101001X": "34052419800101001X",
}
BAD = {
    "999999198808154324": "id_number_check",
    "999999190002290020": "id_number_date",
    "999999198808514323": "id_number_date",
    "999999203013010012": "id_number_date",
    "999999209901010018": "id_number_range",
    "999999880815432": "id_number_format",
    "99999919880815432": "id_number_format",
    "99999919880815432312": "id_number_format",
    "X99999198808154323": "id_number_format",
    "٩٩٩٩٩٩١٩٨٨٠٨١٥٤٣٢٣": "id_number_format",
    "": "id_number_format",
}


@pytest.mark.parametrize(("typed", "kept"), GOOD.items())
def test_good_numbers_are_kept_in_normal_form(typed: str, kept: str) -> None:
    assert identity.check_id_number(typed) == kept


@pytest.mark.parametrize(("typed", "kind"), BAD.items())
def test_bad_numbers_say_what_is_wrong(typed: str, kind: str) -> None:
    with time_machine.travel("2026-11-23T04:00:00Z"), pytest.raises(PydanticCustomError) as refused:
        identity.check_id_number(typed)
    assert refused.value.type == kind


def test_what_a_number_says() -> None:
    assert identity.sex_of("999999198808154323") == Sex.female
    assert identity.birth_of("999999198808154323") == date(1988, 8, 15)
    assert identity.sex_of("999999200002290019") == Sex.male


def test_both_ways_to_the_check_digit_agree() -> None:
    """The table of weights and the recursion of ISO 7064."""
    draw = random.Random(7)
    for _ in range(2000):
        body = "".join(draw.choice("0123456789") for _ in range(17))
        power = 0
        for digit in body:
            power = (power + int(digit)) * 2 % 11
        assert identity.check_digit(body) == "0123456789X"[(12 - power) % 11]


@given(st.text(max_size=40))
def test_nonsense_is_refused_and_nothing_else_happens(text: str) -> None:
    for kind in (identity.IdNumber, identity.Phone):
        try:
            TypeAdapter(kind).validate_python(text)
        except ValidationError:
            continue


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("138 1234 5678", "13812345678"),
        ("+86-138-1234-5678", "13812345678"),
        ("１３８１２３４５６７８", "13812345678"),
        ("0512-62881234", "051262881234"),
        ("(0512) 6288 1234", "051262881234"),
        ("62881234", "62881234"),
    ],
)
def test_phones_are_kept_as_digits(typed: str, kept: str) -> None:
    assert identity.check_phone(typed) == kept


@pytest.mark.parametrize("typed", ["12812345678", "1381234567", "138123456789", "电话", "", "abc", "0512"])
def test_what_is_no_phone(typed: str) -> None:
    with pytest.raises(PydanticCustomError):
        identity.check_phone(typed)


def test_disability_certificates() -> None:
    limb = identity.read_certificate("99999919880815432344")
    assert limb is not None and (limb.type, limb.level) == (4, 4)
    sight = identity.read_certificate("99999919880815432312B1")
    assert sight is not None and (sight.type, sight.level) == (1, 2)
    for bad in ("99999919880815432384", "99999919880815432345", "99999919880815432444", "999999198808154323", ""):
        assert identity.read_certificate(bad) is None
