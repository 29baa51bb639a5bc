"""Bodies and answers about transfers."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, BeforeValidator, StringConstraints

from app.core.schemas import Body, Clean, LineOrEmpty, LongLine, LongLineOrEmpty, PastDate, Read, one_line
from app.members.models import Affiliation, Stage
from app.members.transfers.models import Direction


def _none_if_blank(value: Any) -> Any:
    return None if value == "" else value


class TransferCreate(Body):
    """A transfer on a day: `branch_id` is where somebody comes to; whoever goes and `stays` still lives here."""

    direction: Direction
    organisation: LineOrEmpty = ""
    on_day: PastDate
    paper_number: Annotated[str, StringConstraints(max_length=60), Clean, AfterValidator(one_line)] = ""
    branch_id: Annotated[UUID | None, BeforeValidator(_none_if_blank)] = None
    stays: bool = False
    note: LongLineOrEmpty = ""


class TransferUndo(Body):
    """Why the last transfer was a mistake."""

    reason: LongLine


class TransferRead(Read):
    """A transfer; the other organisation's paper names it, and the stage goes along."""

    id: UUID
    member_id: UUID
    direction: Direction
    organisation: str
    on_day: date
    paper_number: str
    note: str
    leaves: bool
    was_affiliation: Affiliation
    stage: Stage | None
    probation_until: date | None
    by_name: str
    undone_at: datetime | None
    undone_by: str
    undone_reason: str
