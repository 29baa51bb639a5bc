"""The statements of recording a visit over plain tables, built once: building them costs more than running them."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Date, Uuid, and_, bindparam, func, or_, select, update
from sqlmodel import col

from app.households.models import Household
from app.households.residents.models import Residency, Resident
from app.households.visits.models import Outcome, Visit, VisitDue, VisitEvent, VisitPolicy

_models: tuple[Any, ...] = (Visit, VisitEvent, Residency, Resident, VisitDue, VisitPolicy)
_visits, _events, _stays, _persons, _dues, _policies = (model.__table__ for model in _models)
_visit, _event, _stay, _person = _visits.c, _events.c, _stays.c, _persons.c
_due, _policy = _dues.c, _policies.c


def _id(name: str) -> Any:
    return bindparam(name, type_=Uuid())


@lru_cache(maxsize=1)
def exists() -> Any:
    """Whether an id is taken. Parameter: visit."""
    return select(_visit.id).where(_visit.id == _id("visit"))


@lru_cache(maxsize=1)
def lock() -> Any:
    """Households held for this transaction, always in the same order. Parameter: homes."""
    home: Any = (Household.id, Household.community_id, Household.grid_area_id, Household.label, Household.closed_on)
    return (
        select(*(col(c) for c in home))
        .where(col(Household.id).in_(bindparam("homes", expanding=True)))
        .order_by(col(Household.id))
        .with_for_update(key_share=True)
    )


@lru_cache(maxsize=1)
def known_people() -> Any:
    """Who of those named lives in a household now or lived there on a day. Parameters: home, met, day, today.

    A merged duplicate (`told`) stands for the record that is kept. Found from the few named: asked from the household
    and with OR, SQLite walks all residents.
    """
    told, kept = _persons.alias("told"), _persons.alias("kept")
    here = select(_stay.resident_id).where(_stay.household_id == _id("home"), or_(_covers("day"), _covers("today")))
    return (
        select(told.c.id.label("told_id"), kept.c.id, kept.c.name)
        .join(kept, kept.c.id == func.coalesce(told.c.merged_into_id, told.c.id))
        .where(told.c.id.in_(bindparam("met", expanding=True)), kept.c.id.in_(here))
    )


def _covers(name: str) -> ColumnElement[bool]:
    day = bindparam(name, type_=Date())
    return and_(_stay.from_on <= day, or_(_stay.to_on.is_(None), _stay.to_on >= day))


@lru_cache(maxsize=1)
def standing() -> Any:
    """How a household stands: its plan, its rule, its newest completed visit and newest attempt. Parameter: home."""
    nobody_home = _visit.outcome == Outcome.not_home
    done, tried = _newest("done", ~nobody_home), _newest("tried", nobody_home)
    return (
        select(
            *(_due.community_id, _due.tier, _due.start_on, _due.tier_since, _due.refresh_on),
            *(_policy.every, _policy.unit, _policy.retry_days, _policy.conditions),
            *(c.label(f"done_{c.key}") for c in (done.c.id, done.c.visited_at, done.c.next_due_on)),
            *(c.label(f"tried_{c.key}") for c in (tried.c.id, tried.c.visited_at, tried.c.next_due_on)),
        )
        .select_from(_dues)
        .outerjoin(_policies, and_(_policy.community_id == _due.community_id, _policy.tier == _due.tier))
        .outerjoin(done, done.c.household_id == _due.household_id)
        .outerjoin(tried, tried.c.household_id == _due.household_id)
        .where(_due.household_id == _id("home"))
    )


def _newest(name: str, which: Any) -> Any:
    found = select(_visit.id).where(_visit.household_id == _id("home"), which)
    newest = found.order_by(_visit.visited_at.desc(), _visit.id.desc()).limit(1).scalar_subquery()
    return select(_visits).where(_visit.id == newest).subquery(name)


@lru_cache(maxsize=1)
def move() -> Any:
    """Sets when a household is due. Parameters: home, and the columns that change."""
    return update(_dues).where(_due.household_id == _id("home"))


@lru_cache(maxsize=1)
def events_concerned() -> Any:
    """The household's events that are open, or were answered by this visit. Parameters: home, visit."""
    return select(_event.id).where(
        _event.household_id == _id("home"), or_(_event.done_visit_id.is_(None), _event.done_visit_id == _id("visit"))
    )
