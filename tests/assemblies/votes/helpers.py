"""An assembly in session for the tests: so many seats, so many present, rules of their own where wished."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlmodel import Session, select

from app.accounts.authentication import principal_for
from app.accounts.models import User
from app.accounts.permissions import Principal
from app.assemblies.meetings.models import Assembly, Attendance
from app.assemblies.models import Seat, SeatHolder, Term
from app.assemblies.motions.models import Motion, MotionState
from app.assemblies.votes import casting, counting, declaring, electorate, opening, service
from app.assemblies.votes.models import Choice, Vote
from app.assemblies.votes.schemas import CountEntry, VoteCreate
from app.core.clock import now
from app.core.db import Database
from tests.cast import Cast

FOR, AGAINST, ABSTAIN = Choice.in_favour, Choice.against, Choice.abstain


@dataclass
class Room:
    """An open assembly and its representatives, the first `present` of whom are there."""

    assembly: UUID
    holders: list[UUID]


def person(s: Session, name: str) -> Principal:
    return principal_for(s, s.exec(select(User).where(User.display_name == name)).one())


def room(db: Database, cast: Cast, seats: int, present: int, at: datetime | None = None) -> Room:
    """周代表 holds the first seat."""
    at = at or now()
    with db.write() as s:
        term = Term(
            community_id=cast.community, body="representative_assembly", name="本届", starts_on=date(2010, 1, 1),
            ends_on=date(2100, 1, 1),
        )  # fmt: skip
        s.add(term)
        s.flush()
        holders = []
        for number in range(1, seats + 1):
            seat = Seat(community_id=cast.community, term_id=term.id, number=number, post="representative")
            s.add(seat)
            s.flush()
            holder = SeatHolder(
                community_id=cast.community, seat_id=seat.id, name=f"代表{number}", from_on=date(2010, 1, 1),
                user_id=cast.users["周代表"] if number == 1 else None,
            )  # fmt: skip
            s.add(holder)
            s.flush()
            holders.append(holder.id)
        assembly = Assembly(
            community_id=cast.community, kind="extraordinary", year=at.year, number=1, title="临时会议",
            scheduled_at=at, place="会议室", state="open", opened_at=at,
        )  # fmt: skip
        s.add(assembly)
        s.flush()
        for holder_id in holders[:present]:
            arrive(s, assembly, holder_id, at - timedelta(minutes=5))
        return Room(assembly.id, holders)


def arrive(s: Session, assembly: Assembly, holder_id: UUID, at: datetime, carries: UUID | None = None) -> Attendance:
    came = Attendance(
        community_id=assembly.community_id, assembly_id=assembly.id, holder_id=holder_id, proxy_for_id=carries,
        seat_of_id=carries or holder_id, in_at=at,
    )  # fmt: skip
    s.add(came)
    s.flush()
    return came


def motion(db: Database, cast: Cast, matter: str = "ordinary", state: MotionState = MotionState.debated) -> UUID:
    with db.write() as s:
        made = Motion(
            community_id=cast.community, year=2026, ordinal=1, number="2026-01", title="改建儿童乐园", matter=matter,
            proposer_kind="committee", state=state, proposed_at=now(),
        )  # fmt: skip
        s.add(made)
        s.flush()
        return made.id


def vote(db: Database, at: Room | None, method: str, *, opened: bool = True, **changes: object) -> UUID:
    """Set up by 王站长, and opened."""
    with db.write() as s:
        who = person(s, "王站长")
        data = VoteCreate.model_validate(
            {"assembly_id": at and at.assembly, "question": "是否改建儿童乐园", "method": method, **changes}
        )
        made = service.create(s, who, data)
        if opened:
            opening.open_vote(s, who, made.id)
        return made.id


def tap_all(db: Database, vote_id: UUID, choices: list[Choice]) -> None:
    with db.write() as s:
        who = person(s, "李网格")
        for elector, choice in zip(electorate.present(s, vote_id), choices, strict=False):
            casting.tap(s, who, vote_id, elector.id, choice)


def choices(in_favour: int, against: int = 0, abstain: int = 0) -> list[Choice]:
    return [FOR] * in_favour + [AGAINST] * against + [ABSTAIN] * abstain


def hands(db: Database, vote_id: UUID, in_favour: int, against: int = 0, abstain: int = 0) -> Vote:
    """Closed, counted and declared."""
    with db.write() as s:
        who = person(s, "王站长")
        counting.close(s, who, vote_id)
        counting.enter(s, who, vote_id, CountEntry(votes_for=in_favour, votes_against=against, abstain=abstain))
        return declaring.declare(s, who, vote_id)


def declared(db: Database, vote_id: UUID) -> Vote:
    with db.write() as s:
        who = person(s, "王站长")
        counting.close(s, who, vote_id)
        return declaring.declare(s, who, vote_id)
