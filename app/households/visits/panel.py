"""The timeline on a household's page: visits, corrections, needs and events, and when the next visit is due."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session, col

from app.accounts.permissions import Principal
from app.core.clock import today
from app.core.hypermedia import View
from app.households.panels import Panel, register_panel
from app.households.visits import form, happenings, labels, needs, service
from app.households.visits.models import Need, Outcome, Visit, VisitDue, VisitEvent
from app.households.visits.schemas import VisitRead

MOST = 20


@dataclass(frozen=True)
class Moment:
    """One point of the timeline."""

    at: datetime
    kind: str
    title: str
    tone: str = ""
    href: str = ""
    lines: list[str] = field(default_factory=list)
    visit: VisitRead | None = None


def context(view: View) -> dict[str, Any]:
    """Nothing for those who may not see visits."""
    if not view.who.may("visits:read"):
        return {}
    household_id = view.data.id
    due = view.s.get(VisitDue, household_id)
    return {
        "household": view.data,
        "due": due,
        "overdue_days": max((today() - due.owed_on).days, 0) if due else 0,
        "events": form.open_events(view.s, view.who, household_id),
        "open_needs": _open_needs(view.s, view.who, household_id),
        "moments": moments(view.s, view.who, household_id),
        "may_write": view.who.may("visits:write") and view.data.closed_on is None,
        **labels.words(),
    }


def _open_needs(s: Session, who: Principal, household_id: UUID) -> list[Need]:
    wanted = needs.visible(who).where(col(Need.household_id) == household_id, col(Need.state) == needs.OPEN)
    return list(s.scalars(wanted.order_by(col(Need.urgent).desc(), col(Need.raised_at))))


def moments(s: Session, who: Principal, household_id: UUID) -> list[Moment]:
    """The latest visits (with their needs and corrections) and events, newest first."""
    found = service.visible(who).where(col(Visit.household_id) == household_id)
    visits = s.scalars(found.order_by(col(Visit.visited_at).desc()).limit(MOST)).all()
    events = s.scalars(
        happenings.visible(who)
        .where(col(VisitEvent.household_id) == household_id)
        .order_by(col(VisitEvent.happened_at).desc())
        .limit(MOST)
    ).all()
    told = [_visit(v) for v in service.read(s, who, visits)] + [_event(e) for e in events]
    return sorted(told, key=lambda m: m.at, reverse=True)[:MOST]


def _visit(visit: VisitRead) -> Moment:
    tone = "" if visit.outcome in (Outcome.not_home, Outcome.refused) else "good"
    return Moment(
        at=visit.visited_at,
        kind="visit",
        title=f"{labels.label('purpose', visit.purpose)} · {labels.label('outcome', visit.outcome)}",
        tone=tone,
        href=f"/visits/{visit.id}",
        visit=visit,
    )


def _event(event: VisitEvent) -> Moment:
    tone = "warn" if event.done_visit_id is None else ""
    return Moment(event.happened_at, "event", labels.label("event", event.kind), tone, lines=[event.detail])


register_panel(Panel(20, "visits/_panel.html", context))
