"""Bodies and answers of the visiting half. `VisitWrite` is the tablet's contract."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, field_validator, model_validator
from pydantic_core import PydanticCustomError

from app.core.schemas import AnyDate, Body, Clean, PastInstant, Prose, Read, normal_text, one_line
from app.households.visits.models import EventKind, NeedCategory, Outcome, Purpose
from app.households.visits.plan_schemas import DuePerson, LastVisit, OpenEvent

MOST_NEEDS = 20
MOST_PEOPLE = 50

Detail = Annotated[str, Clean, StringConstraints(max_length=500), AfterValidator(one_line)]
Note = Annotated[Prose, AfterValidator(normal_text)]
Minutes = Annotated[PastInstant, Field(description="RFC 3339; the tablet's claim")]


class NeedWrite(Body):
    """A need heard at the visit. `id` names one that is already known, when a visit is corrected."""

    id: UUID | None = None
    category: NeedCategory
    detail: Detail = ""
    urgent: bool = False


def _without_unticked(rows: Any) -> Any:
    """Leaves out a known need whose chip was unticked: its row of the form still names it, without a category."""
    if not isinstance(rows, list):
        return rows
    return [r for r in rows if not (isinstance(r, dict) and r.get("id") and "category" not in r)]


class VisitWrite(Body):
    """What a tablet or a page sends. Equality of content is equality of `digest()`."""

    household_id: UUID
    visited_at: Minutes
    purpose: Purpose
    outcome: Outcome
    note: Note = ""
    people_met: list[UUID] = Field(default_factory=list, max_length=MOST_PEOPLE)
    needs: Annotated[list[NeedWrite], BeforeValidator(_without_unticked)] = Field(
        default_factory=list, max_length=MOST_NEEDS
    )
    next_due_on: AnyDate | None = None

    @field_validator("people_met")
    @classmethod
    def _once_each(cls, people: list[UUID]) -> list[UUID]:
        return sorted(set(people))

    @model_validator(mode="after")
    def _consistent(self) -> VisitWrite:
        """Nobody was met where nobody was home; the next visit comes after this one, within two years."""
        if self.outcome == Outcome.not_home:
            self.people_met = []
        return self

    @field_validator("next_due_on")
    @classmethod
    def _not_too_far(cls, day: date | None, info: Any) -> date | None:
        visited = info.data.get("visited_at")
        if day is None or visited is None:
            return day
        days = (day - visited.date()).days
        if days < -1:  # the local day may be a day behind or ahead of UTC
            raise PydanticCustomError("date_order", "the next visit is before this one")
        if days > 731:
            raise PydanticCustomError("date_too_late", "more than two years ahead")
        return day

    def content(self) -> dict[str, Any]:
        """The normalised content: sorted, in UTC, without the ids of needs."""
        needs = sorted([n.category.value, n.detail, n.urgent] for n in self.needs)
        return {
            "household_id": str(self.household_id),
            "visited_at": self.visited_at.astimezone(UTC).isoformat(),
            "purpose": self.purpose.value,
            "outcome": self.outcome.value,
            "note": self.note,
            "people_met": [str(p) for p in self.people_met],
            "needs": [{"category": c, "detail": d, "urgent": u} for c, d, u in needs],
            "next_due_on": self.next_due_on.isoformat() if self.next_due_on else None,
        }

    def digest(self) -> str:
        text = json.dumps(self.content(), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


class NeedRead(Read):
    id: UUID
    serial: str
    household_id: UUID
    visit_id: UUID | None = Field(description="null where it was heard elsewhere than at a visit")
    category: str
    detail: str
    urgent: bool
    state: str
    raised_at: datetime
    version: int


class NeedListed(NeedRead):
    household_label: str


class PersonMet(Read):
    id: UUID
    name: str


class VisitRead(Read):
    """A visit as it now stands. `next_due_on` is when the household is due; `next_due_chosen` what the worker named."""

    id: UUID
    community_id: UUID
    household_id: UUID
    household_label: str
    grid_area_id: UUID
    worker_id: UUID
    worker_name: str
    visited_at: datetime
    recorded_at: datetime
    purpose: str
    outcome: str
    note: str
    people_met: list[UUID]
    people: list[PersonMet]
    needs: list[NeedRead]
    next_due_on: date | None
    next_due_chosen: date | None
    corrections: int
    version: int


class RevisionRead(Read):
    """A wording that was later corrected."""

    version: int
    content: dict[str, Any]
    replaced_at: datetime
    replaced_by_name: str


class VisitDetail(VisitRead):
    history: list[RevisionRead]
    may_correct: bool


class FormPerson(DuePerson):
    met: bool


class VisitForm(Read):
    """What the form page needs; `visit_id` becomes its address, so that sending it twice is harmless."""

    visit_id: UUID
    household_id: UUID
    household_label: str
    tier: str | None
    categories: list[str]
    due_on: date | None
    overdue_days: int
    last_visit: LastVisit | None
    events: list[OpenEvent]
    people: list[FormPerson]
    visited_at: datetime
    purpose: str
    outcome: str
    note: str
    needs: list[NeedRead]
    next_due_on: date | None
    version: int | None


class EventWrite(Body):
    """A major change in a household that calls for a visit soon."""

    kind: EventKind
    detail: Detail = ""
    happened_at: PastInstant | None = None


class EventRead(Read):
    id: UUID
    household_id: UUID
    household_label: str
    kind: str
    detail: str
    happened_at: datetime
    due_at: datetime
    done_visit_id: UUID | None
    version: int


class EventFrame(Read):
    """The household that an event is reported for."""

    household_id: UUID
    household_label: str
    now: datetime
