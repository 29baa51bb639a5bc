"""Votes as the day's screen and a representative's phone show them: how far they are, and which buttons there are."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from app.accounts.permissions import Principal
from app.assemblies.meetings.models import Assembly
from app.assemblies.votes import counting, declaring, progress, reading, service
from app.assemblies.votes.models import Method, State, Vote, VoteElector
from app.assemblies.votes.schemas import OwnVotes, PanelRead, PanelVote

_LATEST = 10
_ALIVE = (State.draft, State.open, State.closed)


def panel(s: Session, who: Principal, assembly: Assembly) -> PanelRead:
    """The votes of an assembly. No figure of how people voted before a vote is closed."""
    votes = service.of_assembly(s, assembly.id)
    order = {State.open: 0, State.closed: 1, State.draft: 2}
    waiting = sorted((v for v in votes if v.state in _ALIVE), key=lambda v: order[State(v.state)])
    current = waiting[0] if waiting else None
    return PanelRead(
        assembly_id=assembly.id,
        current=of_vote(s, who, current) if current else None,
        others=[of_vote(s, who, vote) for vote in votes if vote is not current],
    )


def mark(s: Session, assembly_id: UUID) -> str:
    """Changes whenever the panel would: for screens that ask every few seconds. Reads no ballot."""
    votes = service.of_assembly(s, assembly_id)
    return ";".join(f"{vote.id.hex}.{vote.version}.{progress.returned(s, vote)}" for vote in votes)


def of_vote(s: Session, who: Principal, vote: Vote) -> PanelVote:
    count = counting.latest(s, vote.id) if vote.state in (State.closed, State.declared) else None
    return PanelVote(
        **vote.model_dump(
            include={
                "id", "version", "question", "motion_id", "agenda_item_id", "matter", "method", "state", "outcome",
                "resolution_number",
            }
        ),
        explanation=declaring.explanation(vote),
        returned=progress.returned(s, vote),
        of=vote.entitled if vote.method == Method.owners else vote.present,
        count=reading.count_read(vote, count, reading.names(s, [count])) if count else None,
        actions=progress.actions(who, vote, count),
        own=progress.own_seats(s, who, vote),
    )  # fmt: skip


def own(s: Session, who: Principal) -> OwnVotes:
    """Open votes in which somebody with an account is present as the holder of a seat, and the latest results."""
    asked = (
        select(Vote)
        .join(VoteElector, col(VoteElector.vote_id) == col(Vote.id))
        .where(col(VoteElector.user_id) == who.id, col(VoteElector.present), col(Vote.state) == State.open)
        .order_by(col(Vote.opened_at), col(Vote.id))
    )
    declared = service.visible(who).where(col(Vote.state) == State.declared)
    latest = s.scalars(declared.order_by(col(Vote.declared_at).desc(), col(Vote.id)).limit(_LATEST)).all()
    return OwnVotes(
        open=[of_vote(s, who, vote) for vote in s.scalars(asked).unique()],
        latest=[reading.brief(vote) for vote in latest],
    )
