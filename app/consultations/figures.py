"""How answering goes: shares with numerator, denominator and the list behind each, and the public page."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import func, or_, select
from sqlmodel import Session, col

from app.accounts.permissions import Principal
from app.communities.models import Community
from app.consultations import reading, words
from app.consultations.models import (
    Consultation,
    ConsultationState,
    Opinion,
    OpinionState,
    Satisfaction,
)
from app.consultations.reading import OpinionQuery
from app.consultations.schemas import OpinionFigures, PublicAnswer, PublicMeeting, PublicOpinions, Share
from app.core.clock import day_end, day_start, local_date, now, today

_MOST_PUBLIC = 50


def of(s: Session, who: Principal, from_on: date | None, to_on: date | None) -> OpinionFigures:
    """The figures of the opinions raised from–to that somebody may see; this year's where no days are named."""
    from_on, to_on = from_on or date(today().year, 1, 1), to_on or today()
    asked = {"from_on": from_on.isoformat(), "to_on": to_on.isoformat()}
    found = reading.filtered(who, OpinionQuery(from_on=from_on, to_on=to_on))
    total, due, in_time, overdue = _counts(s, found)

    def share(key: str, count: int, out_of: int, **filters: str) -> Share:
        return Share(key=key, count=count, of=out_of, href=f"/opinions?{urlencode({**filters, **asked})}")

    def by(name: str, column: Any, keys: Iterable[Any]) -> list[Share]:
        counted = _grouped(s, found, column)
        return [share(k, counted.get(str(k), 0), total, **{name: k}) for k in map(str, keys)]

    said = _grouped(s, found, Opinion.satisfaction)
    asked_of = sum(n for key, n in said.items() if key and key != Satisfaction.unreachable)
    return OpinionFigures(
        from_on=from_on,
        to_on=to_on,
        total=total,
        in_time=share("in_time", in_time, due, timely="in_time"),
        overdue=share("overdue", overdue, total, timely="overdue"),
        states=by("state", Opinion.state, OpinionState),
        categories=by("category", Opinion.category, words.CATEGORIES),
        sources=by("source", Opinion.source, words.SOURCES),
        satisfaction=[
            share(str(k), said.get(str(k), 0), asked_of, satisfaction=str(k))
            for k in Satisfaction
            if k != Satisfaction.unreachable
        ],
    )


def _counts(s: Session, found: Any) -> tuple[int, int, int, int]:
    """All of them, those due or answered, those of them answered in time, and those owed whose day is over."""
    counts: Any = select(
        func.count(),
        func.count().filter(reading.counted()),
        func.count().filter(reading.in_time()),
        func.count().filter(reading.overdue()),
    ).where(col(Opinion.id).in_(found.with_only_columns(col(Opinion.id))))
    total, due, in_time, overdue = s.execute(counts).one()
    return total, due, in_time, overdue


def _grouped(s: Session, found: Any, column: Any) -> dict[str, int]:
    rows = found.with_only_columns(column, func.count()).group_by(column)
    return {str(key): count for key, count in s.execute(rows) if key is not None}


def public(s: Session, community: Community, year: int) -> PublicOpinions:
    """What everybody may read of a year; no name, no telephone, no text that was not written for the public."""
    of_year = select(Opinion).where(
        col(Opinion.community_id) == community.id,
        col(Opinion.raised_at) >= day_start(date(year, 1, 1)),
        col(Opinion.raised_at) < day_end(date(year, 12, 31)),
    )
    received, due, in_time, overdue = _counts(s, of_year)
    answered = col(Opinion.answered_at).is_not(None)
    shown: Any = of_year.where(answered, col(Opinion.public)).order_by(col(Opinion.answered_at).desc(), col(Opinion.id))
    answers = s.scalars(shown.limit(_MOST_PUBLIC)).all()
    count = select(func.count()).select_from(of_year.where(answered, col(Opinion.public)).subquery())
    return PublicOpinions(
        community_code=community.code,
        community_name=community.name,
        year=year,
        received=received,
        answered=s.scalar(select(func.count()).select_from(of_year.where(answered).subquery())) or 0,
        due=due,
        in_time=in_time,
        overdue=overdue,
        meetings=[PublicMeeting.model_validate(m) for m in _coming(s, community, year)],
        answers=[_answer(o) for o in answers],
        more=max((s.scalar(count) or 0) - len(answers), 0),
    )


def _coming(s: Session, community: Community, year: int) -> list[Consultation]:
    """Meetings of the year that were held, and of today's year those to come."""
    wanted = select(Consultation).where(
        col(Consultation.community_id) == community.id,
        col(Consultation.held_at) >= day_start(date(year, 1, 1)),
        col(Consultation.held_at) < day_end(date(year, 12, 31)),
        col(Consultation.state) != ConsultationState.cancelled,
        or_(col(Consultation.state) != ConsultationState.planned, col(Consultation.held_at) >= day_start(today())),
    )
    return list(s.scalars(wanted.order_by(col(Consultation.held_at).desc(), col(Consultation.id)).limit(_MOST_PUBLIC)))


def _answer(opinion: Opinion) -> PublicAnswer:
    return PublicAnswer(
        serial=opinion.serial,
        category=opinion.category,
        raised_on=local_date(opinion.raised_at),
        text=opinion.public_text,
        answer=opinion.answer,
        answered_on=local_date(opinion.answered_at or now()),
        state=opinion.state,
    )
