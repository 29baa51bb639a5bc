"""Draws the minutes of an assembly from its record: what was called, who came, what was dealt with, decided, elected.

Minutes are a document of the community and signed as they are read, so they are drawn in its language, Chinese,
whatever language the page around them speaks; only that page is translated.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlmodel import Session

from app.assemblies.meetings import packs, record, service, words
from app.assemblies.meetings.calling import LABELS as CALLERS
from app.assemblies.meetings.models import Assembly, AssemblyEvent, EventKind, Kind
from app.assemblies.minutes import decided, sitting
from app.assemblies.minutes.shapes import Facts, Part, Table, clock
from app.assemblies.models import TermBody
from app.assemblies.motions.models import Motion
from app.assemblies.rules.models import RulePack
from app.assemblies.votes import service as votes
from app.assemblies.words import BODIES
from app.communities.models import Community
from app.core import i18n
from app.core.clock import local_date
from app.core.errors import Conflict

_QUARTERS = "一二三四"
# The course of a meeting names what stopped or moved it; who came and went stands with the attendance.
_COURSE = frozenset(
    {
        EventKind.moved, EventKind.merged, EventKind.opened, EventKind.opening_undone, EventKind.suspended,
        EventKind.quorum_lost, EventKind.resumed, EventKind.closed, EventKind.abandoned, EventKind.late_item,
        EventKind.item_current, EventKind.item_put_off, EventKind.vote, EventKind.election, EventKind.note,
    }
)  # fmt: skip


@contextmanager
def in_chinese() -> Iterator[None]:
    spoken = i18n.get_locale()
    i18n.set_locale(i18n.CHINESE)
    try:
        yield
    finally:
        i18n.set_locale(spoken)


def draw(s: Session, assembly: Assembly) -> Facts:
    """The facts as the record has them now. The same record gives the same facts."""
    community = s.get_one(Community, assembly.community_id)
    with in_chinese():
        parts = [
            _meeting(s, assembly),
            sitting.part(s, assembly),
            _agenda(s, assembly),
            decided.votes_part(s, assembly),
            decided.elections_part(s, assembly),
            decided.resolutions_part(s, assembly),
            _course(s, assembly),
        ]
    title = f"{assembly.title.removesuffix('会议')}会议记录"
    return Facts(title=title, community=community.name, parts=[p for p in parts if p is not None])


def _meeting(s: Session, a: Assembly) -> Part:
    kind = "临时会议" if a.kind == Kind.extraordinary else f"第{_QUARTERS[(a.quarter or 1) - 1]}季度例会"
    lines = [
        f"会议：{a.title}（{i18n.gettext(BODIES[TermBody(a.body)])}，{a.year}年{kind}，当年第 {a.number} 次）",
        f"时间：{clock(a.opened_at or a.scheduled_at)} 至 {_until(a)}",
        f"地点：{a.place}",
        f"召集：{i18n.gettext(CALLERS[a.called_by])}" + (f"；事由：{a.ground}" if a.ground else ""),
    ]
    if a.noticed_at:
        told = len(sitting.told(s, a))
        how = i18n.gettext(words.CHANNELS[a.notice_channel]) if a.notice_channel else ""
        lines.append(f"通知：{clock(a.noticed_at)} 发出（{how}），已通知 {told} 人")
    lines += _rules(s, a)
    if a.abandoned:
        lines.append("会议中途终止，未议完的事项另行安排。")
    return Part(key="meeting", title="会议概况", lines=lines)


def _rules(s: Session, a: Assembly) -> list[str]:
    try:
        version = packs.version_of(s, a)
    except Conflict:
        return []
    pack = s.get_one(RulePack, version.pack_id)
    return [f"规则：{pack.title} 第 {version.number} 版" + (f"（{version.citation}）" if version.citation else "")]


def _agenda(s: Session, a: Assembly) -> Part:
    lines = []
    for number, item in enumerate(service.items(s, a.id), start=1):
        motion = s.get(Motion, item.motion_id) if item.motion_id else None
        kind = i18n.gettext(words.ITEM_KINDS[item.kind])
        state = i18n.gettext(words.ITEM_STATES[item.state])
        brought = f"（{motion.number}）" if motion and motion.number not in item.title else ""
        late = f"；临时增加：{item.late_reason}" if item.late_reason else ""
        lines.append(f"{number}. 〔{kind}〕{item.title}{brought}：{state}{late}")
    return Part(key="agenda", title="议程", lines=lines or ["没有列出议程。"])


def _until(a: Assembly) -> str:
    began = a.opened_at or a.scheduled_at
    if a.closed_at is None:
        return "未结束"
    return clock(a.closed_at, "%H:%M") if local_date(a.closed_at) == local_date(began) else clock(a.closed_at)


def _course(s: Session, a: Assembly) -> Part:
    """What happened, in order. What a declared vote said stands with the votes and is not said twice."""
    asked = {str(vote.id): vote.question for vote in votes.of_assembly(s, a.id)}
    rows = [
        [clock(event.at, "%H:%M:%S"), _happened(event, asked)]
        for event in record.events(s, a.id)
        if event.kind in _COURSE
    ]
    return Part(key="course", title="会议经过", table=Table(columns=["时间", "经过"], rows=rows))


def _happened(event: AssemblyEvent, asked: dict[str, str]) -> str:
    if event.kind == EventKind.vote and event.data.get("step") == "declared":
        return f"宣布表决结果：{asked.get(str(event.data.get('vote_id')), '')}"
    return words.sentence(event)
