"""What is shown of the stages of joining: one person's way, everybody's next step, and what changed in a period."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import Session, col

from app.accounts.permissions import Principal
from app.core.i18n import gettext as _
from app.core.masking import mask_name
from app.households.scope import is_outsider
from app.members import listing, rosters, tallies
from app.members import service as members
from app.members.joining import courses, rules
from app.members.joining.models import EventKind, Fact, JoiningEvent, JoiningRequest, RequestState
from app.members.joining.schemas import (
    EventRead,
    JoiningBoard,
    JoiningItem,
    JoiningRead,
    JoiningStage,
    Moved,
    Movements,
    Reached,
    RequestRead,
    StepRead,
)
from app.members.models import Affiliation, Branch, Left, Member, MemberStage, Stage
from app.members.transfers.models import Direction, MemberTransfer
from app.members.words import LEFT

ON_THE_WAY = tuple(stage for stage in Stage if stage != Stage.full)


def steps(course: rules.Course, at: date) -> list[StepRead]:
    return [
        StepRead(
            what=step.what,
            earliest=step.earliest,
            due=step.due,
            waits_for=list(step.waits_for),
            state=step.state(at),
            days=(step.due - at).days if step.due else None,
        )
        for step in rules.next_steps(course, at)
    ]


def detail(s: Session, who: Principal, member: Member, at: date) -> JoiningRead:
    """One person's way as it stood on a day; the history tells everything that was recorded until now."""
    course = courses.of(s, member, at)
    window = rules.extension_window(course) or (None, None)
    person = listing.detail(s, who, member)
    probation = course.stage == Stage.probationary
    return JoiningRead(
        id=member.id,
        name=person.name,
        branch=person.branch,
        as_of=at,
        stage=course.stage,
        stages=[JoiningStage.model_validate(x) for x in members.stages_of(s, member.id) if x.from_on <= at],
        steps=[] if member.to_on is not None and member.to_on < at else steps(course, at),
        events=events(who, courses.events_of(s, [member.id])[member.id]),
        probation_until=rules.probation_ends(course) if probation else None,
        extension_from=window[0] if probation else None,
        extension_to=window[1] if probation else None,
        extended=bool(course.done(Fact.extension)),
        request=_request(who, courses.pending(s, member.id)),
        to_on=member.to_on,
        version=member.version,
    )


def _codes(against: str) -> list[str]:
    return against.split(",") if against else []


def events(who: Principal, found: Sequence[JoiningEvent]) -> list[EventRead]:
    """What was recorded, the latest first. Whoever looks from above sees no notes and only masked names."""
    hidden = is_outsider(who)
    struck = {x.event_id for x in found if x.kind == EventKind.strike}
    return [
        EventRead.model_validate(
            event.model_dump()
            | {"was_stage": event.was_stage or None, "against": _codes(event.against), "struck": event.id in struck}
            | _masked(event, hidden)
        )
        for event in reversed(found)
    ]


def _masked(event: JoiningEvent, hidden: bool) -> dict[str, str]:
    if not hidden:
        return {}
    return {"text": "", "by_name": mask_name(event.by_name), "second_name": mask_name(event.second_name)}


def _request(who: Principal, asked: JoiningRequest | None) -> RequestRead | None:
    if asked is None:
        return None
    hidden = is_outsider(who)
    return RequestRead.model_validate(
        asked.model_dump()
        | {"was_stage": asked.was_stage or None, "against": _codes(asked.against), "mine": asked.asked_by == who.id}
        | ({"reason": "", "asked_name": mask_name(asked.asked_name)} if hidden else {})
    )


def board(s: Session, who: Principal, at: date, community_id: UUID | None, branch_id: UUID | None) -> JoiningBoard:
    """Everybody of the community's branches who was on the way on a day, the most urgent first."""
    statement = members.visible(who).where(
        *tallies.scope(who, community_id),
        *rosters.registered_on(at),
        rosters.kind_on(at) == Affiliation.direct,
        rosters.stage_on(at).in_(ON_THE_WAY),
    )
    if branch_id is not None:
        statement = statement.where(rosters.branch_on(at) == branch_id)
    people = s.scalars(statement.order_by(col(Member.sort_key), col(Member.id))).all()
    ways = courses.of_many(s, people, at)
    places, waiting, hidden = listing.places(s, people, at), _waiting(s, people), is_outsider(who)
    items = [_item(member, ways[member.id], at, mask_name(member.name) if hidden else member.name) for member in people]
    items = [x.model_copy(update={"branch": places[x.id][1], "waits_for_second": x.id in waiting}) for x in items]
    ranks = {state: place for place, state in enumerate(rules.StepState)}
    items.sort(key=lambda x: (ranks[x.state] if x.state else len(ranks), _nearest(x)))
    return JoiningBoard(
        as_of=at,
        total=len(items),
        states={state: sum(x.state == state for x in items) for state in rules.StepState},
        stages={stage: sum(x.stage == stage for x in items) for stage in ON_THE_WAY},
        items=items,
    )


def _item(member: Member, course: rules.Course, at: date, name: str) -> JoiningItem:
    stage, since = course.stages[-1]
    return JoiningItem(
        id=member.id,
        name=name,
        branch="",
        stage=stage,
        stage_on=since,
        state=rules.urgency(rules.next_steps(course, at), at),
        steps=steps(course, at),
        waits_for_second=False,
    )


def _nearest(item: JoiningItem) -> date:
    days = [x.due or x.earliest for x in item.steps]
    return min((x for x in days if x is not None), default=date.max)


def _waiting(s: Session, people: Iterable[Member]) -> set[UUID]:
    asked = select(col(JoiningRequest.member_id)).where(
        col(JoiningRequest.state) == RequestState.asked, col(JoiningRequest.member_id).in_([m.id for m in people])
    )
    return set(s.scalars(asked))


def movements(s: Session, who: Principal, since: date, until: date, community_id: UUID | None) -> Movements:
    """Who reached which stage, came, and went within a period."""
    places = tallies.scope(who, community_id)
    counted = {Stage(key): n for key, n in tallies.reached_counts(s, places, since, until).items()}
    moved = _transfers(s, who, places, since, until)
    return Movements(
        since=since,
        until=until,
        reached=dict.fromkeys(Stage, 0) | counted,
        reached_by=_reached(s, who, places, since, until),
        transferred_in=moved[Direction.incoming],
        transferred_out=moved[Direction.outgoing],
        left=_left(s, who, places, since, until),
    )


def _name(who: Principal, name: str) -> str:
    return mask_name(name) if is_outsider(who) else name


def _reached(s: Session, who: Principal, places: list[Any], since: date, until: date) -> list[Reached]:
    day = col(MemberStage.from_on)
    home = func.coalesce(col(Branch.name), rosters.home_branch_on(day))
    wanted = (
        select(col(Member.id), col(Member.name), home, col(MemberStage.stage), day)
        .select_from(MemberStage)
        .join(Member, col(Member.id) == col(MemberStage.member_id))
        .outerjoin(Branch, col(Branch.id) == rosters.branch_on(day))
        .where(*places, *tallies.reached_here(since, until))
        .order_by(day, col(Member.sort_key), col(Member.id))
    )
    return [
        Reached(member_id=row[0], name=_name(who, row[1]), branch=row[2], stage=Stage(row[3]), from_on=row[4])
        for row in s.execute(wanted)
    ]


def _transfers(s: Session, who: Principal, places: list[Any], since: date, until: date) -> dict[Direction, list[Moved]]:
    day = col(MemberTransfer.on_day)
    wanted = (
        select(MemberTransfer, col(Member.name))
        .join(Member, col(Member.id) == col(MemberTransfer.member_id))
        .where(*places, day >= since, day <= until, col(MemberTransfer.undone_at).is_(None))
        .order_by(day, col(Member.sort_key), col(Member.id))
    )
    found: dict[Direction, list[Moved]] = {direction: [] for direction in Direction}
    for transfer, name in s.execute(wanted):
        line = Moved(
            member_id=transfer.member_id,
            name=_name(who, name),
            on_day=transfer.on_day,
            text=transfer.organisation,
            paper_number=transfer.paper_number,
        )
        found[Direction(transfer.direction)].append(line)
    return found


def _left(s: Session, who: Principal, places: list[Any], since: date, until: date) -> list[Moved]:
    """Members and those on the way who left the register; who was transferred out stands under the transfers."""
    wanted = select(Member).where(
        *places,
        col(Member.to_on) >= since,
        col(Member.to_on) <= until,
        col(Member.to_kind).not_in((Left.transferred, Left.mistake)),
    )
    return [
        Moved(
            member_id=x.id,
            name=_name(who, x.name),
            on_day=x.to_on or until,
            text=_(LEFT[Left(x.to_kind)]) if x.to_kind else ("" if is_outsider(who) else x.to_reason),
        )
        for x in s.scalars(wanted.order_by(col(Member.to_on), col(Member.sort_key), col(Member.id)))
    ]
