"""The rules of elections: who sees them, preparing, changing, voiding, and their history.

`electors`, `candidates`, `polling`, `counts`, `declaring` and `filling` hold the steps. Every function that acts takes
the instant (`at`), so that a past may be told as it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlmodel import Session, col

from app.accounts.permissions import Principal
from app.assemblies import service as rosters
from app.assemblies.elections import states
from app.assemblies.elections.models import (
    Election,
    ElectionEvent,
    ElectionPost,
    Electorate,
    EventKind,
    State,
)
from app.assemblies.elections.schemas import ElectionCreate, ElectionUpdate, PostSeats
from app.assemblies.meetings import service as meetings
from app.assemblies.meetings.models import Assembly
from app.assemblies.meetings.models import EventKind as MeetingEvent
from app.assemblies.models import SeatPost, TermBody
from app.ballots import service as ballots
from app.ballots.models import BallotBox, BoxState
from app.core.clock import now
from app.core.db import check_version, lock_row, touch
from app.core.errors import Invalid, NotFound
from app.core.i18n import gettext as _
from app.households.models import Building
from app.households.scope import communities_of
from app.members.service import own_community

_FOR_MINUTES = (EventKind.opened, EventKind.closed, EventKind.declared, EventKind.void, EventKind.second_round)


def visible(who: Principal) -> Select[Election]:
    return select(Election).where(communities_of(who, col(Election.community_id)))


def find(s: Session, who: Principal, election_id: UUID) -> Election:
    found = s.scalars(visible(who).where(col(Election.id) == election_id)).one_or_none()
    if found is None:
        raise NotFound()
    return found


def held(s: Session, who: Principal, election_id: UUID) -> Election:
    """The same, its row held for this transaction: two tablets pass here one after the other."""
    election = find(s, who, election_id)
    lock_row(s, Election, election.id)
    return election


def of_assembly(s: Session, assembly_id: UUID) -> list[Election]:
    """The elections that are held in an assembly, in the order in which they were prepared."""
    wanted = select(Election).where(col(Election.assembly_id) == assembly_id)
    return list(s.scalars(wanted.order_by(col(Election.round), col(Election.id))))


def posts_of(s: Session, election_id: UUID) -> list[ElectionPost]:
    wanted = select(ElectionPost).where(col(ElectionPost.election_id) == election_id)
    return list(s.scalars(wanted.order_by(col(ElectionPost.position))))


def further_of(s: Session, election_id: UUID) -> UUID | None:
    """The round that followed an election."""
    found: UUID | None = s.scalar(select(col(Election.id)).where(col(Election.parent_id) == election_id))
    return found


def create(s: Session, who: Principal, data: ElectionCreate, at: datetime | None = None) -> Election:
    """An election in preparation, with the posts that are to be filled."""
    election = Election(
        community_id=own_community(who),
        building_ids=[str(building) for building in data.building_ids],
        **data.model_dump(exclude={"building_ids", "posts"}),
    )
    check_assembly(s, who, election)
    _check_electorate(s, who, election)
    s.add(election)
    s.flush()
    _put_posts(s, election, data.posts)
    log(s, who, election, EventKind.created, election.title, at)
    return election


def update(s: Session, who: Principal, election_id: UUID, data: ElectionUpdate, version: int | None) -> Election:
    """Changes an election in preparation."""
    election = held(s, who, election_id)
    check_version(election, version)
    states.require(election, State.draft, rule=_("公布选民名单以后，选举的内容不再改动。"))
    changes = data.model_dump(exclude_unset=True, exclude={"posts"})
    for key, value in changes.items():
        if value is not None or key == "assembly_id":
            setattr(election, key, value)
    check_assembly(s, who, election)
    if data.posts is not None:
        for post in posts_of(s, election.id):
            s.delete(post)
        s.flush()
        _put_posts(s, election, data.posts)
    touch(election)
    log(s, who, election, EventKind.changed, election.title)
    return election


def void(s: Session, who: Principal, election_id: UUID, reason: str, at: datetime | None = None) -> Election:
    """Ends an election without a result, with the reason; ballots in an open box are destroyed unread."""
    election = held(s, who, election_id)
    end_without_result(s, who, election, reason, at)
    return election


def end_without_result(
    s: Session, who: Principal | None, election: Election, reason: str, at: datetime | None = None
) -> None:
    """The same for an election that is held already."""
    states.move(election, State.void)
    election.void_reason = reason
    if election.box_id is not None:
        box = s.get_one(BallotBox, election.box_id)
        if box.state in (BoxState.prepared, BoxState.open):
            ballots.void_box(s, box)
    touch(election)
    log(s, who, election, EventKind.void, reason, at)


def log(
    s: Session, who: Principal | None, election: Election, kind: EventKind, text: str = "", at: datetime | None = None
) -> None:
    """Adds to the history of the election, and to that of the assembly in which it is held."""
    at = at or now()
    last = select(func.max(col(ElectionEvent.seq))).where(col(ElectionEvent.election_id) == election.id)
    event = ElectionEvent(
        community_id=election.community_id,
        election_id=election.id,
        seq=(s.scalar(last) or 0) + 1,
        kind=kind,
        at=at,
        actor_id=who.id if who is not None and who.kind == "user" else None,
        text=text,
    )
    s.add(event)
    s.flush()
    if election.assembly_id is not None and kind in _FOR_MINUTES:
        told = {"election_id": str(election.id), "what": str(kind), "state": election.state}
        assembly = s.get_one(Assembly, election.assembly_id)
        meetings.log(s, assembly, MeetingEvent.election, election.title, told, at)


def check_assembly(s: Session, who: Principal, election: Election) -> None:
    """Only representatives elect in their assembly, and in one of their own community."""
    if election.assembly_id is None:
        return
    if election.electorate != Electorate.representatives:
        raise Invalid(_("由居民选举的，不在居民代表会议上投票。"), code="not_in_assembly", field="assembly_id")
    try:
        meetings.get(s, who, election.assembly_id)
    except NotFound:
        raise Invalid(_("没有这次会议。"), code="no_such_assembly", field="assembly_id") from None


def _check_electorate(s: Session, who: Principal, election: Election) -> None:
    """Residents elect as a whole, or those of some buildings for their group."""
    if election.electorate == Electorate.representatives:
        election.building_ids, election.group_id = [], None
        if election.body == TermBody.representative_assembly:
            raise Invalid(
                _("居民代表由居民选举，请选“成年居民”。"), code="electorate_of_representatives", field="electorate"
            )
        return
    if election.group_id is not None:
        try:
            rosters.find_group(s, who, election.group_id)
        except NotFound:
            raise Invalid(_("本社区没有这个居民小组。"), code="no_such_group", field="group_id") from None
    wanted = [UUID(building) for building in election.building_ids]
    here = select(func.count()).select_from(Building)
    here = here.where(col(Building.id).in_(wanted), col(Building.community_id) == election.community_id)
    if (s.scalar(here) or 0) != len(set(wanted)):
        raise Invalid(_("本社区没有这幢楼。"), code="no_such_building", field="building_ids")


def _put_posts(s: Session, election: Election, wanted: Sequence[PostSeats]) -> None:
    """Posts with seats, in the order in which they are listed; each only once, and only those of the body."""
    chosen = {item.post: item.seats for item in wanted if item.seats}
    of_body = {post for post, _word in rosters.post_choices(TermBody(election.body))}
    if len({item.post for item in wanted}) < len(wanted):
        raise Invalid(_("同一职务只能写一次。"), code="post_twice", field="posts")
    if not chosen:
        raise Invalid(_("至少有一个职务要选人。"), code="no_seats", field="posts")
    if not set(map(str, chosen)) <= of_body:
        raise Invalid(_("这个职务不属于这一组织。"), code="wrong_post", field="posts")
    order = [post for post in SeatPost if post in chosen]
    for position, post in enumerate(order, start=1):
        s.add(
            ElectionPost(
                community_id=election.community_id,
                election_id=election.id,
                post=post,
                seats=chosen[post],
                position=position,
            )
        )
    s.flush()
