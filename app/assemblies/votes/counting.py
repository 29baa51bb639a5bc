"""Closing a vote and counting it: paper and hands by people, everything else by the house. Never commits."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import Session, col

from app.accounts.permissions import Principal
from app.assemblies.rules.decide import Counts
from app.assemblies.votes import electorate, service, states
from app.assemblies.votes.models import Choice, Method, State, Vote, VoteCount
from app.assemblies.votes.schemas import CountEntry
from app.ballots import service as ballots
from app.core.clock import now
from app.core.db import touch
from app.core.errors import Conflict, Invalid
from app.core.i18n import gettext as _

CONTEST = "vote"  # the one question of a secret ballot
BY_HAND = (Method.hands, Method.secret_paper)
BY_TWO = (Method.secret_paper, Method.owners)  # what came in on paper is signed by two people


def close(s: Session, who: Principal, vote_id: UUID, at: datetime | None = None) -> Vote:
    """Ends the voting. Pressed twice, or on two tablets at once, it closes once and both see the same."""
    vote, at = service.held(s, who, vote_id), at or now()
    if vote.state in (State.closed, State.declared):
        return vote
    states.move(vote, State.closed)
    vote.closed_at, vote.closed_by = at, who.id
    if vote.method == Method.secret_pass:
        _count_box(s, vote, at)
    elif vote.method not in BY_HAND:
        count_electors(s, vote, at, who)
    touch(vote)
    s.flush()
    service.tell(s, vote, "closed", _("截止表决：%(question)s", question=vote.question), at)
    return vote


def counts_of_vote(s: Session, vote_id: UUID) -> list[VoteCount]:
    """All counts, the one that stands last."""
    wanted = select(VoteCount).where(col(VoteCount.vote_id) == vote_id)
    return list(s.scalars(wanted.order_by(col(VoteCount.revision))))


def latest(s: Session, vote_id: UUID) -> VoteCount | None:
    wanted = select(VoteCount).where(col(VoteCount.vote_id) == vote_id)
    found: VoteCount | None = s.scalars(wanted.order_by(col(VoteCount.revision).desc()).limit(1)).one_or_none()
    return found


def _count_box(s: Session, vote: Vote, at: datetime) -> None:
    box = service.box_of(s, vote)
    if box is None:
        raise LookupError(f"vote {vote.id} by passes has no box")
    ballots.close_box(s, box)
    marks = Counter(choice_of(sheet.answers) for sheet in ballots.sheets(s, box))
    _add(s, vote, at, None, "", issued=box.issued or 0, returned=box.returned or 0, marks=marks)


def choice_of(answers: Any) -> str:
    return str(answers[CONTEST]["choice"])


def count_electors(s: Session, vote: Vote, at: datetime, who: Principal, reason: str = "") -> None:
    """Counts named votes, with the areas where they are dwellings."""
    cast = [elector for elector in electorate.present(s, vote.id) if elector.choice is not None]
    _add(
        s,
        vote,
        at,
        who,
        reason,
        issued=vote.entitled if vote.method == Method.owners else vote.present,
        returned=len(cast),
        marks=Counter(str(elector.choice) for elector in cast),
        area_participating=sum(elector.area for elector in cast),
        area_for=sum(elector.area for elector in cast if elector.choice == Choice.in_favour),
    )


def _add(
    s: Session,
    vote: Vote,
    at: datetime,
    who: Principal | None,
    reason: str,
    *,
    issued: int,
    returned: int,
    marks: Counter[str],
    unreturned: int | None = None,
    valid: int | None = None,
    invalid: int = 0,
    area_participating: int = 0,
    area_for: int = 0,
) -> VoteCount:
    last = s.scalar(select(func.max(col(VoteCount.revision))).where(col(VoteCount.vote_id) == vote.id))
    count = VoteCount(
        community_id=vote.community_id,
        vote_id=vote.id,
        revision=(last or 0) + 1,
        issued=issued,
        returned=returned,
        unreturned=issued - returned if unreturned is None else unreturned,
        valid=sum(marks.values()) if valid is None else valid,
        invalid=invalid,
        votes_for=marks[Choice.in_favour],
        votes_against=marks[Choice.against],
        abstain=marks[Choice.abstain],
        area_participating=area_participating,
        area_for=area_for,
        counted_at=at,
        entered_by=who.id if who else None,
        reason=reason,
    )
    s.add(count)
    s.flush()
    return count


def enter(s: Session, who: Principal, vote_id: UUID, data: CountEntry, at: datetime | None = None) -> VoteCount:
    """A count of hands or of paper, as it was counted. A recount is a new revision, and says why.

    The same figures sent again by the same person are one count: a press on a slow line is not a recount.
    """
    vote, at = service.held(s, who, vote_id), at or now()
    if vote.method not in BY_HAND:
        raise Conflict(_("这次表决由系统计票，不用录入。"), code="vote_method")
    states.require(vote, State.closed, rule=_("截止以后、宣布以前才能录入计票。"))
    figures = _figures(vote, data)
    last = latest(s, vote.id)
    if last is not None:
        if not data.reason and _same(last, who, data, figures):
            return last
        if not data.reason:
            raise Invalid(_("已经有一次计票；重新计票请写明原因。"), code="recount_needs_reason", field="reason")
    marks = Counter(dict(zip(map(str, Choice), (data.votes_for, data.votes_against, data.abstain), strict=True)))
    count = _add(s, vote, at, who, data.reason if last else "", marks=marks, **figures)
    touch(vote)
    s.flush()
    text = _("计票：赞成 %(f)s，反对 %(a)s，弃权 %(n)s", f=count.votes_for, a=count.votes_against, n=count.abstain)
    service.tell(s, vote, "counted", text, at, revision=count.revision, reason=count.reason)
    return count


def _figures(vote: Vote, data: CountEntry) -> dict[str, int]:
    """What was issued and came back. Hands are raised by those present: nothing is issued and nothing is invalid."""
    total = data.votes_for + data.votes_against + data.abstain
    if vote.method == Method.hands:
        if total > vote.present:
            text = _("举手合计 %(total)s，超过表决时到会的 %(present)s 人。", total=total, present=vote.present)
            raise Invalid(text, code="more_than_present", field="votes_for")
        return {"issued": vote.present, "returned": total, "unreturned": vote.present - total, "valid": total}
    found = {name: getattr(data, name) for name in ("issued", "returned", "unreturned", "valid", "invalid")}
    for name, value in found.items():
        if value is None:
            raise Invalid(_("请填写这一项。"), code="missing", field=name)
    return found


def _same(count: VoteCount, who: Principal, data: CountEntry, figures: dict[str, int]) -> bool:
    choices = {name: getattr(data, name) for name in ("votes_for", "votes_against", "abstain")}
    told = {**figures, **choices}
    return count.entered_by == who.id and all(getattr(count, name) == value for name, value in told.items())


def confirm(s: Session, who: Principal, vote_id: UUID, at: datetime | None = None) -> VoteCount:
    """The second signature under the count that stands: another person's than the first."""
    vote, at = service.held(s, who, vote_id), at or now()
    states.require(vote, State.closed, rule=_("截止以后、宣布以前才能复核计票。"))
    count = latest(s, vote.id)
    if count is None or vote.method not in BY_TWO:
        raise Conflict(_("没有等待复核的计票。"), code="nothing_to_confirm")
    if count.confirmed_by is not None:
        return count
    if count.entered_by == who.id:
        raise Conflict(_("录入的人不能自己复核，请另一位工作人员核对后复核。"), code="two_people")
    _require_reconciled(vote, count)
    count.confirmed_by, count.confirmed_at = who.id, at
    touch(count)
    touch(vote)
    s.flush()
    service.tell(s, vote, "confirmed", _("计票已复核"), at, revision=count.revision)
    return count


def problems(vote: Vote, count: VoteCount) -> list[str]:
    """What does not reconcile, in words with both sides."""
    checks = (
        (count.issued, count.returned + count.unreturned, _("发出 %(left)s 张，收回加未收回是 %(right)s 张")),
        (count.returned, count.valid + count.invalid, _("收回 %(left)s 张，有效加无效是 %(right)s 张")),
        (
            count.valid,
            count.votes_for + count.votes_against + count.abstain,
            _("有效 %(left)s 张，三种意见合计 %(right)s 张"),
        ),
    )
    found = [text % {"left": left, "right": right} for left, right, text in checks if left != right]
    limit = vote.entitled if vote.method == Method.owners else vote.present
    if count.issued > limit:
        found.append(_("发出 %(n)s 张，多于有表决权的 %(limit)s 人", n=count.issued, limit=limit))
    return found


def _require_reconciled(vote: Vote, count: VoteCount) -> None:
    found = problems(vote, count)
    if found:
        text = _("票数对不上，不能宣布：%(what)s。请重新清点。", what="；".join(found))
        raise Conflict(text, code="does_not_reconcile")


def settled(s: Session, vote: Vote) -> VoteCount:
    """The count that a result may be declared from: it reconciles, and on paper two people answer for it."""
    count = latest(s, vote.id)
    if count is None:
        raise Conflict(_("还没有录入计票，不能宣布结果。"), code="not_counted")
    _require_reconciled(vote, count)
    if vote.method in BY_TWO and count.confirmed_by is None:
        raise Conflict(_("纸票要由另一位工作人员复核以后才能宣布结果。"), code="not_confirmed")
    return count


def counts(vote: Vote, count: VoteCount) -> Counts:
    """The figures as the rules read them. Owners are never in a room: they take part, or they do not."""
    owners = vote.method == Method.owners
    return Counts(
        entitled=vote.entitled,
        present=0 if owners else vote.present,
        returned=count.returned,
        valid=count.valid,
        in_favour=count.votes_for,
        against=count.votes_against,
        abstain=count.abstain,
        participating=count.returned if owners else 0,
        area_entitled=vote.area_entitled,
        area_participating=count.area_participating,
        area_for=count.area_for,
    )
