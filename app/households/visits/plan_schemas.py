"""Bodies and answers about the plan: policies, the day's work, what is due, and the overview."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints

from app.core.schemas import Body, Clean, Read, one_line
from app.households.residents.models import CareCategory
from app.households.visits.models import Tier, Unit

Source = Annotated[str, Clean, StringConstraints(max_length=500), AfterValidator(one_line)]


class ConditionWrite(Body):
    """One of `categories`, all of `all_of`, and at least `min_age` years old; at least one of them is named."""

    categories: list[CareCategory] = Field(default_factory=list)
    all_of: list[CareCategory] = Field(default_factory=list)
    min_age: Annotated[int, Field(ge=1, le=120)] | None = None

    def stored(self) -> dict[str, Any]:
        kept: dict[str, Any] = {"categories": sorted({c.value for c in self.categories})}
        if self.all_of:
            kept["all_of"] = sorted({c.value for c in self.all_of})
        if self.min_age is not None:
            kept["min_age"] = self.min_age
        return kept

    @property
    def empty(self) -> bool:
        return not (self.categories or self.all_of or self.min_age)


def _without_empty(conditions: list[ConditionWrite]) -> list[ConditionWrite]:
    return [c for c in conditions if not c.empty]


class PolicyUpdate(Body):
    """An interval and who it applies to. The routine tier takes everybody else and has no conditions."""

    every: Annotated[int, Field(ge=1, le=366)]
    unit: Unit
    retry_days: Annotated[int, Field(ge=1, le=60)] = 3
    event_hours: Annotated[int, Field(ge=1, le=168)] = 24
    conditions: Annotated[list[ConditionWrite], AfterValidator(_without_empty)] = Field(
        default_factory=list, max_length=10
    )
    source: Source = ""


class PolicyRead(Read):
    id: UUID
    community_id: UUID
    tier: Tier
    every: int
    unit: Unit
    retry_days: int
    event_hours: int
    conditions: list[dict[str, Any]]
    source: str
    version: int


class PolicyList(Read):
    items: list[PolicyRead]


class LastVisit(Read):
    on: date
    outcome: str
    note: str


class DuePerson(Read):
    id: UUID
    name: str
    age: int | None
    relation: str
    categories: list[str]


class DueHousehold(Read):
    """A household to visit. `owed_on` is the day by the policy; `due_on` is later after an attempt with nobody home."""

    household_id: UUID
    household_label: str
    grid_area_id: UUID
    tier: str
    categories: list[str]
    due_on: date
    owed_on: date
    overdue_days: int
    last_visit: LastVisit | None
    last_attempt_on: date | None
    people: list[DuePerson]
    form: str


class OpenEvent(Read):
    """Something happened; a visit is due by `at`."""

    id: UUID
    household_id: UUID
    household_label: str
    kind: str
    detail: str
    at: datetime


class UrgentNeed(OpenEvent):
    """An urgent need that is still open, raised `at`."""

    serial: str
    visit_id: UUID | None


class DayProgress(Read):
    """Households visited today of all that were to be visited; attempts with nobody home are not done."""

    done: int
    total: int
    not_home: int
    overdue: int
    due: int


class TodayRead(Read):
    """The day's work: the lists are cut at the most pressing 120 households, `progress` counts them all."""

    day: date
    grid_area_id: UUID | None
    progress: DayProgress
    events: list[OpenEvent]
    overdue: list[DueHousehold]
    due: list[DueHousehold]
    coming: list[DueHousehold]
    urgent_needs: list[UrgentNeed]
    meetings: list[dict[str, Any]]


class Cell(Read):
    """One line of the overview: how many households, and how they stand."""

    key: str
    households: int
    visited: int
    due: int
    overdue: int
    covered_30: int
    covered_90: int


class Month(Read):
    month: str
    visits: int
    not_home: int


class OverviewRead(Read):
    """How far the plan is kept. `visited` counts completed visits from `since` to `until`, both included."""

    since: date
    until: date
    day30: date
    grid_area_id: UUID | None
    total: Cell
    areas: list[Cell]
    categories: list[Cell]
    tiers: list[Cell]
    months: list[Month]
