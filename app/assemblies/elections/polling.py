"""The vote itself: slips, opening, closing, and losing the quorum. What a phone shows is in `booth`."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from app.accounts.permissions import Principal
from app.assemblies.elections import candidates, counts, electors, rules, service, states
from app.assemblies.elections.models import Election, EventKind, Method, State
from app.assemblies.meetings import packs
from app.assemblies.meetings import service as meetings
from app.assemblies.meetings.models import Assembly
from app.ballots import service as ballots
from app.ballots.models import BallotBox, BoxState
from app.core.clock import local_date, now
from app.core.db import touch
from app.core.errors import Conflict
from app.core.events import QuorumLost, subscribe
from app.core.i18n import gettext as _


def box_of(s: Session, election: Election) -> BallotBox | None:
    return s.get(BallotBox, election.box_id) if election.box_id else None


def make_slips(
    s: Session, who: Principal, election_id: UUID, at: datetime | None = None
) -> tuple[Election, list[ballots.Slip]]:
    """A slip for each elector, shown this once. Made again before the first is used, all earlier ones are void."""
    election = service.held(s, who, election_id)
    if election.method != Method.passes:
        raise Conflict(_("纸质选举不用二维码选票。"), code="not_by_pass")
    states.require(election, State.nominated, State.open, rule=_("公布候选人以后、投票截止以前才能制作二维码选票。"))
    box = box_of(s, election)
    if box is None:
        box = _prepare(s, election)
        slips = ballots.slips(s, box)
    else:
        slips = ballots.renew_slips(s, box)
    touch(election)
    service.log(s, who, election, EventKind.slips, _("%(n)s 张", n=len(slips)), at)
    return election, slips


def _prepare(s: Session, election: Election) -> BallotBox:
    people = electors.voters(s, election.id)
    voters = [ballots.Voter(x.voter_kind, x.voter_id, x.name) for x in people]
    box = ballots.prepare(s, election.community_id, ballots.Purpose.election, ballots.Secrecy.secret, voters)
    election.box_id = box.id
    s.flush()
    return box


def open_polls(s: Session, who: Principal, election_id: UUID, at: datetime | None = None) -> Election:
    """Voting begins: the rules, the list and the candidates are kept as they are now."""
    election, at = service.held(s, who, election_id), at or now()
    states.move(election, State.open)
    if local_date(at) < election.held_on:
        raise Conflict(_("还没有到选举日（%(day)s）。", day=election.held_on.isoformat()), code="before_the_day")
    candidates.check_enough(s, election)
    _check_room(s, election, at)
    rules.keep(s, election)
    if election.method == Method.passes:
        box = box_of(s, election)
        if box is None:
            raise Conflict(_("请先制作二维码选票，再开始投票。"), code="slips_missing")
        ballots.open_box(s, box)
    election.opened_at = at
    touch(election)
    service.log(s, who, election, EventKind.opened, _("选民 %(n)s 人", n=election.registered), at)
    return election


def _check_room(s: Session, election: Election, at: datetime) -> None:
    """In an assembly people vote only while it is held and has its quorum."""
    if election.assembly_id is None:
        return
    assembly = s.get_one(Assembly, election.assembly_id)
    meetings.require_open(s, assembly)
    quorum = meetings.quorum_at(s, assembly, at)
    if not quorum.holds:
        text = _(
            "到会 %(present)s 人，不足法定人数 %(needed)s 人，不能开始投票。",
            present=quorum.present,
            needed=quorum.needed,
        )
        source = quorum.tested[0].condition.source if quorum.tested else ""
        raise packs.refusal(text, "no_quorum", packs.version_of(s, assembly), source)


def close_polls(s: Session, who: Principal, election_id: UUID, at: datetime | None = None) -> Election:
    """Voting ends. Slips are counted at once by the machine; printed ballots are counted by people afterwards."""
    election, at = service.held(s, who, election_id), at or now()
    states.move(election, State.counted)
    election.closed_at = at
    service.log(s, who, election, EventKind.closed, "", at)
    box = box_of(s, election)
    if box is not None:
        ballots.close_box(s, box)
        counts.by_machine(s, who, election, box, at)
    touch(election)
    s.flush()
    return election


def turnout(s: Session, election: Election) -> int | None:
    """How many sheets are in the box; None where people count printed ballots."""
    box = box_of(s, election)
    return ballots.turnout(s, box).answered if box is not None and box.state != BoxState.prepared else None


def _quorum_lost(s: Session, lost: QuorumLost) -> None:
    """Whoever stays decides nothing: what is being voted on in that assembly is void."""
    for election in service.of_assembly(s, lost.assembly_id):
        if election.state == State.open:
            reason = _("会议到会人数不足法定人数，正在进行的投票作废。")
            service.end_without_result(s, None, election, reason)


subscribe(QuorumLost, _quorum_lost)
