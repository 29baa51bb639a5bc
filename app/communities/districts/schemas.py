"""What is sent and shown about districts."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import StringConstraints

from app.core.schemas import Body, Code, Line, Read

DistrictCode = Annotated[Code, StringConstraints(max_length=12, pattern=r"^[0-9A-Z]+$")]


class DistrictCreate(Body):
    """A new district. `code` is its administrative code (six digits), or the installation's own."""

    name: Line
    code: DistrictCode


class DistrictUpdate(Body):
    """What changes; fields that are left out stay."""

    name: Line = ""
    code: DistrictCode = ""


class DistrictRead(Read):
    """A district."""

    id: UUID
    name: str
    code: str
    version: int
