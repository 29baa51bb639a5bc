"""The elections of the acceptance data, from real ballots: one declared, and one in preparation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlmodel import Session, col, select

from app.accounts.authentication import principal_for
from app.accounts.models import User
from app.accounts.permissions import Principal
from app.assemblies.elections import candidates, declaring, electors, polling, service
from app.assemblies.elections.models import Candidate, Consent, Election, ElectorObjection, Method, Ruling, State
from app.assemblies.elections.schemas import (
    CandidateCreate,
    ElectionCreate,
    ListFreeze,
    ObjectionCreate,
    PostSeats,
    RulingWrite,
)
from app.assemblies.models import SeatPost, TermBody
from app.ballots import service as ballots
from app.core.clock import today
from app.demo.acceptance_place import Place

_NAMES = ("高建平", "高丽君", "高国强")
_MARKS = ((0, 1), (0, 1), (0, 1), (0,), (0, 2), (1, 2), (2,))


def add_elections(s: Session, place: Place, director: User) -> None:
    """Needs the rosters of the acceptance data."""
    who = principal_for(s, director)
    _declared(s, who)
    _draft(s, who, "居民委员会补选")


def _draft(s: Session, who: Principal, title: str) -> Election:
    data = ElectionCreate(
        body=TermBody.committee,
        title=title,
        held_on=today(),
        method=Method.passes,
        posts=[PostSeats(post=SeatPost.member, seats=2)],
    )
    return service.create(s, who, data)


def _declared(s: Session, who: Principal) -> None:
    """Seven of nine representatives fill two seats from three candidates."""
    election = _draft(s, who, "居民委员会换届选举")
    electors.freeze(s, who, election.id, ListFreeze(objections_until=today()))
    objection = electors.object_to(
        s, who, election.id, ObjectionCreate(raised_by="吴建平", text="名单上的小组写错了。")
    )
    ruling = RulingWrite(ruling=Ruling.dismissed, grounds="经核对无误。")
    electors.rule(s, who, election.id, objection.id, ruling, objection.version)
    for name in _NAMES:
        candidates.nominate(
            s,
            who,
            election.id,
            CandidateCreate(post=SeatPost.member, name=name, nominated_by="居民代表联名", consent=Consent.accepted),
        )
    candidates.publish(s, who, election.id)
    _election, slips = polling.make_slips(s, who, election.id)
    polling.open_polls(s, who, election.id)
    _vote(s, election, slips)
    polling.close_polls(s, who, election.id)
    declaring.declare(s, who, election.id)


def _vote(s: Session, election: Election, slips: list[ballots.Slip]) -> None:
    (post,) = service.posts_of(s, election.id)
    names = [str(x.id) for x in candidates.standing(s, election.id)]
    for slip, marks in zip(slips, _MARKS, strict=False):
        opened = ballots.find_by_token(s, slip.token)
        if opened is None:
            raise LookupError("a pass that was just made does not open its box")
        sheet = {str(post.id): {"marks": sorted(names[place] for place in marks)}}
        ballots.submit(s, opened, slip.token, "seed", sheet, {})


def _of(s: Session, place: Place) -> Election:
    wanted = select(Election).where(
        col(Election.community_id) == place.community.id, col(Election.state) == State.declared
    )
    return s.exec(wanted.order_by(col(Election.id))).one()


def _part(model: Any) -> Callable[[Session, Place], Any]:
    def find(s: Session, place: Place) -> Any:
        wanted = select(model).where(col(model.election_id) == _of(s, place).id)
        return s.exec(wanted.order_by(col(model.id)).limit(1)).one().id

    return find


OBJECTS: dict[str, Callable[[Session, Place], Any]] = {
    "election_id": lambda s, p: _of(s, p).id,
    "candidate_id": _part(Candidate),
    "objection_id": _part(ElectorObjection),
}
