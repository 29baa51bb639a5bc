"""Without signing in: writing an opinion, and following it by its code, which stands in no address and no log."""

from __future__ import annotations

import secrets
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from app.communities.models import Community
from app.consultations import opinions, steps, throttle
from app.consultations.models import Consultation, ConsultationState, Opinion, Satisfaction
from app.consultations.schemas import (
    CodeTyped,
    OpinionFollowUp,
    OpinionForm,
    OpinionSent,
    OpinionSubmit,
    OpinionTracked,
    TrackedStep,
    Tracking,
    Verdict,
)
from app.core import audit
from app.core.clock import now
from app.core.db import Database, lock_row
from app.core.errors import Invalid, NotFound
from app.core.i18n import gettext as _

TOLD = ("received", "assigned", "answered", "returned", "followed_up", "closed")


def community_of(s: Session, code: str) -> Community:
    found = s.exec(select(Community).where(col(Community.code) == code)).one_or_none()
    if found is None:
        raise NotFound()
    return found


def form(s: Session, code: str, consultation_id: UUID | None) -> OpinionForm:
    """The empty form; of a meeting that is over nothing is said, the opinion is taken all the same."""
    community = community_of(s, code)
    meeting = s.get(Consultation, consultation_id) if consultation_id else None
    open_states = (ConsultationState.planned, ConsultationState.held)
    if meeting is not None and (meeting.community_id != community.id or meeting.state not in open_states):
        meeting = None
    return OpinionForm(
        action=f"/board/{community.code}/opinions",
        community_code=community.code,
        community_name=community.name,
        consultation_id=meeting.id if meeting else None,
        topic=meeting.topic if meeting else "",
        once=secrets.token_urlsafe(16),
    )


def send(s: Session, code: str, data: OpinionSubmit, address: str) -> OpinionSent:
    community = community_of(s, code)
    throttle.check(s, "opinion", address)
    opinion, tracking_code = opinions.submit(s, community, data)
    throttle.sent(s, address)
    return OpinionSent(
        serial=opinion.serial,
        code=grouped(tracking_code),
        community_code=community.code,
        community_name=community.name,
    )


def grouped(code: str) -> str:
    return "-".join(code[i : i + 4] for i in range(0, len(code), 4))


def look(db: Database, data: CodeTyped, address: str) -> Tracking:
    """The opinion behind a code. A wrong one is counted in a transaction of its own, then refused."""
    with db.read() as s:
        throttle.check(s, "code", address)
        opinion = _of_code(s, data.code)
        if opinion is not None:
            return Tracking(action="/opinions/track", found=shown(s, opinion))
    raise _wrong(db, address)


def judge(db: Database, data: Verdict, address: str) -> Tracking:
    """The speaker says whether the answer satisfies; if not, an answer is owed again."""
    with db.write() as s:
        throttle.check(s, "code", address)
        opinion = _of_code(s, data.code)
        if opinion is not None:
            audit.set_actor(s, opinions.Speaker())
            held: Any = lock_row(s, Opinion, opinion.id)
            told = OpinionFollowUp(satisfaction=Satisfaction(data.satisfaction), note=data.note)
            steps.judge(s, opinions.Speaker(), held, told, now())
            s.flush()
            return Tracking(action="/opinions/track", found=shown(s, held))
    raise _wrong(db, address)


def _of_code(s: Session, code: str) -> Opinion | None:
    return s.exec(select(Opinion).where(col(Opinion.code_mark) == opinions.mark_of(code))).one_or_none()


def _wrong(db: Database, address: str) -> Invalid:
    with db.write() as s:
        throttle.wrong_code(s, address)
    return Invalid(_("没有这个查询码，请对照收据再看一遍。"), field="code", code="wrong_code")


def shown(s: Session, opinion: Opinion) -> OpinionTracked:
    """Neither name nor telephone nor who works on it: the code may be on a slip that somebody else finds."""
    community = s.get_one(Community, opinion.community_id)
    told = [TrackedStep(kind=e.kind, at=e.at) for e in opinions.events_of(s, opinion.id) if e.kind in TOLD]
    return OpinionTracked(
        **opinion.model_dump(include=set(OpinionTracked.model_fields)), community_name=community.name, steps=told
    )
