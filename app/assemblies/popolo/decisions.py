"""What was moved and decided, in the terms of Popolo: events, motions and vote events with their counts and votes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from app.assemblies.elections import candidates, counts
from app.assemblies.elections.models import Election
from app.assemblies.elections.models import State as ElectionState
from app.assemblies.meetings.models import Assembly
from app.assemblies.models import SeatHolder, TermBody
from app.assemblies.motions.models import Motion, MotionProposer, MotionState
from app.assemblies.popolo.people import body_id, person_id
from app.assemblies.popolo.schemas import (
    Link,
    PopoloCount,
    PopoloEvent,
    PopoloMotion,
    PopoloVote,
    PopoloVoteEvent,
)
from app.assemblies.votes.models import Method, Vote, VoteCount, VoteElector
from app.assemblies.votes.models import State as VoteState
from app.communities.models import Community

# What was put before an assembly is public; what was only written down, returned or withdrawn is not.
_PUBLIC = (
    MotionState.scheduled,
    MotionState.debated,
    MotionState.voting,
    MotionState.carried,
    MotionState.rejected,
    MotionState.adjourned,
    MotionState.no_quorum,
)
_DECIDED = (MotionState.carried, MotionState.rejected)


def events(s: Session, community: Community) -> list[PopoloEvent]:
    """The assemblies that were held."""
    wanted = select(Assembly).where(col(Assembly.community_id) == community.id, col(Assembly.opened_at).is_not(None))
    return [
        PopoloEvent(
            id=x.id,
            name=x.title,
            classification=x.kind,
            organization_id=body_id(community.id, x.body),
            location=x.place,
            start_date=x.opened_at or x.scheduled_at,
            end_date=x.closed_at,
        )
        for x in s.scalars(wanted.order_by(col(Assembly.opened_at), col(Assembly.id)))
    ]


def motions(s: Session, community: Community, held: Iterable[PopoloEvent]) -> list[PopoloMotion]:
    """Motions that came before an assembly; the mover is named where it was one representative."""
    sessions = {x.id for x in held}
    movers = _movers(s, community.id)
    wanted = select(Motion).where(col(Motion.community_id) == community.id, col(Motion.state).in_(_PUBLIC))
    return [
        PopoloMotion(
            id=x.id,
            organization_id=body_id(community.id, TermBody.representative_assembly),
            legislative_session_id=x.assembly_id if x.assembly_id in sessions else None,
            creator_id=movers.get(x.id),
            text=f"{x.title}\n{x.text}".strip(),
            classification=x.matter,
            date=x.proposed_at,
            result=x.state if x.state in _DECIDED else None,
        )
        for x in s.scalars(wanted.order_by(col(Motion.proposed_at), col(Motion.id)))
    ]


def _movers(s: Session, community_id: UUID) -> dict[UUID, UUID]:
    wanted = select(col(MotionProposer.motion_id), SeatHolder).join(
        SeatHolder, col(SeatHolder.id) == col(MotionProposer.holder_id)
    )
    found: dict[UUID, list[SeatHolder]] = {}
    for motion_id, holder in s.execute(wanted.where(col(MotionProposer.community_id) == community_id)):
        found.setdefault(motion_id, []).append(holder)
    return {motion_id: person_id(holders[0]) for motion_id, holders in found.items() if len(holders) == 1}


def vote_events(s: Session, community: Community, public: Iterable[PopoloMotion], base: str) -> list[PopoloVoteEvent]:
    """Declared votes and elections, the earliest first."""
    moved = {x.id for x in public}
    found = [*_votes(s, community, moved, base), *_elections(s, community, base)]
    return sorted(found, key=lambda x: (x.start_date, x.id))


def _votes(s: Session, community: Community, moved: set[UUID], base: str) -> Iterator[PopoloVoteEvent]:
    wanted = select(Vote).where(col(Vote.community_id) == community.id, col(Vote.state) == VoteState.declared)
    declared = s.scalars(wanted.order_by(col(Vote.id))).all()
    counted = _latest_counts(s, [x.id for x in declared])
    named = _named(s, [x.id for x in declared if x.method == Method.roll_call])
    for vote in declared:
        count = counted.get(vote.id)
        if count is None or vote.opened_at is None:
            continue
        options = (("yes", count.votes_for), ("no", count.votes_against), ("abstain", count.abstain))
        yield PopoloVoteEvent(
            id=vote.id,
            organization_id=_voters(community, vote),
            legislative_session_id=vote.assembly_id,
            identifier=vote.resolution_number,
            motion_id=vote.motion_id if vote.motion_id in moved else None,
            classification=vote.method,
            start_date=vote.opened_at,
            end_date=vote.closed_at,
            result="pass" if vote.outcome == "carried" else "fail",
            counts=[PopoloCount(option=option, value=n) for option, n in options],
            votes=named.get(vote.id, []),
            sources=[Link(url=f"{base}/votes/{vote.id}/bundle.json")],
        )


def _voters(community: Community, vote: Vote) -> UUID:
    """Owners are no body of the rosters: their votes are the community's."""
    return body_id(community.id, vote.body) if vote.body in set(TermBody) else community.id


def _latest_counts(s: Session, vote_ids: list[UUID]) -> dict[UUID, VoteCount]:
    wanted = select(VoteCount).where(col(VoteCount.vote_id).in_(vote_ids)).order_by(col(VoteCount.revision))
    return {x.vote_id: x for x in s.scalars(wanted)}


_OPTIONS = {"for": "yes", "against": "no", "abstain": "abstain"}


def _named(s: Session, vote_ids: list[UUID]) -> dict[UUID, list[PopoloVote]]:
    """Who voted how, of roll calls alone: their electors are holders of seats."""
    wanted = (
        select(VoteElector, SeatHolder)
        .join(SeatHolder, col(SeatHolder.id) == col(VoteElector.voter_id))
        .where(col(VoteElector.vote_id).in_(vote_ids))
        .order_by(col(VoteElector.position))
    )
    found: dict[UUID, list[PopoloVote]] = {}
    for elector, holder in s.execute(wanted):
        option = _OPTIONS.get(elector.choice or "", "not voting" if elector.present else "absent")
        found.setdefault(elector.vote_id, []).append(PopoloVote(voter_id=person_id(holder), option=option))
    return found


def _elections(s: Session, community: Community, base: str) -> Iterator[PopoloVoteEvent]:
    wanted = select(Election).where(
        col(Election.community_id) == community.id, col(Election.state) == ElectionState.declared
    )
    for election in s.scalars(wanted.order_by(col(Election.id))):
        outcome: Mapping[str, Any] = election.outcome or {}
        by_representatives = election.electorate == "representatives"
        count = counts.latest(s, election.id)
        if count is None or election.opened_at is None:
            continue
        names = {str(x.id): x.name for x in candidates.of_election(s, election.id)}
        body = body_id(community.id, TermBody.representative_assembly)
        yield PopoloVoteEvent(
            id=election.id,
            organization_id=body if by_representatives else community.id,
            legislative_session_id=election.assembly_id,
            identifier=election.title,
            classification="election",
            start_date=election.opened_at,
            end_date=election.closed_at,
            result="pass" if outcome.get("valid") else "fail",
            counts=[PopoloCount(option=names[key], value=n) for row in count.posts for key, n in row["votes"].items()],
            votes=[],
            sources=[Link(url=f"{base}/elections/{election.id}/bundle.json")],
        )
