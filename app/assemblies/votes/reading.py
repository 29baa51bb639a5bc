"""Votes as they are shown: in lists, one by one, as resolutions, and the people who voted in the open."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlmodel import Session, col

from app.accounts.models import User
from app.accounts.permissions import Principal
from app.assemblies.motions import related
from app.assemblies.motions.models import Motion
from app.assemblies.rules import explaining, words
from app.assemblies.rules.decide import Other, Tested
from app.assemblies.rules.models import RulePack, RulePackVersion
from app.assemblies.votes import counting, declaring, electorate, progress, service, states
from app.assemblies.votes.models import SECRET, Method, State, Vote, VoteBundle, VoteCount, VoteElector
from app.assemblies.votes.schemas import (
    ConditionRead,
    CountRead,
    ElectorRead,
    OtherRead,
    ReceiptsRead,
    ResolutionRead,
    VoteBrief,
    VoteRead,
)
from app.ballots import service as ballots
from app.core.clock import zone
from app.core.errors import NotFound
from app.core.i18n import gettext as _
from app.core.masking import mask_name
from app.core.pagination import Paging, paginate
from app.households.scope import communities_of, is_outsider

_KEYS: list[Any] = [(col(Vote.created_at), datetime), (col(Vote.id), UUID)]
_RESOLUTION_KEYS: list[Any] = [(col(Vote.declared_at), datetime), (col(Vote.id), UUID)]
_ELECTOR_KEYS: list[Any] = [(col(VoteElector.position), int), (col(VoteElector.id), UUID)]


def brief(vote: Vote) -> VoteBrief:
    return VoteBrief(
        **vote.model_dump(include=set(VoteBrief.model_fields) - {"explanation"}),
        explanation=declaring.explanation(vote),
    )


def page(s: Session, who: Principal, wanted: service.Filters, paging: Paging) -> dict[str, Any]:
    """One page of votes, the latest first."""
    found = paginate(s, service.listed(who, wanted), paging, _KEYS, descending=True)
    return {**found, "items": [brief(vote) for vote in found["items"]]}


def columns() -> list[str]:
    return [
        _("表决事项"), _("方式"), _("状态"), _("结果"), _("决议号"), _("应到"), _("实到"), _("开始"), _("截止"),
        _("宣布"), _("说明"),
    ]  # fmt: skip


def rows(s: Session, who: Principal, wanted: service.Filters) -> Iterator[Sequence[Any]]:
    for vote in s.scalars(service.listed(who, wanted).order_by(col(Vote.created_at).desc(), col(Vote.id).desc())):
        yield [
            vote.question, _(states.METHODS[vote.method]), states.label(vote.state), outcome_words(vote),
            vote.resolution_number or "", vote.entitled, vote.present, *map(_local, _instants(vote)),
            declaring.explanation(vote),
        ]  # fmt: skip


def _instants(vote: Vote) -> tuple[datetime | None, ...]:
    return vote.opened_at, vote.closed_at, vote.declared_at


def _local(at: datetime | None) -> str:
    return at.astimezone(zone()).strftime("%Y-%m-%d %H:%M") if at else ""


def outcome_words(vote: Vote) -> str:
    return _(words.OUTCOMES[vote.outcome]) if vote.outcome else ""


def names(s: Session, counts: Iterable[VoteCount]) -> dict[UUID, str]:
    """The people who signed counts."""
    wanted = {one for count in counts for one in (count.entered_by, count.confirmed_by) if one}
    found: Any = s.execute(select(col(User.id), col(User.display_name)).where(col(User.id).in_(wanted)))
    return {row[0]: row[1] for row in found}


def count_read(vote: Vote, count: VoteCount, people: dict[UUID, str]) -> CountRead:
    return CountRead(
        **count.model_dump(include=set(CountRead.model_fields)),
        entered_by_name=people.get(count.entered_by, "") if count.entered_by else "",
        confirmed_by_name=people.get(count.confirmed_by, "") if count.confirmed_by else "",
        problems=counting.problems(vote, count),
    )


def one(s: Session, who: Principal, vote: Vote) -> VoteRead:
    """A vote in full. Counts appear once it is closed, the decision once it is declared."""
    shown = vote.state in (State.closed, State.declared)
    counts = counting.counts_of_vote(s, vote.id) if shown else []
    people = names(s, counts)
    assembly, motion = service.assembly_of(s, vote), s.get(Motion, vote.motion_id) if vote.motion_id else None
    decision, kept = declaring.decision_of(vote), s.get(VoteBundle, vote.id)
    return VoteRead(
        **brief(vote).model_dump(),
        version=vote.version,
        agenda_item_id=vote.agenda_item_id,
        assembly_title=assembly.title if assembly else "",
        motion_title=f"{motion.number} {motion.title}" if motion else "",
        void_reason=states.reason(vote.void_reason),
        **_pack(s, vote),
        area_entitled=vote.area_entitled,
        returned=progress.returned(s, vote),
        counts=[count_read(vote, count, people) for count in counts],
        conditions=[_condition(test) for test in decision.tested] if decision else [],
        others=[_other(other) for other in decision.others] if decision else [],
        decision=vote.decision,
        resolution_text=vote.resolution_text,
        claim=claim(vote),
        bundle_href=f"/votes/{vote.id}/bundle.json" if kept else "",
        bundle_sha256=kept.sha256 if kept else "",
        actions=progress.actions(who, vote, counts[-1] if counts else None),
        own=progress.own_seats(s, who, vote),
        related=related.of(s, who, "vote", vote.id),
    )


def _condition(test: Tested) -> ConditionRead:
    return ConditionRead(
        sentence=explaining.clause(test),
        holds=test.holds,
        left=test.left,
        right=test.right,
        needed=test.needed,
        source=test.condition.source,
    )


def _other(other: Other) -> OtherRead:
    return OtherRead(
        base=str(other.base),
        base_label=_(words.BASES[other.base]),
        outcome=other.outcome,
        outcome_label=_(words.OUTCOMES[other.outcome]),
        conditions=[_condition(test) for test in other.tested],
    )


def _pack(s: Session, vote: Vote) -> dict[str, Any]:
    """The rules that the vote was opened under, by name; nothing before it opened."""
    if vote.pack_version_id is None:
        return {"pack_id": None, "pack_title": "", "pack_example": False, "pack_citation": ""}
    pack = s.get_one(RulePack, s.get_one(RulePackVersion, vote.pack_version_id).pack_id)
    return {
        "pack_id": pack.id,
        "pack_title": words.title(pack),
        "pack_example": bool(vote.pack["definition"].get("example")),
        "pack_citation": str(vote.pack["citation"]),
    }


def claim(vote: Vote) -> str:
    """What is said about secrecy, and no more than holds."""
    if vote.method == Method.secret_pass:
        return ballots.claim(ballots.Secrecy.secret)
    if vote.method in SECRET:
        return _("纸票上没有姓名。系统只记录票数，不知道谁投了什么。")
    return _("记名表决：每人的意见连同姓名公布。") if vote.method == Method.roll_call else ""


def electors(s: Session, who: Principal, vote_id: UUID, q: str, paging: Paging) -> dict[str, Any]:
    """One page of the frozen electorate, by seat or dwelling."""
    vote = service.get(s, who, vote_id)
    found = paginate(s, _electors(vote, q), paging, _ELECTOR_KEYS)
    return {**found, "items": _elector_reads(s, who, vote, found["items"])}


def _electors(vote: Vote, q: str) -> Select[Any]:
    wanted = electorate.of_vote(vote.id)
    return wanted.where(col(VoteElector.name).icontains(q, autoescape=True)) if q else wanted


def _shown_name(who: Principal, kind: str, name: str) -> str:
    """Representatives are public within the community; which dwelling said what is for those who see dwellings."""
    if kind == electorate.REPRESENTATIVE:
        return mask_name(name) if is_outsider(who) else name
    return name if who.may("households:read") and not is_outsider(who) else f"{name.split('-')[0]}-***"


def _elector_reads(s: Session, who: Principal, vote: Vote, found: Sequence[VoteElector]) -> list[ElectorRead]:
    holders = {one.proxy_id for one in found if one.proxy_id}
    carriers = electorate.of_vote(vote.id).where(col(VoteElector.voter_id).in_(holders))
    by_id = {one.voter_id: _shown_name(who, one.kind, one.name) for one in s.scalars(carriers)} if holders else {}
    return [
        ElectorRead(
            **one.model_dump(include=set(ElectorRead.model_fields) - {"name"}),
            name=_shown_name(who, one.kind, one.name),
            proxy_name=by_id.get(one.proxy_id, "") if one.proxy_id else "",
        )
        for one in found
    ]


def elector_columns() -> list[str]:
    return [_("席位"), _("姓名或房屋"), _("到会"), _("由谁代理"), _("面积（平方米）"), _("意见"), _("登记方式")]


def elector_rows(s: Session, who: Principal, vote_id: UUID, q: str) -> Iterator[Sequence[Any]]:
    vote = service.get(s, who, vote_id)
    found = s.scalars(_electors(vote, q).order_by(col(VoteElector.position), col(VoteElector.id))).all()
    for one in _elector_reads(s, who, vote, found):
        yield [
            one.position, one.name, _("是") if one.present else _("否"), one.proxy_name,
            f"{one.area // 100}.{one.area % 100:02d}" if one.area else "",
            _(states.CHOICES[one.choice]) if one.choice else "", _(states.CHANNELS[one.channel]) if one.channel else "",
        ]  # fmt: skip


def resolution(vote: Vote) -> ResolutionRead:
    """What a carried vote decided."""
    if vote.resolution_number is None or vote.declared_at is None:
        raise NotFound()
    return ResolutionRead(
        number=vote.resolution_number,
        text=vote.resolution_text,
        vote_id=vote.id,
        explanation=declaring.explanation(vote),
        **vote.model_dump(include={"question", "community_id", "body", "assembly_id", "motion_id", "declared_at"}),
    )


def _resolutions(who: Principal, q: str) -> Select[Any]:
    wanted = select(Vote).where(communities_of(who, col(Vote.community_id)), col(Vote.resolution_number).is_not(None))
    if not q:
        return wanted
    columns = (Vote.question, Vote.resolution_number, Vote.resolution_text)
    like = [col(column).icontains(q, autoescape=True) for column in columns]
    return wanted.where(like[0] | like[1] | like[2])


def resolutions(s: Session, who: Principal, q: str, paging: Paging) -> dict[str, Any]:
    """One page of resolutions, the latest first."""
    found = paginate(s, _resolutions(who, q), paging, _RESOLUTION_KEYS, descending=True)
    return {**found, "items": [resolution(vote) for vote in found["items"]]}


def resolution_columns() -> list[str]:
    return [_("决议号"), _("决议"), _("组织"), _("宣布"), _("说明")]


def resolution_rows(s: Session, who: Principal, q: str) -> Iterator[Sequence[Any]]:
    order = (col(Vote.declared_at).desc(), col(Vote.id).desc())
    for vote in s.scalars(_resolutions(who, q).order_by(*order)):
        made = resolution(vote)
        body = _(words.BODIES[made.body])
        yield [made.number, made.text, body, _local(made.declared_at), made.explanation]


def receipts(s: Session, vote_id: UUID) -> ReceiptsRead:
    """The codes of all counted ballots of a declared vote by passes: to be read by everybody."""
    vote = s.get(Vote, vote_id)
    box = service.box_of(s, vote) if vote and vote.state == State.declared else None
    if vote is None or box is None:
        raise NotFound()
    codes = [ballots.grouped(code) for code in ballots.receipts(s, box)]
    return ReceiptsRead(vote_id=vote.id, question=vote.question, receipts=codes)
