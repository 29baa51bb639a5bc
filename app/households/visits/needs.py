"""Needs (需求) heard at visits: numbered, listed, kept when a visit is corrected; a later room makes cases of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlmodel import Session, col

from app.accounts.permissions import Principal
from app.core.clock import now
from app.core.db import touch
from app.core.errors import Conflict, Invalid
from app.core.events import NeedRaised, publish
from app.core.i18n import gettext as _
from app.core.pagination import Paging, paginate
from app.core.serials import next_serial
from app.households.models import Household
from app.households.scope import areas_of, communities_of
from app.households.visits import locks
from app.households.visits.models import Need, NeedState, Visit
from app.households.visits.schemas import NeedListed, NeedWrite

OPEN, WITHDRAWN = NeedState.open, NeedState.withdrawn


def visible(who: Principal) -> Select[Need]:
    return (
        select(Need)
        .join(Household, col(Household.id) == col(Need.household_id))
        .where(communities_of(who, col(Need.community_id)), *areas_of(who, col(Household.grid_area_id)))
    )


def of_visit(s: Session, visit_id: UUID) -> list[Need]:
    return list(s.scalars(select(Need).where(col(Need.visit_id) == visit_id).order_by(col(Need.serial))))


def settle(s: Session, visit: Visit, wanted: Sequence[NeedWrite]) -> list[Need]:
    """Makes the visit's needs those of `wanted`: what is named or alike stays, what is new is numbered, the rest ends.

    A need that has become a case is not the visit's to withdraw any more.
    """
    pool = of_visit(s, visit.id) if visit.version > 1 else []
    kept, fresh = _match(pool, wanted)
    for need in pool:
        if need.id not in kept and need.state != WITHDRAWN:
            _withdraw(s, need)
    for need_id, told in kept.items():
        _update(s, next(n for n in pool if n.id == need_id), visit, told)
    return [n for n in pool if n.id in kept] + [_raise(s, visit, told) for told in fresh]


def _match(pool: Sequence[Need], wanted: Sequence[NeedWrite]) -> tuple[dict[UUID, NeedWrite], list[NeedWrite]]:
    """By id, then alike in everything, then alike in category; a need still open before one withdrawn."""
    kept: dict[UUID, NeedWrite] = {}
    left = list(wanted)
    ordered = sorted(pool, key=lambda n: n.state == WITHDRAWN)
    for told in [w for w in left if w.id is not None]:
        if told.id not in {n.id for n in pool} or told.id in kept:
            raise Invalid(_("需求编号不属于这次走访。"), field="needs", code="unknown_need")
        kept[told.id] = told
        left.remove(told)
    same = (
        lambda n, w: (n.category, n.detail, n.urgent) == (w.category, w.detail, w.urgent),
        lambda n, w: n.category == w.category and n.state != WITHDRAWN,
    )
    for alike in same:
        for told in list(left):
            found = next((n for n in ordered if n.id not in kept and alike(n, told)), None)
            if found is not None:
                kept[found.id] = told
                left.remove(told)
    return kept, left


def _withdraw(s: Session, need: Need) -> None:
    if need.state != OPEN:
        raise Conflict(_("需求 %(serial)s 已在办理，不能从走访中删去。", serial=need.serial), code="need_in_progress")
    need.state = WITHDRAWN
    touch(need)
    s.add(need)


def _update(s: Session, need: Need, visit: Visit, told: NeedWrite) -> None:
    state = OPEN if need.state == WITHDRAWN else need.state
    changed = {
        "household_id": visit.household_id,
        "category": told.category.value,
        "detail": told.detail,
        "urgent": told.urgent,
        "state": state,
    }
    if any(getattr(need, name) != value for name, value in changed.items()):
        for name, value in changed.items():
            setattr(need, name, value)
        touch(need)
        s.add(need)


def _raise(s: Session, visit: Visit, told: NeedWrite) -> Need:
    return _store(s, visit.community_id, visit.household_id, told, now(), visit.id)


def raise_elsewhere(s: Session, household: Household, told: NeedWrite, at: datetime | None = None) -> Need:
    """A need that was heard at a meeting, by telephone or in writing: numbered and followed like any other."""
    return _store(s, household.community_id, household.id, told, at or now(), None)


def _store(
    s: Session, community_id: UUID, household_id: UUID, told: NeedWrite, at: datetime, visit_id: UUID | None
) -> Need:
    locks.hold(s, f"serial:{community_id}:need")  # so that the first two of a year do not collide
    need = Need(
        community_id=community_id,
        household_id=household_id,
        visit_id=visit_id,
        serial=next_serial(s, community_id, "need"),
        category=told.category,
        detail=told.detail,
        urgent=told.urgent,
        raised_at=at,
    )
    s.add(need)
    s.flush()
    publish(s, NeedRaised(need.id))
    return need


@dataclass(frozen=True)
class NeedQuery:
    state: str | None = None
    category: str | None = None
    urgent: bool | None = None
    household_id: UUID | None = None
    grid_area_id: UUID | None = None


def filtered(who: Principal, query: NeedQuery) -> Any:
    """The needs list, with each household's label."""
    found: Any = visible(who).add_columns(col(Household.label))
    for column, value in (
        (Need.state, query.state),
        (Need.category, query.category),
        (Need.urgent, query.urgent),
        (Need.household_id, query.household_id),
        (Household.grid_area_id, query.grid_area_id),
    ):
        if value is not None:
            found = found.where(col(column) == value)
    return found


def page(s: Session, who: Principal, query: NeedQuery, paging: Paging) -> dict[str, Any]:
    """One page, the latest first."""
    keys: list[Any] = [(col(Need.raised_at), datetime), (col(Need.id), UUID)]
    found = paginate(s, filtered(who, query), paging, keys, descending=True, scalars=False, key_of=_keys)
    return {**found, "items": [listed(need, label) for need, label in found["items"]]}


def _keys(row: Any) -> list[Any]:
    return [row[0].raised_at, row[0].id]


def listed(need: Need, label: str) -> NeedListed:
    return NeedListed(**need.model_dump(exclude={"community_id", "created_at", "updated_at"}), household_label=label)
