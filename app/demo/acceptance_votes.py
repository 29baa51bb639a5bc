"""The votes of the acceptance data, from real ballots: one declared that was secret, one that is open with an unused
pass, a roll call and a count of paper that wait."""

from __future__ import annotations

from typing import Any

from sqlmodel import Session, select

from app.accounts.authentication import principal_for
from app.accounts.models import User
from app.accounts.permissions import Principal
from app.assemblies.meetings.models import Assembly, Attendance
from app.assemblies.models import TermBody
from app.assemblies.rosters import sitting
from app.assemblies.votes import counting, declaring, electorate, opening, service
from app.assemblies.votes.models import Choice, Method, Vote
from app.assemblies.votes.schemas import CountEntry, VoteCreate
from app.ballots import service as ballots
from app.ballots.models import BallotBox
from app.core.clock import now, today
from app.demo.acceptance_place import Place

_DECLARED, _OPEN = "是否在小公园补种树木", "是否改建健身场地"
_CHOICES = (Choice.in_favour,) * 6 + (Choice.against, Choice.abstain)


def add_votes(s: Session, place: Place, director: User) -> None:
    """Needs the rosters of the acceptance data."""
    who = principal_for(s, director)
    held = _assembly(s, place)
    _declared(s, who, held)
    place.ballot_token = _with_passes(s, who, held, _OPEN)[0]
    _vote(s, who, held, "是否调整楼道照明时间", Method.roll_call)
    paper = _vote(s, who, held, "是否更换二次供水水箱", Method.secret_paper)
    counting.close(s, who, paper.id)
    counting.enter(
        s,
        who,
        paper.id,
        CountEntry(issued=8, returned=8, unreturned=0, valid=8, invalid=0, votes_for=6, votes_against=1, abstain=1),
    )


def _assembly(s: Session, place: Place) -> Assembly:
    """One that is being held, with everybody there."""
    at = now()
    held = Assembly(
        community_id=place.community.id,
        kind="extraordinary",
        year=today().year,
        number=99,
        title="表决用的临时会议",
        scheduled_at=at,
        place="社区会议室",
        state="open",
        opened_at=at,
    )
    s.add(held)
    s.flush()
    for holder in sitting(s, place.community.id, TermBody.representative_assembly, today()):
        s.add(
            Attendance(
                community_id=place.community.id,
                assembly_id=held.id,
                holder_id=holder.id,
                seat_of_id=holder.id,
                in_at=at,
            )
        )
    s.flush()
    return held


def _vote(s: Session, who: Principal, held: Assembly, question: str, method: Method) -> Vote:
    vote = service.create(s, who, VoteCreate(assembly_id=held.id, question=question, method=method))
    return opening.open_vote(s, who, vote.id)


def _with_passes(s: Session, who: Principal, held: Assembly, question: str) -> list[str]:
    vote = _vote(s, who, held, question, Method.secret_pass)
    return [slip.token for slip in ballots.renew_slips(s, s.get_one(BallotBox, vote.box_id))]


def _declared(s: Session, who: Principal, held: Assembly) -> None:
    for token, choice in zip(_with_passes(s, who, held, _DECLARED), _CHOICES, strict=False):
        opened = ballots.find_by_token(s, token)
        if opened is None:
            raise LookupError("a pass that was just made does not open its box")
        ballots.submit(s, opened, token, "seed", {counting.CONTEST: {"choice": str(choice)}}, {})
    vote = s.exec(select(Vote).where(Vote.assembly_id == held.id, Vote.question == _DECLARED)).one()
    counting.close(s, who, vote.id)
    declaring.declare(s, who, vote.id)


def _named(s: Session, place: Place) -> Vote:
    wanted = select(Vote).where(Vote.community_id == place.community.id, Vote.question == _DECLARED)
    return s.exec(wanted).one()


OBJECTS: dict[str, Any] = {
    "vote_id": lambda s, p: _named(s, p).id,
    "vote_elector_id": lambda s, p: electorate.electors(s, _named(s, p).id)[0].id,
    "ballot_token": lambda _s, p: p.ballot_token,
}
