"""Those elected take office: seats of a new term, or the vacant ones of a term that runs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from app.accounts.permissions import Principal
from app.assemblies import holders
from app.assemblies import service as rosters
from app.assemblies.elections import service, states
from app.assemblies.elections.counting import Fate
from app.assemblies.elections.models import Candidate, Election, EventKind, State
from app.assemblies.elections.schemas import Installation
from app.assemblies.models import Installed, Seat, SeatHolder, SeatPost, Term
from app.assemblies.schemas import HolderCreate, SeatCreate, TermCreate
from app.core.clock import now
from app.core.db import touch
from app.core.errors import Conflict, Invalid, NotFound
from app.core.i18n import gettext as _


def install(s: Session, who: Principal, election_id: UUID, data: Installation, at: datetime | None = None) -> Election:
    """Gives each person elected a seat from a day on. Once, and never more people than seats."""
    election, at = service.held(s, who, election_id), at or now()
    states.require(election, State.declared, rule=_("宣布结果以后，当选人才能就任。"))
    if election.term_id is not None:
        raise Conflict(_("当选人已经就任。"), code="installed")
    elected = list(_elected(election))
    if not elected:
        raise Conflict(_("这次选举没有人当选。"), code="nobody_elected")
    term, new = _term(s, who, election, data)
    for post, candidate_id in elected:
        seat = _vacant(s, who, term, post, election, data)
        holders.install(s, who, seat.id, _holder(s, s.get_one(Candidate, candidate_id), data, new))
    election.term_id = term.id
    touch(election)
    service.log(s, who, election, EventKind.installed, term.name, at)
    return election


def _elected(election: Election) -> Iterator[tuple[SeatPost, UUID]]:
    """Post and candidate, by posts and votes: the first of them has the seat with the smallest number."""
    for contest in (election.outcome or {})["contests"]:
        for standing in sorted(contest["standings"], key=lambda x: -x["votes"]):
            if standing["fate"] == Fate.elected:
                yield SeatPost(contest["post"]), UUID(standing["candidate_id"])


def _term(s: Session, who: Principal, election: Election, data: Installation) -> tuple[Term, bool]:
    """The term that was named, or a new one with all its seats. A further round fills the term of the first."""
    parent = s.get(Election, election.parent_id) if election.parent_id else None
    if parent is not None and parent.term_id is None and list(_elected(parent)):
        raise Conflict(_("请先让前一次投票的当选人就任。"), code="parent_not_installed")
    wanted = data.term_id or (parent.term_id if parent else None)
    if wanted is not None:
        return _running(s, who, election, wanted), parent is not None and parent.term_id == wanted
    if data.name is None or data.ends_on is None:
        raise Invalid(
            _("新的一届要写明名称和结束日期。"), code="term_unnamed", field="name" if not data.name else "ends_on"
        )
    made = TermCreate.model_validate(
        {
            "body": election.body,
            "name": data.name,
            "starts_on": data.from_on,
            "ends_on": data.ends_on,
            "source": _source(election),
        }
    )
    term = rosters.create_term(s, who, made)
    for post in service.posts_of(s, election.id):
        for _seat in range(post.seats):
            _add_seat(s, who, term, SeatPost(post.post), election)
    return term, True


def _source(election: Election) -> str:
    day = election.declared_at or now()
    return f"{election.title}（{day.date().isoformat()}）"


def _running(s: Session, who: Principal, election: Election, term_id: UUID) -> Term:
    try:
        term = rosters.find_term(s, who, term_id)
    except NotFound:
        raise Invalid(_("没有这一届。"), code="no_such_term", field="term_id") from None
    if term.body != election.body or term.community_id != election.community_id:
        raise Invalid(_("这一届是另一个组织的。"), code="term_of_another_body", field="term_id")
    return term


def _add_seat(s: Session, who: Principal, term: Term, post: SeatPost, election: Election) -> Seat:
    return rosters.add_seat(s, who, term.id, SeatCreate(post=post, group_id=election.group_id))


def _vacant(s: Session, who: Principal, term: Term, post: SeatPost, election: Election, data: Installation) -> Seat:
    """The first seat of that post which nobody holds from the day on."""
    held: Any = (
        select(col(SeatHolder.id))
        .where(col(SeatHolder.seat_id) == col(Seat.id))
        .where(col(SeatHolder.to_on).is_(None) | (col(SeatHolder.to_on) >= data.from_on))
    )
    wanted = select(Seat).where(col(Seat.term_id) == term.id, col(Seat.post) == post, ~held.exists())
    if election.group_id is not None:
        wanted = wanted.where(col(Seat.group_id) == election.group_id)
    found = s.scalars(wanted.order_by(col(Seat.number)).limit(1)).one_or_none()
    if found is None:
        raise Conflict(
            _("这一届没有足够的空缺席位：请先登记离任，或者建立新的一届。"), code="no_vacant_seat", field="term_id"
        )
    return found


def _holder(s: Session, candidate: Candidate, data: Installation, new: bool) -> HolderCreate:
    before = s.get(SeatHolder, candidate.holder_id) if candidate.holder_id else None
    resident_id = candidate.resident_id or (before.resident_id if before else None)
    return HolderCreate.model_validate(
        {
            "name": candidate.name,
            "sex": candidate.sex,
            "from_on": data.from_on,
            "how": Installed.elected if new else Installed.by_election,
            "resident_id": resident_id,
        }
    )
