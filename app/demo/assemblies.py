"""The demo's assemblies since 2011: called, held, voted on and written up by the rooms' own services.

Only the door is shorter than in life: a room full of representatives is checked in at once, not one by one.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlmodel import Session

from app.accounts.authentication import principal_for
from app.accounts.models import User
from app.accounts.permissions import Principal
from app.assemblies.meetings import agenda, conduct, notices, planning, presence
from app.assemblies.meetings.models import (
    AgendaItem,
    Assembly,
    AssemblyEvent,
    Attendance,
    Caller,
    Channel,
    EventKind,
    ItemKind,
    Kind,
    NoticeChannel,
)
from app.assemblies.meetings.schemas import AssemblyCreate, ItemCreate
from app.assemblies.minutes import service as minutes
from app.assemblies.minutes.models import SignerRole
from app.assemblies.motions import handling, proposing
from app.assemblies.motions.models import Motion, ProposerKind
from app.assemblies.motions.schemas import MotionCreate
from app.assemblies.rules.builtins import ensure_builtins
from app.assemblies.votes import counting, declaring, opening
from app.assemblies.votes import service as votes
from app.assemblies.votes.models import Method, Vote
from app.assemblies.votes.schemas import CountEntry, VoteCreate
from app.core import audit
from app.core.clock import day_start
from app.core.models import new_id
from app.demo import assembly_story as story
from app.demo.staff import Staff

SEED = 20111204
PLACE = "社区活动中心二楼会议室"
_FIRST = (2011, 4)
_HOUR = timedelta(hours=14)
_REPORTS = ("居民委员会本季度工作报告", "社区经费收支情况报告", "上次会议决定的落实情况")


@dataclass
class Told:
    """What the past is told with: who wrote it down, and who signed second."""

    s: Session
    community_id: UUID
    day: date
    director: Principal
    clerk: Principal
    rng: random.Random = field(default_factory=lambda: random.Random(SEED))


@dataclass(frozen=True)
class Resolved:
    """A story's motion after its vote."""

    story: story.Story
    motion: Motion
    vote: Vote
    on: date


def begin(s: Session, community_id: UUID, day: date, staff: Staff) -> Told:
    """The director writes it down, a worker signs second. The log of an assembly names who wrote it."""
    ensure_builtins(s)
    accounts = {p.username: p.id for p in staff.people}
    director, clerk = (principal_for(s, s.get_one(User, accounts[name])) for name in ("director", "worker1"))
    told = Told(s, community_id, day, director, clerk)
    audit.set_actor(s, told.director)
    return told


def load(told: Told) -> list[Resolved]:
    """Every regular assembly and the extraordinary ones until the day; what was carried, in order."""
    found: list[Resolved] = []
    for quarter in _quarters(told.day):
        mine = [one for one in story.STORIES if one.quarter == quarter]
        for one in mine:
            if one.extraordinary:
                found += _extraordinary(told, one)
        found += _regular(told, quarter, [one for one in mine if not one.extraordinary])
    _waiting(told)
    return found


def _quarters(day: date) -> Iterator[story.Quarter]:
    year, quarter = _FIRST
    while _meeting_day(year, quarter) < day:
        yield year, quarter
        year, quarter = (year, quarter + 1) if quarter < 4 else (year + 1, 1)


def _meeting_day(year: int, quarter: int) -> date:
    """The second Sunday of the quarter's last month."""
    first = date(year, quarter * 3, 1)
    return first + timedelta(days=(6 - first.weekday()) % 7 + 7)


def _regular(told: Told, quarter: story.Quarter, stories: Sequence[story.Story]) -> list[Resolved]:
    year, number = quarter
    at = day_start(_meeting_day(year, number)) + _HOUR
    data = AssemblyCreate(title=f"{year} 年第 {number} 次居民代表会议", scheduled_at=at, place=PLACE, quarter=number)
    return _hold(told, data, stories, _REPORTS[: 2 if stories else 3])


def _extraordinary(told: Told, one: story.Story) -> list[Resolved]:
    year, quarter = one.quarter
    at = day_start(_meeting_day(year, quarter) - timedelta(days=49)) + _HOUR
    data = AssemblyCreate(
        title=f"{one.title}专题会议", kind=Kind.extraordinary, scheduled_at=at, place=PLACE,
        called_by=Caller.committee, ground=one.extraordinary,
    )  # fmt: skip
    return _hold(told, data, [one], ())


def _hold(told: Told, data: AssemblyCreate, stories: Sequence[story.Story], reports: Sequence[str]) -> list[Resolved]:
    assembly = call(told, data, reports)
    motions = [
        propose(told, one.title, one.text, data.scheduled_at - timedelta(days=24), no_project=one.plan is None)
        for one in stories
    ]
    for motion in motions:
        _put_on_agenda(told, assembly, motion, data.scheduled_at - timedelta(days=12))
    give_notice(told, assembly, data.scheduled_at - timedelta(days=9))
    open_doors(told, assembly, data.scheduled_at)
    at = data.scheduled_at + timedelta(minutes=10)
    for item in agenda.of(told.s, assembly.id)[: len(reports)]:
        at = _take(told, assembly, item, at)
    resolved = []
    for one, motion, item in zip(stories, motions, agenda.of(told.s, assembly.id)[len(reports) :], strict=True):
        agenda.take_up(told.s, told.director, assembly, item, at)
        vote = decide(told, assembly, item, one, at + timedelta(minutes=12))
        at = _finish(told, assembly, item, at + timedelta(minutes=25))
        resolved.append(Resolved(one, motion, vote, data.scheduled_at.date()))
    close(told, assembly, at)
    return [one for one in resolved if one.vote.resolution_number]


def call(told: Told, data: AssemblyCreate, reports: Sequence[str]) -> Assembly:
    at = data.scheduled_at - timedelta(days=16)
    assembly = planning.create(told.s, told.director, data, at)
    for title in reports:
        agenda.add(told.s, told.director, assembly, ItemCreate(kind=ItemKind.report, title=title), at)
    return assembly


def propose(told: Told, title: str, text: str, at: datetime, *, no_project: bool = False) -> Motion:
    """Two representatives bring it, a few second it, and the director admits it."""
    sitting = list(proposing.in_office(told.s, told.community_id, at))
    some = told.rng.sample(sitting, 8)
    data = MotionCreate(
        title=title,
        text=text,
        proposer_kind=ProposerKind.representative,
        holder_ids=some[:2],
        no_project=no_project,
        submit=True,
    )
    motion = proposing.create(told.s, told.director, data, at)
    for holder_id in some[2:]:
        proposing.second(told.s, told.director, motion, at + timedelta(days=1), holder_id)
    handling.admit(told.s, told.director, motion, at + timedelta(days=4))
    return motion


def _put_on_agenda(told: Told, assembly: Assembly, motion: Motion, at: datetime) -> AgendaItem:
    data = ItemCreate(kind=ItemKind.motion, motion_id=motion.id)
    return agenda.add(told.s, told.director, assembly, data, at)


def give_notice(told: Told, assembly: Assembly, at: datetime) -> None:
    notices.give(told.s, assembly, NoticeChannel.wechat, assembly.version, at)


def open_doors(told: Told, assembly: Assembly, at: datetime) -> None:
    """Most of them come."""
    seats = presence.entitled(told.s, assembly)
    here = [seat for seat in seats if told.rng.random() < 0.93]
    check_in_all(told, assembly, here, at)
    conduct.open_(told.s, assembly, at)


def check_in_all(told: Told, assembly: Assembly, here: Sequence[presence.Entitled], at: datetime) -> None:
    """Rows as the check-in list leaves them, all at once."""
    came = sorted(at - timedelta(seconds=told.rng.randint(60, 1500)) for _seat in here)
    attendance, events = [], []
    for seat, in_at in zip(here, came, strict=True):
        assembly.pulse += 1
        common = {"community_id": told.community_id, "assembly_id": assembly.id}
        attendance.append(
            common
            | {"id": new_id(), "created_at": in_at, "updated_at": in_at, "version": 1, "holder_id": seat.holder_id}
            | {"seat_of_id": seat.holder_id, "in_at": in_at, "channel": str(Channel.list), "mistaken": False}
        )
        who: dict[str, Any] = {"holder": str(seat.holder_id), "proxy_for": None, "channel": str(Channel.list)}
        events.append(
            common
            | {"id": new_id(), "seq": assembly.pulse, "kind": str(EventKind.arrived), "at": in_at, "stored_at": in_at}
            | {"actor_id": told.director.id, "actor_name": told.director.name, "data": who, "text": seat.name}
        )
    told.s.flush()
    connection = told.s.connection()
    connection.execute(insert(Attendance), attendance)
    connection.execute(insert(AssemblyEvent), events)


def _take(told: Told, assembly: Assembly, item: AgendaItem, at: datetime) -> datetime:
    agenda.take_up(told.s, told.director, assembly, item, at)
    return _finish(told, assembly, item, at + timedelta(minutes=14))


def _finish(told: Told, assembly: Assembly, item: AgendaItem, at: datetime) -> datetime:
    agenda.finish(told.s, assembly, item, at)
    return at + timedelta(minutes=1)


def decide(told: Told, assembly: Assembly, item: AgendaItem, one: story.Story, at: datetime) -> Vote:
    """Most by show of hands; on some matters with ballots on paper, which a second person signs."""
    method = Method.secret_paper if one.secret else Method.hands
    data = VoteCreate(
        assembly_id=assembly.id, agenda_item_id=item.id, question="" if item.motion_id else one.title, method=method
    )
    vote = votes.create(told.s, told.director, data, at)
    opening.open_vote(told.s, told.director, vote.id, at)
    at += timedelta(minutes=5)
    counting.close(told.s, told.director, vote.id, at)
    counting.enter(told.s, told.director, vote.id, _count(told, vote, one), at)
    if one.secret:
        counting.confirm(told.s, told.clerk, vote.id, at + timedelta(minutes=2))
    return declaring.declare(told.s, told.director, vote.id, at=at + timedelta(minutes=3))


def _count(told: Told, vote: Vote, one: story.Story) -> CountEntry:
    abstain = round(vote.present * told.rng.uniform(0, 0.05))
    in_favour = round((vote.present - abstain) * one.favour)
    against = vote.present - abstain - in_favour
    count = CountEntry(votes_for=in_favour, votes_against=against, abstain=abstain)
    if one.secret:
        count.issued = count.returned = count.valid = vote.present
        count.unreturned = count.invalid = 0
    return count


def close(told: Told, assembly: Assembly, at: datetime) -> None:
    """Ends it, and the minutes are drawn, signed by two and published within the week."""
    conduct.close(told.s, told.director, assembly, at)
    drawn = minutes.draft(told.s, told.director, assembly.id, at + timedelta(days=1))
    minutes.sign(told.s, told.director, drawn.id, SignerRole.chair, drawn.version, at + timedelta(days=2))
    minutes.sign(told.s, told.clerk, drawn.id, SignerRole.clerk, drawn.version, at + timedelta(days=2, hours=1))
    minutes.publish(told.s, told.director, drawn.id, drawn.version, at + timedelta(days=4))


def _waiting(told: Told) -> None:
    """What is on the desk today: motions in every early state, an assembly this afternoon, and the next regular one."""
    now = day_start(told.day)
    for one in story.DATA["waiting"]:
        if one["admitted"]:
            propose(told, one["title"], one["text"], now - timedelta(days=9))
        else:
            sitting = list(proposing.in_office(told.s, told.community_id, now))
            holders = told.rng.sample(sitting, 1)
            new = MotionCreate(title=one["title"], text=one["text"], holder_ids=holders, submit=True)
            proposing.create(told.s, told.director, new, now - timedelta(days=3))
    _today(told, now)
    year, quarter = told.day.year, (told.day.month - 1) // 3 + 1
    next_day = _meeting_day(year, quarter)
    if next_day >= told.day:
        data = AssemblyCreate(
            title=f"{year} 年第 {quarter} 次居民代表会议", scheduled_at=day_start(next_day) + _HOUR, place=PLACE,
            quarter=quarter,
        )  # fmt: skip
        call_at = planning.create(told.s, told.director, data, now)
        agenda.add(told.s, told.director, call_at, ItemCreate(kind=ItemKind.report, title=_REPORTS[0]), now)


def _today(told: Told, now: datetime) -> None:
    """An assembly that whoever looks at the demo can run: noticed in time, on the demo's own day."""
    data = AssemblyCreate(
        title="社区公益事项专题会议", kind=Kind.extraordinary, scheduled_at=now + timedelta(hours=19), place=PLACE,
        called_by=Caller.committee, ground="充电棚选址和公益金评审小组须在年底前定下。",
    )  # fmt: skip
    items = story.DATA["today"]
    assembly = call(told, data, [item["title"] for item in items if not item["text"]])
    for item in items:
        if item["text"]:
            motion = propose(
                told, item["title"], item["text"], now - timedelta(days=20), no_project=not item.get("builds")
            )
            _put_on_agenda(told, assembly, motion, now - timedelta(days=12))
    give_notice(told, assembly, now - timedelta(days=8))
