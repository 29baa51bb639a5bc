"""The base of all request and response bodies, and text that cannot carry control characters or half characters."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, StringConstraints
from pydantic_core import PydanticCustomError

from app.core import clock

_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_LINE_BREAKS = re.compile(r"[\r\n\t]+")


class Read(BaseModel):
    """A response body, read from the attributes of a row."""

    model_config = ConfigDict(from_attributes=True)


class Body(BaseModel):
    """A request body; unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class FormPage(Read):
    """A page that shows an empty form: where it is sent."""

    action: str


def _clean(value: Any) -> Any:
    if isinstance(value, str) and _FORBIDDEN.search(value):
        raise PydanticCustomError("text_forbidden", "text carries control characters")
    return value


def one_line(value: str) -> str:
    return _LINE_BREAKS.sub(" ", unicodedata.normalize("NFC", value)).strip()


def normal_text(value: str) -> str:
    return unicodedata.normalize("NFC", value.replace("\r\n", "\n").replace("\r", "\n"))


def _compatible(value: Any) -> Any:
    return unicodedata.normalize("NFKC", value).strip().upper() if isinstance(value, str) else value


Clean = BeforeValidator(_clean)
Line = Annotated[str, StringConstraints(min_length=1, max_length=120), Clean, AfterValidator(one_line)]
ShortLine = Annotated[str, StringConstraints(min_length=1, max_length=40), Clean, AfterValidator(one_line)]
LongLine = Annotated[str, StringConstraints(min_length=1, max_length=500), Clean, AfterValidator(one_line)]
LineOrEmpty = Annotated[str, StringConstraints(max_length=120), Clean, AfterValidator(one_line)]
LongLineOrEmpty = Annotated[str, StringConstraints(max_length=500), Clean, AfterValidator(one_line)]
Prose = Annotated[str, StringConstraints(max_length=4000), Clean, AfterValidator(normal_text)]
Search = Annotated[str, StringConstraints(max_length=60), Clean, AfterValidator(one_line)]
Code = Annotated[str, StringConstraints(min_length=1, max_length=40), Clean, BeforeValidator(_compatible)]


def _not_ancient(value: date) -> date:
    if value < clock.EARLIEST:
        raise PydanticCustomError("date_too_early", "the date is before 1900")
    if value.year > 2200:
        raise PydanticCustomError("date_too_late", "the date is after 2200")
    return value


def _not_future(value: date) -> date:
    if value > clock.today():
        raise PydanticCustomError("date_in_future", "the date lies in the future")
    return value


def _instant_not_future(value: datetime) -> datetime:
    if value.year < clock.EARLIEST.year:
        raise PydanticCustomError("date_too_early", "the date is before 1900")
    if value > clock.now() + timedelta(minutes=10):  # a tablet's clock may run a little fast
        raise PydanticCustomError("date_in_future", "the date lies in the future")
    return value


def _instant_sensible(value: datetime) -> datetime:
    _not_ancient(value.date())
    return value


def _local_input(value: Any) -> Any:
    """`<input type=datetime-local>` names no zone: it means the community's own."""
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?", value):
        try:
            return datetime.fromisoformat(value).replace(tzinfo=clock.zone())
        except ValueError:
            return value
    return value


AnyDate = Annotated[date, AfterValidator(_not_ancient)]
PastDate = Annotated[date, AfterValidator(_not_ancient), AfterValidator(_not_future)]
PastInstant = Annotated[AwareDatetime, BeforeValidator(_local_input), AfterValidator(_instant_not_future)]
AnyInstant = Annotated[AwareDatetime, BeforeValidator(_local_input), AfterValidator(_instant_sensible)]
