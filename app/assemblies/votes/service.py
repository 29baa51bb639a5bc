"""The rules of votes: who sees them, setting one up, voiding one, and what other rooms ask of them. Never commits.

The interface for other rooms: `get`, `held`, `of_assembly`, `carried`, `resolution`, `mark`; `panels.panel`,
`opening.open_vote`, `casting.cast` and `tap`, `counting.close`, `enter` and `confirm`, `declaring.declare`. Every
function that acts takes the instant (`at`), so that a past may be told as it was.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlmodel import Session, col

from app.accounts.permissions import Principal
from app.assemblies.meetings import service as meetings
from app.assemblies.meetings.models import AgendaItem, Assembly
from app.assemblies.motions import service as motions
from app.assemblies.motions.models import Motion
from app.assemblies.rules.definition import Matter, RuleBody
from app.assemblies.votes import states
from app.assemblies.votes.models import Method, State, Vote
from app.assemblies.votes.schemas import VoteCreate, VoteUpdate
from app.ballots import service as ballots
from app.ballots.models import BallotBox
from app.core.clock import now
from app.core.db import check_version, flush_or, lock_row, touch
from app.core.errors import Conflict, Invalid, NotFound
from app.core.events import QuorumLost, subscribe
from app.core.i18n import gettext as _
from app.households.scope import communities_of
from app.members.service import own_community


@dataclass(frozen=True)
class Filters:
    """What a list of votes is narrowed to."""

    q: str = ""
    community_id: UUID | None = None
    assembly_id: UUID | None = None
    motion_id: UUID | None = None
    state: State | None = None
    method: Method | None = None
    outcome: str | None = None


def visible(who: Principal) -> Select[Any]:
    return select(Vote).where(communities_of(who, col(Vote.community_id)))


def listed(who: Principal, wanted: Filters) -> Select[Any]:
    statement = visible(who)
    for column, value in (
        (Vote.community_id, wanted.community_id),
        (Vote.assembly_id, wanted.assembly_id),
        (Vote.motion_id, wanted.motion_id),
        (Vote.state, wanted.state),
        (Vote.method, wanted.method),
        (Vote.outcome, wanted.outcome),
    ):
        if value is not None:
            statement = statement.where(col(column) == value)
    if wanted.q:
        like = [col(c).icontains(wanted.q, autoescape=True) for c in (Vote.question, Vote.resolution_number)]
        statement = statement.where(like[0] | like[1])
    return statement


def get(s: Session, who: Principal, vote_id: UUID) -> Vote:
    found: Vote | None = s.scalars(visible(who).where(col(Vote.id) == vote_id)).one_or_none()
    if found is None:
        raise NotFound()
    return found


def held(s: Session, who: Principal, vote_id: UUID) -> Vote:
    """The vote, held for this transaction; its assembly before it, as everything that changes both does."""
    vote = get(s, who, vote_id)
    if vote.assembly_id is not None:
        meetings.hold(s, s.get_one(Assembly, vote.assembly_id))
    return lock(s, vote.id)


def lock(s: Session, vote_id: UUID) -> Vote:
    found: Vote = lock_row(s, Vote, vote_id)  # type: ignore[assignment]
    return found


def of_assembly(s: Session, assembly_id: UUID) -> list[Vote]:
    """The votes of an assembly in the order in which they were set up."""
    wanted = select(Vote).where(col(Vote.assembly_id) == assembly_id)
    return list(s.scalars(wanted.order_by(col(Vote.created_at), col(Vote.id))))


def of_motion(s: Session, motion_id: UUID) -> list[Vote]:
    wanted = select(Vote).where(col(Vote.motion_id) == motion_id)
    return list(s.scalars(wanted.order_by(col(Vote.created_at), col(Vote.id))))


def carried(s: Session, community_id: UUID, motion_id: UUID | None = None) -> list[Vote]:
    """The resolutions of a community, the latest first."""
    wanted = select(Vote).where(col(Vote.community_id) == community_id, col(Vote.resolution_number).is_not(None))
    if motion_id is not None:
        wanted = wanted.where(col(Vote.motion_id) == motion_id)
    return list(s.scalars(wanted.order_by(col(Vote.declared_at).desc(), col(Vote.id))))


def assembly_of(s: Session, vote: Vote) -> Assembly | None:
    return s.get(Assembly, vote.assembly_id) if vote.assembly_id else None


def box_of(s: Session, vote: Vote) -> BallotBox | None:
    return s.get(BallotBox, vote.box_id) if vote.box_id else None


def create(s: Session, who: Principal, data: VoteCreate, at: datetime | None = None) -> Vote:
    """Sets up a vote. A motion's is about the motion as it stands, and there is one at a time."""
    assembly = _assembly(s, who, data.assembly_id)
    motion = _motion(s, who, data.motion_id)
    item = _item(s, assembly, data.agenda_item_id)
    if motion is None and item is not None and item.motion_id is not None:
        motion = s.get(Motion, item.motion_id)
    vote = Vote(
        community_id=assembly.community_id if assembly else own_community(who),
        assembly_id=assembly.id if assembly else None,
        agenda_item_id=item.id if item else None,
        motion_id=motion.id if motion else None,
        body=assembly.body if assembly else RuleBody.owners_assembly,
        question=data.question or (motion.title if motion else ""),
        matter=Matter(motion.matter) if motion else data.matter,
        method=data.method,
    )
    _check(vote)
    if at is not None:
        vote.created_at = vote.updated_at = at
    s.add(vote)
    flush_or(s, Conflict(_("这件议案已有一次还没有结束的表决。"), code="vote_exists", field="motion_id"))
    return vote


def _assembly(s: Session, who: Principal, assembly_id: UUID | None) -> Assembly | None:
    try:
        return meetings.get(s, who, assembly_id) if assembly_id else None
    except NotFound:
        raise Invalid(_("没有这次会议。"), code="unknown_assembly", field="assembly_id") from None


def _motion(s: Session, who: Principal, motion_id: UUID | None) -> Motion | None:
    try:
        return motions.find(s, who, motion_id) if motion_id else None
    except NotFound:
        raise Invalid(_("没有这件议案。"), code="unknown_motion", field="motion_id") from None


def _item(s: Session, assembly: Assembly | None, item_id: UUID | None) -> AgendaItem | None:
    if item_id is None:
        return None
    item = s.get(AgendaItem, item_id)
    if item is None or assembly is None or item.assembly_id != assembly.id:
        raise Invalid(_("这次会议没有这项议程。"), code="unknown_agenda_item", field="agenda_item_id")
    return item


def _check(vote: Vote) -> None:
    """What is voted on, by whom and how must fit together; owners decide owners' matters, and nobody else does."""
    if not vote.question:
        raise Invalid(_("请写明表决什么。"), code="question_missing", field="question")
    by_owners = vote.method == Method.owners
    if Matter(vote.matter).of_owners != by_owners:
        text = (
            _("业主书面表决只用于业主共同决定的事项。")
            if by_owners
            else _("这是业主共同决定的事项，居民代表会议无权决定，请用业主书面表决（民法典第二百七十八条）。")
        )
        raise Conflict(text, code="owners_matter", field="method")
    if by_owners != (vote.assembly_id is None):
        text = _("业主书面表决不在会上进行，请不要选会议。") if by_owners else _("请选择在哪次会议上表决。")
        raise Invalid(text, code="assembly_needed", field="assembly_id")


def update(s: Session, who: Principal, vote_id: UUID, data: VoteUpdate, version: int | None) -> Vote:
    vote = held(s, who, vote_id)
    check_version(vote, version)
    states.require(vote, State.draft, rule=_("只有待开始的表决才能修改。"))
    vote.question, vote.method = data.question, data.method
    if vote.motion_id is None:
        vote.matter = data.matter
    _check(vote)
    touch(vote)
    s.flush()
    return vote


def remove(s: Session, who: Principal, vote_id: UUID, version: int | None) -> None:
    """A vote that never opened goes without a trace but the audit log's."""
    vote = held(s, who, vote_id)
    check_version(vote, version)
    states.require(vote, State.draft, rule=_("只有待开始的表决才能删除；已经开始的请作废。"))
    s.delete(vote)
    s.flush()


def void(s: Session, who: Principal, vote_id: UUID, reason: str, at: datetime | None = None) -> Vote:
    """Ends a vote without a result. Ballots of an open secret vote are destroyed unread; the reason stays."""
    vote = held(s, who, vote_id)
    _void(s, vote, who, reason, at or now())
    return vote


def _void(s: Session, vote: Vote, who: Principal | None, reason: str, at: datetime) -> None:
    """`who` is None where the rule voids it. The motion is open again, and waits to be taken up."""
    was = State(vote.state)
    states.move(vote, State.void)
    vote.voided_at, vote.voided_by, vote.void_reason = at, who.id if who else None, reason
    box = box_of(s, vote)
    if box is not None and was == State.open:
        ballots.void_box(s, box)
    if vote.motion_id is not None and was != State.draft:
        outcome = "no_quorum" if reason == states.QUORUM_LOST else "adjourned"
        motions.decided(s, who, s.get_one(Motion, vote.motion_id), outcome, vote.id, at, states.reason(reason))
    touch(vote)
    s.flush()
    text = _("表决作废：%(question)s（%(reason)s）", question=vote.question, reason=states.reason(reason))
    tell(s, vote, "void", text, at, reason=reason)


def tell(s: Session, vote: Vote, step: str, text: str, at: datetime, **data: Any) -> None:
    """Writes a step of a vote into the log of its assembly, from which the minutes are drawn."""
    assembly = assembly_of(s, vote)
    if assembly is not None:
        meetings.log(s, assembly, "vote", text, {"vote_id": str(vote.id), "step": step, **data}, at)


def _quorum_lost(s: Session, lost: QuorumLost) -> None:
    """Whatever is being voted on when an assembly loses its quorum is void. The assembly is held by whoever tells."""
    wanted = select(col(Vote.id)).where(col(Vote.assembly_id) == lost.assembly_id, col(Vote.state) == State.open)
    for vote_id in s.scalars(wanted.order_by(col(Vote.id))).all():
        vote = lock(s, vote_id)
        if vote.state == State.open:
            _void(s, vote, None, states.QUORUM_LOST, lost.at or now())


subscribe(QuorumLost, _quorum_lost)
