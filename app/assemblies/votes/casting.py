"""Named votes coming in: from the voter's own phone, called out and tapped by the clerk, or read from paper.

One seat, one vote: of many presses at once one writes the row, the same press again changes nothing, another choice
is refused. Never commits.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlmodel import Session, col

from app.accounts.permissions import Principal
from app.assemblies.meetings import service as meetings
from app.assemblies.meetings.models import Assembly
from app.assemblies.votes import counting, electorate, service, states
from app.assemblies.votes.models import NAMED, Channel, Choice, Method, State, Vote, VoteElector
from app.assemblies.votes.schemas import Cast
from app.core import audit
from app.core.clock import now
from app.core.db import check_version, lock_row
from app.core.errors import Conflict, NotFound
from app.core.i18n import gettext as _


def cast(s: Session, who: Principal, vote_id: UUID, data: Cast, at: datetime | None = None) -> VoteElector:
    """A representative's own vote in a roll call, or that of a seat whose proxy he holds."""
    vote = _open(s, who, vote_id, Method.roll_call)
    mine = electorate.own(s, vote.id, who.id)
    elector = next((one for one in mine if data.elector_id in (None, one.id)), None)
    if elector is None:
        raise Conflict(_("表决开始时您不在会场，或者不是本次表决的代表，这一次不能表决。"), code="not_an_elector")
    _require_still_present(s, vote, elector, at or now())
    return _write(s, who, elector, data.choice, Channel.own, at or now())


def tap(
    s: Session, who: Principal, vote_id: UUID, elector_id: UUID, choice: Choice, at: datetime | None = None
) -> VoteElector:
    """What the clerk heard in a roll call, or read on an owner's ballot."""
    vote = _open(s, who, vote_id, *NAMED)
    elector = _elector(s, vote, elector_id)
    if not elector.present:
        raise Conflict(_("表决开始时%(name)s不在会场，这一次不能表决。", name=elector.name), code="not_present")
    if vote.method == Method.owners:
        return _write(s, who, elector, choice, Channel.paper, at or now())
    _require_still_present(s, vote, elector, at or now())
    return _write(s, who, elector, choice, Channel.clerk, at or now())


def correct(
    s: Session,
    who: Principal,
    vote_id: UUID,
    elector_id: UUID,
    choice: Choice,
    reason: str,
    version: int | None,
    at: datetime | None = None,
) -> VoteElector:
    """What a clerk tapped wrongly, until the result is declared; after closing it is a recount with that reason.

    What somebody pressed on his own phone is his, and stays.
    """
    vote, at = service.held(s, who, vote_id), at or now()
    states.require(vote, State.open, State.closed, rule=_("只有宣布结果以前才能更正。"))
    elector = _elector(s, vote, elector_id)
    check_version(elector, version)
    if elector.choice is None or elector.channel == Channel.own:
        raise Conflict(_("只能更正由工作人员登记的表决；本人在手机上的表决不能改。"), code="not_correctable")
    was, elector.choice = elector.choice, choice
    elector.cast_by = who.id
    elector.version += 1
    audit.note(
        s, "vote.correct", "vote_elector", elector.id, vote.community_id, was=was, choice=str(choice), reason=reason
    )
    s.flush()
    text = _("更正表决：%(name)s（%(reason)s）", name=elector.name, reason=reason)
    service.tell(s, vote, "corrected", text, at, reason=reason)
    if vote.state == State.closed:
        counting.count_electors(s, vote, at, who, reason)
    return elector


def _open(s: Session, who: Principal, vote_id: UUID, *methods: Method) -> Vote:
    """The vote, shared with others who press at this moment, but not with anybody who is closing it."""
    found = service.get(s, who, vote_id)
    shared: Any = None if s.get_bind().dialect.name == "sqlite" else {"read": True}
    vote = s.get_one(Vote, found.id, with_for_update=shared, populate_existing=True)
    states.require(vote, State.open, rule=_("只有进行中的表决才能投票。"))
    if vote.method not in methods:
        raise Conflict(
            _("这次表决是%(method)s，不在这里登记。", method=_(states.METHODS[vote.method])), code="vote_method"
        )
    return vote


def _elector(s: Session, vote: Vote, elector_id: UUID) -> VoteElector:
    elector: VoteElector | None = lock_row(s, VoteElector, elector_id)
    if elector is None or elector.vote_id != vote.id:
        raise NotFound()
    return elector


def _require_still_present(s: Session, vote: Vote, elector: VoteElector, at: datetime) -> None:
    """A seat votes while its holder is there, a carried one while he who carries it is."""
    assembly = s.get_one(Assembly, vote.assembly_id)
    here = {one.holder_id: one.proxy_by for one in meetings.present_at(s, assembly, at)}
    if elector.voter_id not in here or here[elector.voter_id] != elector.proxy_id:
        raise Conflict(_("%(name)s现在不在会场，或者代理人已离场，不能表决。", name=elector.name), code="not_present")


def _write(
    s: Session, who: Principal, elector: VoteElector, choice: Choice, channel: Channel, at: datetime
) -> VoteElector:
    """The row itself says whether this press was the first."""
    written: Any = s.execute(
        update(VoteElector)
        .where(col(VoteElector.id) == elector.id, col(VoteElector.choice).is_(None))
        .values(choice=choice, channel=channel, cast_at=at, cast_by=who.id, version=VoteElector.version + 1)
        .execution_options(synchronize_session=False)
    )
    s.refresh(elector)
    if written.rowcount == 1:
        audit.note(
            s, "vote.cast", "vote_elector", elector.id, elector.community_id, choice=str(choice), channel=str(channel)
        )
    elif elector.choice != choice:
        raise Conflict(
            _(
                "%(name)s已经表决（%(choice)s），一席一票，不能再投。",
                name=elector.name,
                choice=_(states.CHOICES[Choice(str(elector.choice))]),
            ),
            code="already_voted",
        )
    return elector
