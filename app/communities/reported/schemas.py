"""What is sent and shown about reported figures."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from pydantic import BeforeValidator, Field

from app.communities.figures import FIGURES
from app.core.schemas import Body, LongLineOrEmpty, PastDate, Read

LARGEST = 10_000_000
FigureKey = StrEnum("FigureKey", {key: key for key in FIGURES})  # type: ignore[misc]


def _percent(value: Any) -> Any:
    """People write 52%, programs 0.52."""
    if isinstance(value, str) and value.strip().endswith(("%", "％")):
        try:
            return round(float(value.strip()[:-1]) / 100, 6)
        except ValueError:
            return value
    return value


Value = Annotated[float, BeforeValidator(_percent), Field(ge=0, le=LARGEST, allow_inf_nan=False)]


class ReportedFigureCreate(Body):
    """A figure as it was reported: shares as fractions (0.52) or with a percent sign."""

    key: FigureKey
    value: Value
    as_of: PastDate
    source: LongLineOrEmpty = ""


class ReportedFigureUpdate(Body):
    """What changes; fields that are left out stay."""

    value: Value = 0
    as_of: PastDate = date.min
    source: LongLineOrEmpty = ""


class ReportedFigureRead(Read):
    """A reported figure."""

    id: UUID
    community_id: UUID
    key: str
    value: float
    as_of: date
    source: str
    version: int
