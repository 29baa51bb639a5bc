"""Consultation meetings: planning one, holding it, and closing it when everything said there is answered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlmodel import Session, col

from app.accounts.permissions import Principal
from app.communities.models import Community
from app.consultations import reading
from app.consultations.models import Consultation, ConsultationEvent, ConsultationState, Opinion
from app.consultations.schemas import (
    ConsultationDetail,
    ConsultationHeld,
    ConsultationRead,
    ConsultationUpdate,
    ConsultationWrite,
    Reason,
    StepRead,
)
from app.consultations.states import OWED, check_meeting_step
from app.core.clock import local_date, now
from app.core.db import check_version, lock_row, touch
from app.core.errors import Conflict, NotFound
from app.core.i18n import gettext as _
from app.core.serials import next_serial
from app.households.scope import communities_of
from app.households.visits import locks
from app.members.service import own_community

BEFORE = frozenset({"topic", "held_at", "place", "host", "notice"})


def visible(who: Principal) -> Select[Consultation]:
    return select(Consultation).where(communities_of(who, col(Consultation.community_id)))


def find(s: Session, who: Principal, consultation_id: UUID) -> Consultation:
    found = s.scalars(visible(who).where(col(Consultation.id) == consultation_id)).one_or_none()
    if found is None:
        raise NotFound()
    return found


def filtered(who: Principal, q: str | None, state: ConsultationState | None, year: int | None) -> Any:
    found: Any = visible(who)
    if q:
        found = found.where(or_(_has(Consultation.topic, q), _has(Consultation.place, q), _has(Consultation.number, q)))
    if state is not None:
        found = found.where(col(Consultation.state) == state)
    if year is not None:
        found = found.where(col(Consultation.number).startswith(f"{year}-"))
    return found


def _has(column: Any, q: str) -> ColumnElement[bool]:
    return col(column).icontains(q, autoescape=True)


def create(s: Session, who: Principal, data: ConsultationWrite, at: datetime | None = None) -> Consultation:
    """Plans a meeting."""
    community_id = own_community(who)
    locks.hold(s, f"serial:{community_id}:consultation")  # so that the first two of a year do not collide
    year = local_date(data.held_at).year
    meeting = Consultation(
        community_id=community_id,
        number=next_serial(s, community_id, "consultation", year),
        **data.model_dump(),
    )
    s.add(meeting)
    s.flush()
    _log(s, who, meeting, "planned", at or now())
    return meeting


def update(
    s: Session, who: Principal, consultation_id: UUID, data: ConsultationUpdate, version: int | None
) -> Consultation:
    """Before the meeting what residents are told may change; afterwards only how it went."""
    meeting = _hold(s, who, consultation_id, version)
    changes = {key: value for key, value in data.model_dump(exclude_unset=True).items() if value is not None}
    planned = meeting.state == ConsultationState.planned
    wrong = changes.keys() - BEFORE if planned else changes.keys() & BEFORE
    if wrong or meeting.state in (ConsultationState.closed, ConsultationState.cancelled):
        raise Conflict(
            _("召开前只能改通知内容，召开后只能补记出席和小结，办结后都不能再改。"),
            code="meeting_state",
            field=min(wrong, default=None),
        )
    meeting.sqlmodel_update(changes)
    return _saved(s, meeting)


def hold_meeting(
    s: Session,
    who: Principal,
    consultation_id: UUID,
    data: ConsultationHeld,
    version: int | None,
    at: datetime | None = None,
) -> Consultation:
    """Records that the meeting took place."""
    meeting = _hold(s, who, consultation_id, version)
    check_meeting_step(meeting.state, ConsultationState.held)
    meeting.sqlmodel_update(data.model_dump())
    return _move(s, who, meeting, ConsultationState.held, at)


def close(
    s: Session, who: Principal, consultation_id: UUID, version: int | None, at: datetime | None = None
) -> Consultation:
    """Closes a meeting when nothing that was said there still waits for an answer."""
    meeting = _hold(s, who, consultation_id, version)
    check_meeting_step(meeting.state, ConsultationState.closed)
    waiting = select(func.count()).select_from(Opinion)
    waiting = waiting.where(col(Opinion.consultation_id) == meeting.id, col(Opinion.state).in_(OWED))
    if left := s.scalar(waiting):
        raise Conflict(_("还有 %(n)s 条意见没有答复，件件有回音后才能办结。", n=left), code="opinions_waiting")
    return _move(s, who, meeting, ConsultationState.closed, at)


def cancel(
    s: Session, who: Principal, consultation_id: UUID, data: Reason, version: int | None, at: datetime | None = None
) -> Consultation:
    """Calls off a planned meeting; opinions sent for it beforehand stay and are answered."""
    meeting = _hold(s, who, consultation_id, version)
    check_meeting_step(meeting.state, ConsultationState.cancelled)
    return _move(s, who, meeting, ConsultationState.cancelled, at, data.reason)


def _hold(s: Session, who: Principal, consultation_id: UUID, version: int | None) -> Consultation:
    find(s, who, consultation_id)
    meeting = cast(Consultation, lock_row(s, Consultation, consultation_id))
    check_version(meeting, version)
    return meeting


def _move(
    s: Session, who: Principal, meeting: Consultation, to: ConsultationState, at: datetime | None, note: str = ""
) -> Consultation:
    meeting.state = to
    _log(s, who, meeting, to, at or now(), note)
    return _saved(s, meeting)


def _saved(s: Session, meeting: Consultation) -> Consultation:
    touch(meeting)
    s.add(meeting)
    return meeting


def _log(s: Session, who: Principal, meeting: Consultation, kind: str, at: datetime, note: str = "") -> None:
    s.add(
        ConsultationEvent(
            community_id=meeting.community_id,
            consultation_id=meeting.id,
            kind=kind,
            at=at,
            actor_id=who.id,
            actor_name=who.name,
            note=note,
        )
    )


def shown(s: Session, who: Principal, meetings: Sequence[Consultation]) -> list[ConsultationRead]:
    """Meetings with how many opinions were raised there, and how many of them are answered."""
    counted: dict[UUID, tuple[int, int]] = {}
    rows: Any = (
        select(
            col(Opinion.consultation_id),
            func.count(),
            func.count().filter(col(Opinion.state).not_in(OWED)),
        )
        .where(col(Opinion.consultation_id).in_([m.id for m in meetings]))
        .group_by(col(Opinion.consultation_id))
    )
    for meeting_id, all_of_them, answered in s.execute(rows):
        counted[meeting_id] = (all_of_them, answered)
    return [_read(who, meeting, *counted.get(meeting.id, (0, 0))) for meeting in meetings]


def _read(who: Principal, meeting: Consultation, raised: int, answered: int) -> ConsultationRead:
    plain = meeting.model_dump(exclude={"attendees", "created_at", "updated_at"})
    names = meeting.attendees if who.may("opinions:write") else ""
    return ConsultationRead(**plain, attendees=names, opinions=raised, answered=answered)


def detail(s: Session, who: Principal, consultation_id: UUID) -> ConsultationDetail:
    """One meeting with what happened to it, and the opinions raised there that one may see."""
    meeting = find(s, who, consultation_id)
    wanted = select(ConsultationEvent).where(col(ConsultationEvent.consultation_id) == meeting.id)
    events = s.scalars(wanted.order_by(col(ConsultationEvent.at), col(ConsultationEvent.id)))
    return ConsultationDetail(
        **shown(s, who, [meeting])[0].model_dump(),
        community_code=s.get_one(Community, meeting.community_id).code,
        events=[StepRead.model_validate(e) for e in events],
        raised=reading.of_meeting(s, who, meeting.id),
    )
