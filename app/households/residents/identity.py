"""Identity numbers (GB 11643), telephone numbers and disability certificates (GB/T 26341): what is well formed.

The region prefix of an identity number is the place of first registration, perhaps abolished since: never refused.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from operator import mul
from typing import Annotated, NamedTuple

from pydantic import AfterValidator, StringConstraints
from pydantic_core import PydanticCustomError

from app.core import clock
from app.households.residents.models import Sex

_SHAPE = re.compile(r"[0-9]{17}[0-9X]")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK = "10X98765432"
_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_LANDLINE = re.compile(r"(0[1-9][0-9]{1,2})?[2-8][0-9]{6,7}")
_CERTIFICATE = re.compile(r"([0-9]{17}[0-9X])([1-7])([1-4])(B[0-9])?")


def plain_id_number(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().upper()


def check_digit(body: str) -> str:
    """The 18th character by ISO 7064 MOD 11-2."""
    return _CHECK[sum(map(mul, map(int, body), _WEIGHTS)) % 11]


def check_id_number(text: str) -> str:
    """The number in its normal form (NFKC, upper case), or a PydanticCustomError that names what is wrong."""
    number = plain_id_number(text)
    if not _SHAPE.fullmatch(number):
        raise PydanticCustomError("id_number_format", "not 18 characters of an identity number")
    try:
        born = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        raise PydanticCustomError("id_number_date", "no such date of birth") from None
    if number[17] != check_digit(number[:17]):
        raise PydanticCustomError("id_number_check", "the check character is wrong")
    if not clock.EARLIEST <= born <= clock.today():
        raise PydanticCustomError("id_number_range", "the date of birth is out of range")
    return number


def birth_of(number: str) -> date:
    return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))


def sex_of(number: str) -> Sex:
    return Sex.male if int(number[16]) % 2 else Sex.female


def plain_phone(text: str) -> str:
    """Digits only; the country's own prefix is dropped."""
    digits = re.sub(r"[\s()（）.\-–—]", "", unicodedata.normalize("NFKC", text))
    return re.sub(r"^(\+86|0086)", "", digits)


def check_phone(text: str) -> str:
    phone = plain_phone(text)
    if not (_MOBILE.fullmatch(phone) or _LANDLINE.fullmatch(phone)):
        raise PydanticCustomError("phone_format", "not a telephone number")
    return phone


class Certificate(NamedTuple):
    """What a disability certificate number says; the number itself holds an identity number and is not kept."""

    id_number: str
    type: int
    level: int


def read_certificate(text: str) -> Certificate | None:
    """None where the number is not well formed: identity number, type 1–7, level 1–4, perhaps B1 of a reissue."""
    found = _CERTIFICATE.fullmatch(plain_id_number(text))
    if found is None:
        return None
    try:
        return Certificate(check_id_number(found[1]), int(found[2]), int(found[3]))
    except PydanticCustomError:
        return None


IdNumber = Annotated[str, StringConstraints(max_length=40), AfterValidator(check_id_number)]
Phone = Annotated[str, StringConstraints(max_length=40), AfterValidator(check_phone)]
