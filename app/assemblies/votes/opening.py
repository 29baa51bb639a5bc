"""Opening a vote: quorum at that instant, the rules and the electorate frozen, passes made. Never commits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from app.accounts.permissions import Principal
from app.assemblies.meetings import packs
from app.assemblies.meetings import service as meetings
from app.assemblies.meetings.models import Assembly
from app.assemblies.motions import service as motions
from app.assemblies.motions.models import Motion, MotionState
from app.assemblies.rules import service as rules
from app.assemblies.rules.definition import Matter, RuleBody
from app.assemblies.rules.models import RulePackVersion
from app.assemblies.votes import electorate, service, states
from app.assemblies.votes.models import Method, State, Vote
from app.assemblies.votes.schemas import SlipRead, Slips
from app.ballots import service as ballots
from app.communities.models import Community
from app.core import audit, qr
from app.core.clock import local_date, now
from app.core.db import touch
from app.core.errors import Conflict
from app.core.i18n import gettext as _


def open_vote(s: Session, who: Principal, vote_id: UUID, at: datetime | None = None) -> Vote:
    """Opens a vote. Pressed twice, or on two tablets at once, it opens once.

    No vote opens without a quorum (409 with the rule and its source); nobody who comes later votes in it.
    """
    vote, at = service.held(s, who, vote_id), at or now()
    if vote.state == State.open:
        return vote
    states.move(vote, State.open)
    assembly = service.assembly_of(s, vote)
    if assembly is None:
        _keep_rules(s, vote, rules.pack_for(s, vote.community_id, RuleBody.owners_assembly, local_date(at)))
        electorate.freeze_dwellings(s, vote, at)
    else:
        meetings.require_open(s, assembly)
        _require_quorum(s, assembly, at)
        _keep_rules(s, vote, packs.version_of(s, assembly))
        electorate.freeze_seats(s, vote, assembly, at)
    vote.opened_at, vote.opened_by = at, who.id
    if vote.method == Method.secret_pass:
        _open_box(s, vote)
    if vote.motion_id is not None:
        _put_to_vote(s, who, vote, s.get_one(Motion, vote.motion_id), at)
    touch(vote)
    s.flush()
    text = _("开始表决：%(question)s（%(how)s）", question=vote.question, how=_(states.METHODS[vote.method]))
    service.tell(s, vote, "opened", text, at, present=vote.present, entitled=vote.entitled)
    return vote


def _require_quorum(s: Session, assembly: Assembly, at: datetime) -> None:
    quorum = meetings.quorum_at(s, assembly, at)
    if not quorum.holds:
        text = _(
            "到会 %(present)s 人，不足法定人数 %(needed)s 人，不能表决。", present=quorum.present, needed=quorum.needed
        )
        source = next((one.condition.source for one in quorum.tested if not one.holds), "")
        raise packs.refusal(text, "no_quorum", packs.version_of(s, assembly), source)


def _keep_rules(s: Session, vote: Vote, version: RulePackVersion) -> None:
    """The pack in full, so that the decision stays explained by the rules it was taken under."""
    adoption = rules.rules_of(version, vote.body).adoption
    if not (adoption.special if Matter(vote.matter).is_special else adoption.ordinary):
        text = _("规则包没有写明这类事项怎样才算通过，不能表决。请先补全规则。")
        raise packs.refusal(text, "rule_missing", version)
    vote.pack_version_id, vote.pack, vote.pack_hash = version.id, rules.document_of(s, version), version.hash


def _put_to_vote(s: Session, who: Principal, vote: Vote, motion: Motion, at: datetime) -> None:
    """Takes the motion to the vote by the steps of its graph: one that is only on the agenda is debated first."""
    if motion.state == MotionState.scheduled:
        motions.to_debate(s, who, motion, at)
    elif motion.state in (MotionState.adjourned, MotionState.no_quorum):
        assembly_id = vote.assembly_id or motion.assembly_id
        if assembly_id is not None:
            motions.resume(s, who, motion, assembly_id, at)
    motions.to_voting(s, who, motion, at, vote.id)


def _open_box(s: Session, vote: Vote) -> None:
    """One pass for each seat that is present; which of them is whose is known to nobody."""
    voters = [ballots.Voter(one.kind, one.voter_id, one.name) for one in electorate.present(s, vote.id)]
    if not voters:
        raise Conflict(_("没有有表决权的人，不能开始表决。"), code="nobody_entitled")
    box = ballots.prepare(s, vote.community_id, ballots.Purpose.vote, ballots.Secrecy.secret, voters)
    vote.box_id = box.id
    ballots.slips(s, box)
    ballots.open_box(s, box)


def slips_of(s: Session, vote: Vote) -> Slips:
    """What would be printed, and whether it still can be; no pass is shown."""
    return _slips(s, vote, "", [])


def make_slips(s: Session, who: Principal, vote_id: UUID, base: str) -> Slips:
    """New slips for those present, seen this once: all earlier ones become void. Refused once somebody has voted."""
    vote = service.held(s, who, vote_id)
    states.require(vote, State.open, rule=_("只有进行中的扫码表决才有表决条。"))
    box = service.box_of(s, vote)
    if box is None:
        raise Conflict(_("只有进行中的扫码表决才有表决条。"), code="no_slips")
    made = ballots.renew_slips(s, box)
    audit.note(s, "vote.print_slips", "vote", vote.id, vote.community_id, rows=len(made))
    return _slips(s, vote, base, made)


def _slips(s: Session, vote: Vote, base: str, made: Sequence[ballots.Slip]) -> Slips:
    box, is_open = service.box_of(s, vote), vote.state == State.open
    recipients = sorted(one.name for one in electorate.present(s, vote.id)) if box else []
    return Slips(
        vote_id=vote.id,
        question=vote.question,
        community_name=s.get_one(Community, vote.community_id).name,
        claim=ballots.claim(ballots.Secrecy.secret),
        issued=vote.present if box else 0,
        may_print=box is not None and is_open and ballots.turnout(s, box).answered == 0,
        slips=[_slip(slip, base) for slip in made],
        recipients=recipients,
    )


def _slip(slip: ballots.Slip, base: str) -> SlipRead:
    href = f"{base}/b/{slip.token}"
    return SlipRead(
        serial=ballots.grouped(slip.serial), code=ballots.grouped(slip.token), href=href, picture=qr.picture(href)
    )
