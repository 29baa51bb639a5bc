"""Who may be asked: everybody of a panel on the opening day, each with household and stratum."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlmodel import Session, col

from app.assemblies.models import SeatHolder, StaffPost
from app.communities.models import GridArea
from app.core.i18n import N_
from app.core.i18n import gettext as _
from app.households.models import Household, HouseholdTenure, Tenure
from app.households.residents.models import Residency, Resident
from app.households.words import TENURES
from app.members.models import Member
from app.surveys.schedules import rosters
from app.surveys.schedules.models import Panel, Stratify

SMALLEST_STRATUM = 10
_AT_ONCE = 500

LABELS: dict[str, str] = {
    Panel.representatives: N_("居民代表"),
    Panel.directly_managed: N_("直管党员"),
    Panel.members: N_("全体党员"),
    Panel.residents: N_("成年居民"),
    Panel.staff: N_("社区工作者"),
}


class Person(NamedTuple):
    """Somebody of a panel. A tuple, because a district's frame holds 400,000 of them."""

    kind: str
    id: UUID
    household_id: UUID | None = None
    stratum: str = ""


# The kind of people that a panel consists of, and the table that knows their names.
_KINDS: dict[str, str] = {
    Panel.representatives: "representative",
    Panel.directly_managed: "member",
    Panel.members: "member",
    Panel.residents: "resident",
    Panel.staff: "staff",
}
_NAMED: dict[str, Any] = {
    "representative": SeatHolder,
    "member": Member,
    "resident": Resident,
    "staff": StaffPost,
}


def label(panel: str) -> str:
    return _(LABELS[panel])


def kind_of(panel: str) -> str:
    """The kind of people that a panel consists of."""
    return _KINDS[panel]


def people(
    s: Session,
    community_id: UUID,
    panel: str,
    on: date,
    stratify: str = Stratify.none,
    areas: Sequence[str] = (),
) -> Sequence[Person]:
    """Everybody of the panel on a day; of the residents perhaps those of some grid areas only."""
    if panel == Panel.residents:
        return _adults(s, community_id, on, stratify, areas)
    return [Person(kind_of(panel), row.id) for row in rosters.listed(s, community_id, panel, on)]


def _adults(s: Session, community_id: UUID, on: date, stratify: str, areas: Sequence[str]) -> Sequence[Person]:
    columns = (col(Resident.id), col(Residency.household_id), *_stratum(stratify))
    statement = rosters.adults(community_id, on, *columns, areas=areas)
    statement = statement.join(Household, col(Household.id) == col(Residency.household_id))
    if stratify == Stratify.grid_area:
        statement = statement.join(GridArea, col(GridArea.id) == col(Household.grid_area_id))
    if stratify == Stratify.tenure:
        used = HouseholdTenure
        then = and_(col(used.from_on) <= on, or_(col(used.to_on).is_(None), col(used.to_on) >= on))
        statement = statement.outerjoin(used, and_(col(used.household_id) == col(Household.id), then))
    return [
        Person("resident", row[0], row[1], str(row[2] or "") if len(row) == 3 else "")
        for row in s.execute(statement.execution_options(yield_per=5000))
    ]


def _stratum(stratify: str) -> list[Any]:
    """The column that says to which stratum somebody belongs, if any does."""
    if stratify == Stratify.grid_area:
        return [col(GridArea.number)]
    return [col(HouseholdTenure.tenure)] if stratify == Stratify.tenure else []


def names(s: Session, kind: str, ids: Sequence[UUID]) -> dict[UUID, str]:
    """The names of people of one kind."""
    model, found = _NAMED[kind], {}
    for at in range(0, len(ids), _AT_ONCE):
        wanted = select(col(model.id), col(model.name)).where(col(model.id).in_(ids[at : at + _AT_ONCE]))
        found.update({row[0]: row[1] for row in s.execute(wanted)})
    return found


def shown_strata(strata: Iterable[str]) -> Mapping[str, str]:
    """What of its stratum an answer may carry: nothing where fewer than ten people share it."""
    asked = Counter(strata)
    return {name: name if n >= SMALLEST_STRATUM else "" for name, n in asked.items()}


def stratum_label(stratum: str) -> str:
    """A stratum in words: a grid area by its number, a way of using a dwelling, or everybody."""
    if stratum.isdecimal():
        return _("第%(n)s网格", n=stratum)
    return _(TENURES[Tenure(stratum)]) if stratum else _("全体")
