"""Who may be asked: everybody of a panel on the opening day, each with household and stratum."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Select, and_, or_, select
from sqlmodel import Session, col

from app.assemblies import rosters as assemblies
from app.assemblies.models import SeatHolder, StaffPost, TermBody
from app.communities.models import GridArea
from app.core.clock import add_months
from app.core.i18n import N_
from app.core.i18n import gettext as _
from app.households.models import Household, HouseholdTenure, Tenure
from app.households.residents.models import Residency, Resident
from app.households.words import TENURES
from app.members import rosters as members
from app.members.models import Affiliation, Member
from app.surveys.schedules.models import Panel, Stratify

ADULT_MONTHS = 18 * 12
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


@dataclass(frozen=True)
class _Source:
    """A panel: the kind of its people, how to list them, and the table that knows their names."""

    kind: str
    people: Callable[[Session, UUID, date], Iterable[Any]]
    model: Any


def _sitting(s: Session, community_id: UUID, on: date) -> Iterable[Any]:
    return assemblies.sitting(s, community_id, TermBody.representative_assembly, on)


def _direct(s: Session, community_id: UUID, on: date) -> Iterable[Any]:
    return members.members_on(s, community_id, on, Affiliation.direct)


_SOURCES: dict[str, _Source] = {
    Panel.representatives: _Source("representative", _sitting, SeatHolder),
    Panel.directly_managed: _Source("member", _direct, Member),
    Panel.members: _Source("member", members.members_on, Member),
    Panel.staff: _Source("staff", assemblies.staff_on, StaffPost),
}
_NAMED: dict[str, Any] = {source.kind: source.model for source in _SOURCES.values()} | {"resident": Resident}


def label(panel: str) -> str:
    return _(LABELS[panel])


def kind_of(panel: str) -> str:
    """The kind of people that a panel consists of."""
    return "resident" if panel == Panel.residents else _SOURCES[panel].kind


def people(s: Session, community_id: UUID, panel: str, on: date, stratify: str = Stratify.none) -> Sequence[Person]:
    """Everybody of the panel on a day."""
    if panel == Panel.residents:
        return _adults(s, community_id, on, stratify)
    source = _SOURCES[panel]
    return [Person(source.kind, row.id) for row in source.people(s, community_id, on)]


def _adults(s: Session, community_id: UUID, on: date, stratify: str) -> Sequence[Person]:
    """Residents of 18 and over who live in the community on the day. Without a birth date nobody is taken for adult."""
    statement: Select[Any] = (
        select(col(Resident.id), col(Residency.household_id), *_stratum(stratify))
        .join(Residency, col(Residency.resident_id) == col(Resident.id))
        .join(Household, col(Household.id) == col(Residency.household_id))
        .where(
            col(Residency.community_id) == community_id,
            col(Residency.from_on) <= on,
            or_(col(Residency.to_on).is_(None), col(Residency.to_on) >= on),
            col(Resident.birth_on) <= add_months(on, -ADULT_MONTHS),
            or_(col(Resident.died_on).is_(None), col(Resident.died_on) > on),
            col(Resident.merged_into_id).is_(None),
        )
    )
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
