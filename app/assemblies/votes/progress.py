"""How far a vote is, and what somebody may do with it now."""

from __future__ import annotations

from sqlmodel import Session

from app.accounts.permissions import Principal
from app.assemblies.votes import counting, electorate, service
from app.assemblies.votes.models import NAMED, Choice, Method, State, Vote, VoteCount
from app.assemblies.votes.schemas import OwnSeat
from app.ballots import service as ballots


def returned(s: Session, vote: Vote) -> int | None:
    """How many have voted; nobody counts raised hands or paper before the end."""
    if vote.state == State.draft or vote.method in counting.BY_HAND:
        return None
    if vote.method in NAMED:
        return electorate.returned(s, vote.id)
    box = service.box_of(s, vote)
    if box is None or vote.state != State.open:
        return box.returned if box else None
    return ballots.turnout(s, box).answered


def actions(who: Principal, vote: Vote, count: VoteCount | None) -> list[str]:
    """What this person may do with the vote now."""
    if not who.may("assemblies:run"):
        return []
    state = State(vote.state)
    if state == State.draft:
        return ["open", "edit"]
    if state == State.open:
        more = {Method.secret_pass: ["slips"], Method.roll_call: ["tap"], Method.owners: ["tap"]}
        return ["close", "void", *more.get(Method(vote.method), [])]
    if state == State.closed:
        return [*_after_closing(who, vote, count), "void"]
    return []


def _after_closing(who: Principal, vote: Vote, count: VoteCount | None) -> list[str]:
    by_hand = vote.method in counting.BY_HAND
    if count is None:
        return ["count"]
    found = ["recount"] if by_hand else []
    if counting.problems(vote, count):
        return found
    if vote.method not in counting.BY_TWO or count.confirmed_by is not None:
        return [*found, "declare"]
    return found if count.entered_by == who.id else [*found, "confirm"]


def own_seats(s: Session, who: Principal, vote: Vote) -> list[OwnSeat]:
    """The seats that the asker votes for in an open roll call."""
    if vote.state != State.open or vote.method != Method.roll_call or not who.may("votes:cast"):
        return []
    return [
        OwnSeat(
            elector_id=one.id,
            name=one.name,
            proxy=one.proxy_id is not None,
            choice=Choice(one.choice) if one.choice else None,
        )
        for one in electorate.own(s, vote.id, who.id)
    ]
