"""What is shown of opinions: lists, one in full, and files to take away. Names are masked unless one may write."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Depends, Query
from sqlalchemy import ColumnElement, and_, or_, select
from sqlmodel import Session, col

from app.accounts.models import User
from app.accounts.permissions import Principal
from app.assemblies.motions.models import Motion
from app.communities.models import GridArea
from app.consultations import opinions
from app.consultations.models import Category, ClosedAs, Consultation, Opinion, OpinionState, Satisfaction, Source
from app.consultations.schemas import OpinionDetail, OpinionRead, StepRead
from app.consultations.states import OWED
from app.consultations.words import CATEGORIES, SATISFACTIONS, SOURCES, STATES
from app.core.clock import day_end, day_start, today, zone
from app.core.i18n import gettext as _
from app.core.masking import mask_name
from app.core.pagination import Paging, paginate
from app.core.schemas import AnyDate, Search
from app.core.xlsx import Cell
from app.households.scope import Choice
from app.households.visits.models import Need
from app.members.personal import masked_phone

_AT_ONCE = 500
Timely = Literal["in_time", "late", "overdue"]


@dataclass(frozen=True)
class OpinionQuery:
    q: str | None = None
    state: OpinionState | None = None
    source: Source | None = None
    category: Category | None = None
    satisfaction: Satisfaction | None = None
    timely: Timely | None = None
    mine: bool | None = None
    consultation_id: UUID | None = None
    from_on: date | None = None
    to_on: date | None = None


def _query(
    q: Annotated[Choice[Search], Query()] = None,
    state: Annotated[Choice[OpinionState], Query()] = None,
    source: Annotated[Choice[Source], Query()] = None,
    category: Annotated[Choice[Category], Query()] = None,
    satisfaction: Annotated[Choice[Satisfaction], Query()] = None,
    timely: Annotated[Choice[Timely], Query(description="answered in time or late; overdue: owed and late")] = None,
    mine: Annotated[Choice[bool], Query(description="those that the asker is to answer")] = None,
    consultation_id: Annotated[Choice[UUID], Query()] = None,
    from_on: Annotated[Choice[AnyDate], Query(description="raised on this day or later")] = None,
    to_on: Annotated[Choice[AnyDate], Query()] = None,
) -> OpinionQuery:
    return OpinionQuery(q, state, source, category, satisfaction, timely, mine, consultation_id, from_on, to_on)


QueryDep = Annotated[OpinionQuery, Depends(_query)]


def counted() -> ColumnElement[bool]:
    """Opinions that count for punctuality: neither withdrawn nor a duplicate, and due or answered."""
    dropped = col(Opinion.closed_as).in_([ClosedAs.withdrawn, ClosedAs.duplicate])
    due = or_(col(Opinion.first_answered_on).is_not(None), col(Opinion.promised_on) < today())
    return and_(col(Opinion.promised_on).is_not(None), due, or_(col(Opinion.closed_as).is_(None), ~dropped))


def in_time() -> ColumnElement[bool]:
    return and_(counted(), col(Opinion.first_answered_on) <= col(Opinion.promised_on))


def late() -> ColumnElement[bool]:
    """Answered after the promised day, or not yet although it is over."""
    first = col(Opinion.first_answered_on)
    return and_(counted(), or_(first.is_(None), first > col(Opinion.promised_on)))


def overdue() -> ColumnElement[bool]:
    return and_(col(Opinion.state).in_(OWED), col(Opinion.due_on) < today())


_TIMELY = {"in_time": in_time, "late": late, "overdue": overdue}


def filtered(who: Principal, query: OpinionQuery) -> Any:
    found: Any = opinions.visible(who)
    for column, value in (
        (Opinion.state, query.state),
        (Opinion.source, query.source),
        (Opinion.category, query.category),
        (Opinion.satisfaction, query.satisfaction),
        (Opinion.consultation_id, query.consultation_id),
        (Opinion.assignee_id, who.id if query.mine else None),
    ):
        if value is not None:
            found = found.where(col(column) == value)
    if query.timely:
        found = found.where(_TIMELY[query.timely]())
    if query.from_on:
        found = found.where(col(Opinion.raised_at) >= day_start(query.from_on))
    if query.to_on:
        found = found.where(col(Opinion.raised_at) < day_end(query.to_on))
    return found.where(_matches(who, query.q)) if query.q else found


def _matches(who: Principal, q: str) -> ColumnElement[bool]:
    """Serial number or words; the speaker's name only for those who see it."""
    places: list[Any] = [Opinion.serial, Opinion.text, Opinion.answer]
    if who.may("opinions:write"):
        places.append(Opinion.speaker)
    return or_(*[col(place).icontains(q, autoescape=True) for place in places])


def page(s: Session, who: Principal, query: OpinionQuery, paging: Paging) -> dict[str, Any]:
    """One page, the latest first."""
    keys: list[Any] = [(col(Opinion.raised_at), datetime), (col(Opinion.id), UUID)]
    found = paginate(s, filtered(who, query), paging, keys, descending=True)
    return {**found, "items": shown(s, who, found["items"])}


def shown(s: Session, who: Principal, rows: Sequence[Opinion]) -> list[OpinionRead]:
    """These opinions with the names that they refer to, in two statements however many there are."""
    people = _named(s, User.id, User.display_name, {o.assignee_id for o in rows})
    areas = _named(s, GridArea.id, GridArea.name, {o.grid_area_id for o in rows})
    return [_read(who, o, people.get(o.assignee_id, ""), areas.get(o.grid_area_id, "")) for o in rows]


def _named(s: Session, key: Any, name: Any, wanted: set[UUID | None]) -> dict[UUID | None, str]:
    rows: Any = select(col(key), col(name)).where(col(key).in_([i for i in wanted if i is not None]))
    return {row[0]: row[1] for row in s.execute(rows)}


def _read(who: Principal, opinion: Opinion, assignee: str, area: str) -> OpinionRead:
    plain = opinion.model_dump(include=set(OpinionRead.model_fields) - {"speaker"})
    days = (today() - opinion.due_on).days if opinion.due_on and opinions.waiting(opinion.state) else 0
    writes = who.may("opinions:write")
    return OpinionRead(
        **plain,
        speaker=opinion.speaker if writes else mask_name(opinion.speaker) if opinion.speaker else "",
        phone=masked_phone(opinions.TABLE, opinion) if writes else None,
        assignee_name=assignee,
        area_name=area,
        overdue_days=max(days, 0),
    )


def of_meeting(s: Session, who: Principal, consultation_id: UUID) -> list[OpinionRead]:
    wanted = opinions.visible(who).where(col(Opinion.consultation_id) == consultation_id)
    return shown(s, who, s.scalars(wanted.order_by(col(Opinion.raised_at), col(Opinion.id)).limit(_AT_ONCE)).all())


def detail(s: Session, who: Principal, opinion: Opinion) -> OpinionDetail:
    """One opinion with its steps; the notes of steps are the office's own."""
    writes = who.may("opinions:write")
    steps = [
        StepRead(kind=e.kind, at=e.at, actor_name=e.actor_name, note=e.note if writes else "")
        for e in opinions.events_of(s, opinion.id)
    ]
    meeting = s.get(Consultation, opinion.consultation_id) if opinion.consultation_id else None
    motion = s.get(Motion, opinion.motion_id) if opinion.motion_id else None
    need = s.get(Need, opinion.need_id) if opinion.need_id else None
    return OpinionDetail(
        **shown(s, who, [opinion])[0].model_dump(),
        consultation_topic=meeting.topic if meeting else "",
        motion_number=motion.number if motion else "",
        need_serial=need.serial if need else "",
        events=steps,
    )


def columns() -> list[str]:
    return [
        _("编号"), _("提出时间"), _("来源"), _("类别"), _("提出人"), _("内容"), _("状态"), _("承办人"), _("答复期限"),
        _("首次答复"), _("按时"), _("答复"), _("满意度"),
    ]  # fmt: skip


def rows(s: Session, who: Principal, query: OpinionQuery) -> Iterator[list[Cell]]:
    """The whole list, masked as on the page."""
    statement = filtered(who, query).order_by(col(Opinion.raised_at).desc(), col(Opinion.id).desc())
    everything = s.scalars(statement).all()
    for at in range(0, len(everything), _AT_ONCE):
        for o in shown(s, who, everything[at : at + _AT_ONCE]):
            yield [
                o.serial,
                f"{o.raised_at.astimezone(zone()):%Y-%m-%d %H:%M}",
                _(SOURCES[Source(o.source)]),
                _(CATEGORIES[Category(o.category)]),
                o.speaker,
                o.text,
                _(STATES[OpinionState(o.state)]),
                o.assignee_name,
                o.promised_on,
                o.first_answered_on,
                _punctual(o),
                o.answer,
                _(SATISFACTIONS[Satisfaction(o.satisfaction)]) if o.satisfaction else "",
            ]


def _punctual(o: OpinionRead) -> str:
    if o.promised_on is None or o.closed_as in (ClosedAs.withdrawn, ClosedAs.duplicate):
        return ""
    if o.first_answered_on is not None:
        return _("是") if o.first_answered_on <= o.promised_on else _("否")
    return _("否") if o.promised_on < today() else ""
