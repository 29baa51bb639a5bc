"""The list of households: filters, search, one page of it, and all of it as a table.

A page costs a query for the dwellings, one for the people in them and one for their care: columns, never whole rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Depends, Query
from sqlalchemy import Date, Select, and_, bindparam, func, select
from sqlmodel import Session

from app.accounts.permissions import Principal
from app.communities.models import GridArea
from app.core.clock import add_months, age_on, today
from app.core.i18n import gettext as _
from app.core.masking import mask_name
from app.core.pagination import Paging, paginate
from app.core.schemas import Search
from app.households import finding
from app.households.models import Building, Household, Tenure
from app.households.residents.models import CareCategory, CareRecord, Relation, Residency, Resident
from app.households.scope import Choice, areas_of, communities_of, is_outsider, reach
from app.households.search import households_matching
from app.households.words import CARE, TENURES

CareFilter = CareCategory | Literal["any", "elder"]
ELDER_MONTHS = 60 * 12
_household, _building, _area = Household.__table__, Building.__table__, GridArea.__table__  # type: ignore[attr-defined]
_residency, _resident, _care = Residency.__table__, Resident.__table__, CareRecord.__table__  # type: ignore[attr-defined]
_ORDER = {relation.value: place for place, relation in enumerate(Relation)}
_EXPORT_AT_ONCE = 500
_IN_ORDER = (_household.c.community_id, _household.c.walk_key, _household.c.id)  # as the index has it


@dataclass(frozen=True)
class Filters:
    """What a list of households is narrowed to."""

    q: str = ""
    community_id: UUID | None = None
    grid_area_id: UUID | None = None
    building_id: UUID | None = None
    tenure: Tenure | None = None
    care: CareFilter | None = None
    occupied: bool | None = None
    closed: bool | None = None


async def _filters(
    q: Annotated[
        Search, Query(description="room number, part of a name, initials, phone ending; or a whole number")
    ] = "",
    community_id: Annotated[Choice[UUID], Query()] = None,
    grid_area_id: Annotated[Choice[UUID], Query()] = None,
    building_id: Annotated[Choice[UUID], Query()] = None,
    tenure: Annotated[Choice[Tenure], Query()] = None,
    care: Annotated[Choice[CareFilter], Query(description="somebody who lives there needs it")] = None,
    occupied: Annotated[Choice[bool], Query(description="lived in: by its owner or rented")] = None,
    closed: Annotated[Choice[bool], Query(description="taken out of the register; false by default")] = None,
    find: Annotated[str, Query(max_length=finding.LONGEST, description="of `POST /households/find`, for `q`")] = "",
) -> Filters:
    return Filters(finding.opened(find) or q, community_id, grid_area_id, building_id, tenure, care, occupied, closed)


FiltersDep = Annotated[Filters, Depends(_filters)]


def _conditions(who: Principal, wanted: Filters) -> list[Any]:
    h = _household.c
    found: list[Any] = [communities_of(who, h.community_id), *areas_of(who, h.grid_area_id)]
    found.append(h.closed_on.is_not(None) if wanted.closed else h.closed_on.is_(None))
    for column, value in (
        (h.community_id, wanted.community_id),
        (h.grid_area_id, wanted.grid_area_id),
        (h.building_id, wanted.building_id),
        (h.tenure, wanted.tenure),
    ):
        if value is not None:
            found.append(column == value)
    if wanted.occupied is not None:
        found.append((h.tenure != Tenure.vacant) if wanted.occupied else (h.tenure == Tenure.vacant))
    if wanted.care is not None:
        found.append(h.id.in_(_homes_needing(who, wanted.care)))
    if wanted.q:
        found.extend(households_matching(who, wanted.q))
    return found


def _homes_needing(who: Principal, care: CareFilter) -> Select[Any]:
    """The households in which somebody needs this care today."""
    day = today()
    if care == "elder":
        needing = select(_resident.c.id).where(
            communities_of(who, _resident.c.community_id), _resident.c.birth_on <= add_months(day, -ELDER_MONTHS)
        )
    else:
        needing = select(_care.c.resident_id).where(communities_of(who, _care.c.community_id), _holds(day))
        needing = needing if care == "any" else needing.where(_care.c.category == care)
    return select(_residency.c.household_id).where(_residency.c.resident_id.in_(needing), _residency.c.to_on.is_(None))


def _holds(day: date) -> Any:
    return and_(_care.c.from_on <= day, _care.c.to_on.is_(None) | (_care.c.to_on >= day))


@lru_cache(maxsize=512)
def _statement(who: Principal, wanted: Filters, _day: date) -> Select[Any]:
    """The list as it is asked on a day; `who` is a reach."""
    h = _household.c
    return (
        select(
            h.id,
            h.community_id,
            h.label,
            h.tenure,
            h.grid_area_id,
            h.walk_key,
            h.closed_on,
            _building.c.address,
            _area.c.name.label("grid_area"),
        )
        .join(_building, _building.c.id == h.building_id)
        .join(_area, _area.c.id == h.grid_area_id)
        .where(*_conditions(who, wanted))
    )


def page(s: Session, who: Principal, wanted: Filters, paging: Paging) -> dict[str, Any]:
    """One page in walking order."""
    keys = [(column, kind) for column, kind in zip(_IN_ORDER, (UUID, str, UUID), strict=True)]
    found = paginate(s, _statement(reach(who), wanted, today()), paging, keys, scalars=False, count=False)
    found["items"] = _with_people(s, who, found["items"])
    if not paging.cursor and not (wanted.q and found["next"]):  # counting every hit costs more than finding a page
        counted = _counted(reach(who), wanted, today())
        found["total"] = s.scalar(counted) if found["next"] else len(found["items"])
    return found


@lru_cache(maxsize=512)
def _counted(who: Principal, wanted: Filters, _day: date) -> Select[Any]:
    return select(func.count()).select_from(_household).where(*_conditions(who, wanted))


def _with_people(s: Session, who: Principal, rows: Sequence[Any]) -> list[dict[str, Any]]:
    people = _people(s, who, [row.id for row in rows])
    items = []
    for row in rows:
        here = people.get(row.id, [])
        care = dict.fromkeys(category for person in here for category in person["care"])
        items.append({**row._mapping, "people": here, "people_count": len(here), "care": list(care)})
    return items


def _people(s: Session, who: Principal, household_ids: list[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    """Who lives in each household today, the head first, each with the care that holds."""
    day, hidden = today(), is_outsider(who)
    people: dict[UUID, tuple[Any, dict[str, Any]]] = {}
    for row in s.execute(_living(), {"homes": household_ids, "day": day}):
        known = people.get(row.id)
        if known is None:
            age = age_on(row.birth_on, day) if row.birth_on else None
            known = people[row.id] = (row, {"id": row.id, "name": row.name, "age": age, "care": []})
            if hidden:
                known[1]["name"] = mask_name(row.name)
        if row.category:
            known[1]["care"].append(row.category)
    homes: dict[UUID, list[Any]] = {}
    for row, person in sorted(people.values(), key=lambda p: (_ORDER[p[0].relation], p[0].birth_on or date.max)):
        homes.setdefault(row.household_id, []).append(person)
    return homes


@lru_cache(maxsize=1)
def _living() -> Select[Any]:
    """Parameters: homes, day."""
    r, p, day = _residency.c, _resident.c, bindparam("day", type_=Date())
    holds = and_(_care.c.from_on <= day, _care.c.to_on.is_(None) | (_care.c.to_on >= day))
    return (
        select(r.household_id, r.relation, p.id, p.name, p.birth_on, _care.c.category)
        .join(_resident, p.id == r.resident_id)
        .outerjoin(_care, and_(_care.c.resident_id == p.id, holds))
        .where(r.household_id.in_(bindparam("homes", expanding=True)), r.to_on.is_(None))
    )


def columns() -> list[str]:
    return [_("房号"), _("地址"), _("网格"), _("使用情况"), _("人数"), _("居民"), _("关爱类别"), _("注销日期")]


def rows(s: Session, who: Principal, wanted: Filters) -> Iterator[list[Any]]:
    """Every household of the list, for an export."""
    everything = s.execute(_statement(reach(who), wanted, today()).order_by(*_IN_ORDER)).all()
    for at in range(0, len(everything), _EXPORT_AT_ONCE):
        for item in _with_people(s, who, everything[at : at + _EXPORT_AT_ONCE]):
            yield [
                item["label"],
                item["address"],
                item["grid_area"],
                _(TENURES[Tenure(item["tenure"])]),
                item["people_count"],
                "、".join(person["name"] for person in item["people"]),
                "、".join(_(CARE[CareCategory(category)]) for category in item["care"]),
                item["closed_on"],
            ]
