"""The demo's consultation meetings: what residents said, who answered by when, and what they thought of the answer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from app.accounts.permissions import Principal
from app.consultations import meetings, opinions, steps
from app.consultations.models import Category, Satisfaction, Source
from app.consultations.schemas import (
    ConsultationHeld,
    ConsultationWrite,
    OpinionAnswer,
    OpinionAssign,
    OpinionClose,
    OpinionCreate,
    OpinionFollowUp,
)
from app.core.clock import day_start, local_date
from app.demo.assemblies import PLACE, Told
from app.demo.assembly_story import DATA

_FIRST_YEAR = 2011
_HOUR = timedelta(hours=19)
_ANSWER_DAYS = 10
_MONTHS = (4, 11)  # one in spring, one in autumn
_SAID = (Satisfaction.satisfied, Satisfaction.satisfied, Satisfaction.satisfied, Satisfaction.partly)


def load(told: Told) -> None:
    topics = DATA["consultations"]
    for place, on in enumerate(_days(told.day)):
        _meeting(told, topics[place % len(topics)], on)
    _coming(told, topics[-1])


def _days(day: date) -> Iterator[date]:
    for year in range(_FIRST_YEAR, day.year + 1):
        for month in _MONTHS:
            if (on := date(year, month, 12)) < day:
                yield on


def _write(topic: dict[str, Any], at: datetime) -> ConsultationWrite:
    notice = f"想听听大家对“{topic['topic']}”的意见，欢迎到场，也可以扫码写下来。"
    return ConsultationWrite(topic=topic["topic"], held_at=at, place=PLACE, host="社区居委会", notice=notice)


def _meeting(told: Told, topic: dict[str, Any], on: date) -> None:
    s, who, at = told.s, told.director, day_start(on) + _HOUR
    meeting = meetings.create(s, who, _write(topic, at), at - timedelta(days=7))
    came = told.rng.randint(14, 42)
    held = ConsultationHeld(held_at=at, attendance=came, summary=f"到会 {came} 人，意见逐条登记。")
    meetings.hold_meeting(s, who, meeting.id, held, meeting.version, at + timedelta(hours=2))
    answered = [_opinion(told, topic, said, meeting.id, at) for said in topic["opinions"]]
    if all(answered):
        meetings.close(s, who, meeting.id, meeting.version, at + timedelta(days=40))


def _opinion(told: Told, topic: dict[str, Any], said: dict[str, str], meeting_id: UUID, at: datetime) -> bool:
    """Taken down at the meeting, given to a worker, answered within ten days, followed up, closed. True when it is."""
    s, who = told.s, told.director
    data = OpinionCreate(
        source=Source.consultation, category=Category(topic["category"]), text=said["text"],
        consultation_id=meeting_id, raised_at=at + timedelta(minutes=30),
    )  # fmt: skip
    opinion, _code = opinions.create(s, who, data, at + timedelta(minutes=30))
    due = local_date(at) + timedelta(days=_ANSWER_DAYS)
    assign = OpinionAssign(assignee_id=told.clerk.id, due_on=due)
    steps.assign(s, who, opinion.id, assign, opinion.version, at + timedelta(hours=14))
    answered = at + timedelta(days=told.rng.randint(3, _ANSWER_DAYS + 1))
    if local_date(answered) >= told.day:
        return False
    text = OpinionAnswer(answer=said["answer"], public=True, public_text=said["text"])
    steps.answer(s, who, opinion.id, text, opinion.version, answered)
    if local_date(answered + timedelta(days=12)) >= told.day:
        return False
    followed = OpinionFollowUp(satisfaction=told.rng.choice(_SAID))
    steps.follow_up(s, who, opinion.id, followed, opinion.version, answered + timedelta(days=8))
    close = OpinionClose(closed_as="settled")
    steps.close(s, who, opinion.id, close, opinion.version, answered + timedelta(days=12))
    return True


def _coming(told: Told, topic: dict[str, Any]) -> None:
    """One that everybody may still come to, and two opinions that came by the QR code."""
    now = day_start(told.day)
    at = now + timedelta(days=5) + _HOUR
    meetings.create(told.s, told.director, _write(topic, at), now - timedelta(days=2))
    for text, category in (
        ("小公园的花架有一根松了。", Category.facilities),
        ("快递车在消防通道停着。", Category.safety),
    ):
        _online(told, told.director, text, category, now - timedelta(days=1))


def _online(told: Told, who: Principal, text: str, category: Category, at: datetime) -> None:
    data = OpinionCreate(source=Source.online, category=category, text=text, raised_at=at)
    opinions.create(told.s, who, data, at)
