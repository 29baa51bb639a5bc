"""The composition of a community on any day, counted by the database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, case, exists, func, literal, select
from sqlmodel import Session, col

from app.accounts.permissions import Principal
from app.communities import service as communities
from app.communities.models import GridArea
from app.core.clock import add_months
from app.core.i18n import gettext as _
from app.households.composition.schemas import AgeBand, AreaOccupancy, Cell, PopulationComposition
from app.households.models import Household, HouseholdTenure, Tenure
from app.households.queries import pairs
from app.households.residents.models import Education, Residency, Resident, Sex
from app.households.residents.service import ELDER, lives_on
from app.households.scope import is_outsider
from app.households.words import EDUCATIONS, TENURES

SMALLEST = 3
BANDS = tuple(range(0, 100, 10))
_UNKNOWN = -1


def living(community_id: UUID, day: date, *what: Any) -> Select[Any]:
    """A question about the people who live in a community on a day."""
    statement: Select[Any] = select(*what).select_from(Residency)
    joined = statement.join(Resident, col(Resident.id) == col(Residency.resident_id))
    return joined.where(col(Residency.community_id) == community_id, lives_on(day))


def dwellings(community_id: UUID, day: date, *what: Any) -> Select[Any]:
    """A question about the dwellings of a community on a day; joins the tenure that held then."""
    statement: Select[Any] = select(*what).select_from(Household)
    period = and_(
        col(HouseholdTenure.household_id) == col(Household.id),
        col(HouseholdTenure.from_on) <= day,
        col(HouseholdTenure.to_on).is_(None) | (col(HouseholdTenure.to_on) >= day),
    )
    return statement.join(HouseholdTenure, period, isouter=True).where(
        col(Household.community_id) == community_id,
        col(Household.closed_on).is_(None) | (col(Household.closed_on) > day),
    )


def tenure_then() -> Any:
    """The tenure on that day. A dwelling without any recorded period counts as it is used now."""
    recorded = exists().where(col(HouseholdTenure.household_id) == col(Household.id)).correlate(Household)
    return func.coalesce(col(HouseholdTenure.tenure), case((~recorded, col(Household.tenure)), else_="unknown"))


def by_tenure(s: Session, community_id: UUID, day: date) -> dict[str, int]:
    kind = tenure_then().label("kind")
    found = dwellings(community_id, day, kind, func.count()).group_by(kind)
    return pairs(s, found)


def by_age_and_sex(s: Session, community_id: UUID, day: date) -> dict[tuple[int, str], int]:
    """Counts by (first age of the band, sex); the band of those without a birth date is -1."""
    born = col(Resident.birth_on)
    steps = [(born > add_months(day, -12 * (start + 10)), literal(start)) for start in BANDS[:-1]]
    band = case((born.is_(None), literal(_UNKNOWN)), *steps, else_=literal(BANDS[-1])).label("band")
    found = living(community_id, day, band, col(Resident.sex), func.count()).group_by(band, col(Resident.sex))
    return {(row[0], row[1]): row[2] for row in s.execute(found)}


def by_education(s: Session, community_id: UUID, day: date) -> dict[str, int]:
    kind = col(Resident.education)
    return pairs(s, living(community_id, day, kind, func.count()).group_by(kind))


def elders(s: Session, community_id: UUID, day: date) -> int:
    old = col(Resident.birth_on) <= add_months(day, -12 * ELDER)
    return s.scalar(living(community_id, day, func.count()).where(old)) or 0


def by_area(s: Session, community_id: UUID, day: date) -> dict[UUID, tuple[int, int, int]]:
    """Of each grid area: dwellings, those lived in, people."""
    area = col(Household.grid_area_id)
    lived_in = func.sum(case((tenure_then().in_([Tenure.owner_occupied, Tenure.rented]), 1), else_=0))
    homes_then = dwellings(community_id, day, area, func.count(), lived_in).group_by(area)
    homes = {row[0]: (row[1], row[2]) for row in s.execute(homes_then)}
    people = living(community_id, day, area, func.count())
    people = people.join(Household, col(Household.id) == col(Residency.household_id)).group_by(area)
    counted = pairs(s, people)
    return {a: (*homes.get(a, (0, 0)), counted.get(a, 0)) for a in homes.keys() | counted.keys()}


def suppressed(values: Sequence[int], smallest: int) -> list[int | None]:
    """Hides counts under `smallest`, and a second one where the only hidden one could be found by subtraction."""
    hidden = {at for at, value in enumerate(values) if 0 < value < smallest}
    if len(hidden) == 1:
        rest = [at for at, value in enumerate(values) if at not in hidden and value > 0]
        if rest:
            hidden.add(min(rest, key=lambda at: values[at]))
    return [None if at in hidden else value for at, value in enumerate(values)]


def composition(s: Session, who: Principal, community_id: UUID, as_of: date) -> PopulationComposition:
    """How a community is made up on a day; whoever looks from outside does not see counts under `SMALLEST`."""
    community = communities.find(s, who, community_id)
    smallest = SMALLEST if is_outsider(who) else 0
    tenure = by_tenure(s, community.id, as_of)
    education = by_education(s, community.id, as_of)
    return PopulationComposition(
        community_id=community.id,
        community_name=community.name,
        as_of=as_of,
        residents=sum(education.values()),
        households=sum(tenure.values()),
        occupied=tenure.get(Tenure.owner_occupied, 0) + tenure.get(Tenure.rented, 0),
        elders=suppressed([elders(s, community.id, as_of)], smallest)[0],
        ages=_ages(by_age_and_sex(s, community.id, as_of), smallest),
        education=_cells({str(k): _(EDUCATIONS[k]) for k in Education}, education, smallest),
        tenure=_cells({**{str(k): _(TENURES[k]) for k in TENURES}, "unknown": _("当时未登记")}, tenure, 0),
        areas=_areas(s, community.id, as_of, smallest),
        smallest=smallest,
    )


def band_label(start: int) -> str:
    if start == _UNKNOWN:
        return _("出生日期未登记")
    if start == BANDS[-1]:
        return f"{start}+"
    return f"{start}–{start + 9}"


def _ages(counted: dict[tuple[int, str], int], smallest: int) -> list[AgeBand]:
    starts = [start for start in (*BANDS, _UNKNOWN) if start in BANDS or any(key[0] == start for key in counted)]
    while len(starts) > 1 and starts[-1] == BANDS[-1] and not any((starts[-1], sex) in counted for sex in Sex):
        starts.pop()
    columns = {
        sex: suppressed([counted.get((start, sex), 0) for start in starts], smallest)
        for sex in (Sex.male, Sex.female, Sex.unknown)
    }
    return [
        AgeBand(
            from_age=None if start == _UNKNOWN else start,
            label=band_label(start),
            male=columns[Sex.male][at],
            female=columns[Sex.female][at],
            unknown=columns[Sex.unknown][at],
        )
        for at, start in enumerate(starts)
    ]


def _cells(words: dict[str, str], counted: dict[str, int], smallest: int) -> list[Cell]:
    """One cell for every word that counts something, in the order of the words."""
    keys = [key for key in words if counted.get(key)]
    values = suppressed([counted[key] for key in keys], smallest)
    return [Cell(key=key, label=words[key], value=value) for key, value in zip(keys, values, strict=True)]


def _areas(s: Session, community_id: UUID, day: date, smallest: int) -> list[AreaOccupancy]:
    counted = by_area(s, community_id, day)
    listed = s.scalars(
        select(GridArea).where(col(GridArea.community_id) == community_id).order_by(col(GridArea.number))
    ).all()
    people = suppressed([counted.get(a.id, (0, 0, 0))[2] for a in listed], smallest)
    return [
        AreaOccupancy(
            grid_area_id=a.id,
            label=a.name,
            households=counted.get(a.id, (0, 0, 0))[0],
            occupied=counted.get(a.id, (0, 0, 0))[1],
            residents=people[at],
        )
        for at, a in enumerate(listed)
    ]
