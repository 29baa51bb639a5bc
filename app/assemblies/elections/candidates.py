"""Who stands: nominating, consent, withdrawing, and publishing the candidates. More of them than seats."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from app.accounts.permissions import Principal
from app.assemblies.elections import electors, rules, service, states
from app.assemblies.elections.models import Candidate, Consent, Election, ElectionPost, EventKind, State
from app.assemblies.elections.schemas import CandidateCreate, CandidateUpdate
from app.assemblies.models import SeatHolder, SeatPost
from app.assemblies.words import POSTS
from app.core.clock import local_date, now
from app.core.db import check_version, touch
from app.core.errors import Conflict, Invalid, NotFound
from app.core.i18n import gettext as _
from app.households.residents.names import sort_key_of
from app.members.people import resident_of

PREPARING = (State.draft, State.list_frozen)


def of_election(s: Session, election_id: UUID) -> list[Candidate]:
    """Everybody nominated, by post and name: the order on the ballot says nothing about anybody."""
    wanted = (
        select(Candidate)
        .join(ElectionPost, col(ElectionPost.id) == col(Candidate.post_id))
        .where(col(Candidate.election_id) == election_id)
        .order_by(col(ElectionPost.position), col(Candidate.sort_key), col(Candidate.id))
    )
    return list(s.scalars(wanted))


def standing(s: Session, election_id: UUID) -> list[Candidate]:
    """Those on the ballot: they agreed and did not withdraw."""
    return [x for x in of_election(s, election_id) if stands(x)]


def stands(candidate: Candidate) -> bool:
    return candidate.consent == Consent.accepted and candidate.withdrawn_at is None


def find(s: Session, election: Election, candidate_id: UUID) -> Candidate:
    found = s.get(Candidate, candidate_id)
    if found is None or found.election_id != election.id:
        raise NotFound()
    return found


def nominate(
    s: Session, who: Principal, election_id: UUID, data: CandidateCreate, at: datetime | None = None
) -> Candidate:
    """Puts somebody up for a post, until the candidates are published."""
    election = service.held(s, who, election_id)
    states.require(election, *PREPARING, rule=_("候选人公布以后不再提名。"))
    candidate = Candidate(
        community_id=election.community_id,
        election_id=election.id,
        post_id=_post(s, election, data.post).id,
        sort_key=sort_key_of(data.name),
        **data.model_dump(include={"name", "sex", "about", "nominated_by", "consent"}),
    )
    resident = resident_of(s, who, data.name, data.resident_id, data.room)
    candidate.resident_id = resident.id if resident else None
    candidate.holder_id = _holder(s, election, data.holder_id)
    if at is not None:
        candidate.created_at = candidate.updated_at = at
    _check_once(s, candidate)
    s.add(candidate)
    s.flush()
    return candidate


def _post(s: Session, election: Election, post: SeatPost) -> ElectionPost:
    for found in service.posts_of(s, election.id):
        if found.post == post:
            return found
    raise Invalid(_("这次选举不选这个职务。"), code="post_not_elected", field="post")


def _holder(s: Session, election: Election, holder_id: UUID | None) -> UUID | None:
    if holder_id is None:
        return None
    holder = s.get(SeatHolder, holder_id)
    if holder is None or holder.community_id != election.community_id:
        raise Invalid(_("没有这个人。"), code="no_such_holder", field="holder_id")
    return holder.id


def _check_once(s: Session, candidate: Candidate) -> None:
    """One person stands once; two of one name must be told apart on the ballot."""
    with s.no_autoflush:
        others = of_election(s, candidate.election_id)
    for other in others:
        if other.id == candidate.id or other.withdrawn_at is not None:
            continue
        same = candidate.resident_id is not None and candidate.resident_id == other.resident_id
        same = same or (candidate.holder_id is not None and candidate.holder_id == other.holder_id)
        if same:
            raise Conflict(_("这个人已是候选人；一个人只参加一个职务的竞选。"), code="stands_already", field="name")
        if candidate.name == other.name and candidate.about == other.about:
            raise Conflict(_("已有同名的候选人；如是另一个人，请在简介里写明区别。"), code="same_name", field="about")


def update(
    s: Session, who: Principal, election_id: UUID, candidate_id: UUID, data: CandidateUpdate, version: int | None
) -> Candidate:
    """Corrects what is said of somebody, or writes down whether he agrees, until the candidates are published."""
    election = service.held(s, who, election_id)
    candidate = find(s, election, candidate_id)
    check_version(candidate, version)
    states.require(election, *PREPARING, rule=_("候选人公布以后不再改动。"))
    for key, value in data.model_dump(exclude_unset=True).items():
        if value is not None:
            setattr(candidate, key, value)
    _check_once(s, candidate)
    touch(candidate)
    s.add(candidate)
    s.flush()
    return candidate


def withdraw(
    s: Session,
    who: Principal,
    election_id: UUID,
    candidate_id: UUID,
    reason: str,
    version: int | None,
    at: datetime | None = None,
) -> Candidate:
    """Somebody no longer stands. Once people vote, the name is on the ballot and stays there."""
    election = service.held(s, who, election_id)
    candidate = find(s, election, candidate_id)
    check_version(candidate, version)
    states.require(election, *PREPARING, State.nominated, rule=_("开始投票以后，候选人不能再退出。"))
    if candidate.withdrawn_at is not None:
        raise Conflict(_("这个人已经退出。"), code="withdrawn_already")
    candidate.withdrawn_at, candidate.withdrawn_reason = at or now(), reason
    touch(candidate)
    s.add(candidate)
    s.flush()
    return candidate


def publish(s: Session, who: Principal, election_id: UUID, at: datetime | None = None) -> Election:
    """Publishes the candidates: the list of electors stands, and the ballot can be printed."""
    election, at = service.held(s, who, election_id), at or now()
    states.move(election, State.nominated)
    if electors.open_objections(s, election.id):
        raise Conflict(_("还有异议没有答复，不能公布候选人。"), code="objections_open")
    if election.objections_until is not None and local_date(at) < election.objections_until:
        raise Conflict(_("提出异议的期限还没有到。"), code="objections_running")
    if any(x.consent == Consent.asked and x.withdrawn_at is None for x in of_election(s, election.id)):
        raise Conflict(_("还有被提名的人没有表示是否同意。"), code="consent_missing")
    check_enough(s, election)
    election.nominated_at = at
    touch(election)
    names = len(standing(s, election.id))
    service.log(s, who, election, EventKind.nominated, _("候选人 %(n)s 人", n=names), at)
    return election


def check_enough(s: Session, election: Election) -> None:
    """Candidates more than seats, for every post, where the rules ask for it; at least as many in any case."""
    version, ruled = rules.of(s, election)
    more = ruled.more_candidates_than_seats
    there = Counter(x.post_id for x in standing(s, election.id))
    for post in service.posts_of(s, election.id):
        needed = post.seats + 1 if more else 1
        if there[post.id] >= needed:
            continue
        values = {"post": _(POSTS[SeatPost(post.post)]), "seats": post.seats, "n": there[post.id]}
        text = _("%(post)s应选 %(seats)s 名，候选人须多于名额，现有 %(n)s 名。", **values)
        if not more:
            text = _("%(post)s还没有候选人。", **values)
        raise rules.refusal(text, "too_few_candidates", version, ruled.source)
