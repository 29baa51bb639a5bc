"""Money as people type it (yuan) and as it is kept (whole fen)."""

from __future__ import annotations

import re
import unicodedata
from typing import Annotated, Any

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

LARGEST_FEN = 10_000_000_000_00
_YUAN = re.compile(r"(\d{1,12})(?:\.(\d{1,2}))?", re.ASCII)


def fen_of(typed: str) -> int:
    """`1,234.5` yuan is 123450 fen. Raises ValueError for anything else than an amount to the fen."""
    plain = re.sub(r"[\s,¥元]", "", unicodedata.normalize("NFKC", typed))
    found = _YUAN.fullmatch(plain)
    if found is None:
        raise ValueError(typed)
    return int(found[1]) * 100 + int((found[2] or "").ljust(2, "0"))


def _yuan(value: Any) -> Any:
    if not isinstance(value, str):
        raise PydanticCustomError("string_type", "an amount in yuan is text")
    try:
        fen = fen_of(value)
    except ValueError:
        raise PydanticCustomError("amount_format", "not an amount in yuan") from None
    if fen > LARGEST_FEN:
        raise PydanticCustomError("less_than_equal", "too large", {"le": LARGEST_FEN // 100})
    return fen


def yuan(fen: int) -> str:
    """For a form: 123450 is `1234.50`."""
    sign, left = ("-", -fen) if fen < 0 else ("", fen)
    return f"{sign}{left // 100}.{left % 100:02d}"


def shown(fen: int) -> str:
    """For reading: 123450 is `1,234.50`."""
    sign, left = ("-", -fen) if fen < 0 else ("", fen)
    return f"{sign}{left // 100:,}.{left % 100:02d}"


Yuan = Annotated[int, BeforeValidator(_yuan), Field(json_schema_extra={"type": "string", "example": "1234.50"})]
Fen = Annotated[int, Field(ge=0, le=LARGEST_FEN)]
