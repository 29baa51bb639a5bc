"""The visit form: who lives there, and defaults that are right nine times of ten."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from app.accounts.permissions import Principal
from app.core.clock import now, today, zone
from app.core.errors import Forbidden, NotFound
from app.core.hypermedia import View
from app.core.i18n import gettext as _
from app.core.models import new_id
from app.households import service as households
from app.households.visits import happenings, labels, service
from app.households.visits import today as day_plan
from app.households.visits.models import NeedCategory, Outcome, Purpose, Tier, Visit, VisitDue, VisitEvent
from app.households.visits.plan_schemas import DuePerson, LastVisit, OpenEvent
from app.households.visits.schemas import FormPerson, VisitForm, VisitRead


def blank(s: Session, who: Principal, household_id: UUID, visit_id: UUID | None = None) -> VisitForm:
    """A new visit under a new id, so that the form may be sent twice."""
    household = households.get(s, who, household_id)
    households.check_open(household)
    due = s.get(VisitDue, household_id)
    people = day_plan.people_at(s, who, [household_id], today()).get(household_id, [])
    events = open_events(s, who, household_id)
    return VisitForm(
        visit_id=visit_id or new_id(),
        household_id=household_id,
        household_label=household.label,
        tier=due.tier if due else None,
        categories=due.categories if due else [],
        due_on=due.due_on if due else None,
        overdue_days=max((today() - due.owed_on).days, 0) if due else 0,
        last_visit=_last(s, due),
        events=events,
        people=_preselected(people),
        visited_at=now(),
        purpose=_purpose(due, bool(events)),
        outcome=Outcome.fine,
        note="",
        needs=[],
        next_due_on=None,
        version=None,
    )


def of_visit(s: Session, who: Principal, visit_id: UUID) -> VisitForm:
    """A recorded visit, to be corrected by its author or the director; also after its household was closed."""
    shown = service.detail(s, who, visit_id)
    if not shown.may_correct:
        raise Forbidden(_("只有记录人本人或社区主任可以更正这次走访。"))
    return VisitForm(
        visit_id=shown.id,
        household_id=shown.household_id,
        household_label=shown.household_label,
        tier=None,
        categories=[],
        due_on=None,
        overdue_days=0,
        last_visit=None,
        events=[],
        people=_met(s, who, shown),
        visited_at=shown.visited_at,
        purpose=shown.purpose,
        outcome=shown.outcome,
        note=shown.note,
        needs=shown.needs,
        next_due_on=shown.next_due_chosen,
        version=shown.version,
    )


def _met(s: Session, who: Principal, shown: VisitRead) -> list[FormPerson]:
    """Who lives there today, and whoever was met then."""
    living = day_plan.people_at(s, who, [shown.household_id], today()).get(shown.household_id, [])
    met = {p.id: p.name for p in shown.people}
    people = [FormPerson(**dict(p), met=p.id in met) for p in living]
    for person in people:
        met.pop(person.id, None)
    return people + [
        FormPerson(id=key, name=name, age=None, relation="other", categories=[], met=True) for key, name in met.items()
    ]


def refused(view: View) -> VisitForm:
    """The form beneath a refusal: the same id, the same household, whatever was typed is shown by the template."""
    visit_id = view.param("visit_id")
    if view.s.scalar(service.visible(view.who).where(col(Visit.id) == visit_id)) is not None:
        return of_visit(view.s, view.who, visit_id)
    sent = json.loads(getattr(view.request, "_body", b"") or b"{}")
    try:
        household_id = UUID(str(sent.get("household_id")))
    except ValueError:
        raise NotFound() from None
    return blank(view.s, view.who, household_id, visit_id)


def _preselected(people: list[DuePerson]) -> list[FormPerson]:
    """Those who are cared for were probably met; else the head of the household."""
    cared = {p.id for p in people if p.categories}
    met = cared or {p.id for p in people if p.relation == "head"} or {p.id for p in people[:1]}
    return [FormPerson(**dict(p), met=p.id in met) for p in people]


def _purpose(due: VisitDue | None, happened: bool) -> Purpose:
    if happened:
        return Purpose.event
    return Purpose.care if due is not None and due.tier != Tier.routine else Purpose.routine


def _last(s: Session, due: VisitDue | None) -> LastVisit | None:
    if due is None or due.last_visit_id is None or due.last_visit_on is None:
        return None
    found = s.execute(
        select(col(Visit.outcome), col(Visit.note)).where(col(Visit.id) == due.last_visit_id)
    ).one_or_none()
    return LastVisit(on=due.last_visit_on, outcome=found.outcome, note=found.note) if found else None


def open_events(s: Session, who: Principal, household_id: UUID) -> list[OpenEvent]:
    wanted = happenings.visible(who).where(
        col(VisitEvent.household_id) == household_id, col(VisitEvent.done_visit_id).is_(None)
    )
    return [
        OpenEvent(
            id=e.id,
            household_id=household_id,
            household_label="",
            kind=e.kind,
            detail=e.detail,
            at=e.due_at,
        )
        for e in s.scalars(wanted.order_by(col(VisitEvent.due_at)))
    ]


def extra(view: View) -> dict[str, Any]:
    """Choices of the form, and its needs as rows: one for every category, then further known ones."""
    data: VisitForm | None = view.data or None
    return {
        "purposes": labels.choices("purpose"),
        "outcomes": labels.choices("outcome"),
        "need_categories": labels.choices("need"),
        **labels.words(),
        "rows": need_rows(data.needs if data else []),
        "local": local_minute,
        "latest_next": (today() + timedelta(days=731)).isoformat(),
    }


def need_rows(known: list[Any]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    left = list(known)
    for category in NeedCategory:
        need = next((n for n in left if n.category == category), None)
        if need is not None:
            left.remove(need)
        rows.append({"category": category.value, "need": need})
    return [{"index": i, **row} for i, row in enumerate([*rows, *({"category": n.category, "need": n} for n in left)])]


def local_minute(instant: Any) -> str:
    """An instant as `<input type=datetime-local>` wants it."""
    return f"{instant.astimezone(zone()):%Y-%m-%dT%H:%M}"
