"""How elections look to whoever asks. While people vote, there is nothing of a result to see, for nobody."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlmodel import Session, col

from app.accounts.models import User
from app.accounts.permissions import Principal
from app.assemblies.elections import candidates, counts, electors, polling, results, service
from app.assemblies.elections.models import (
    Candidate,
    Election,
    ElectionBundle,
    ElectionCount,
    ElectionEvent,
    ElectionPost,
    Elector,
    ElectorObjection,
    State,
)
from app.assemblies.elections.schemas import (
    BallotPaper,
    BallotPost,
    CandidateRead,
    CountRead,
    ElectionDetail,
    ElectionRead,
    ElectorRead,
    EventRead,
    ObjectionRead,
    PostRead,
    ResultPage,
)
from app.assemblies.elections.words import ELECTORATES, METHODS, STATES
from app.assemblies.models import ResidentsGroup, TermBody
from app.assemblies.words import BODIES
from app.communities.models import Community
from app.core.errors import NotFound
from app.core.i18n import gettext as _
from app.core.masking import mask_name
from app.households.queries import pairs
from app.households.scope import is_outsider


def many(s: Session, found: Sequence[Election]) -> list[ElectionRead]:
    """Elections as they are listed."""
    ids = [x.id for x in found]
    groups = pairs(s, select(col(ResidentsGroup.id), col(ResidentsGroup.name)).where(_among(ResidentsGroup, found)))
    places = pairs(
        s, select(col(Community.id), col(Community.name)).where(col(Community.id).in_({x.community_id for x in found}))
    )
    further = pairs(s, select(col(Election.parent_id), col(Election.id)).where(col(Election.parent_id).in_(ids)))
    posts: dict[UUID, list[PostRead]] = {}
    wanted = select(ElectionPost).where(col(ElectionPost.election_id).in_(ids)).order_by(col(ElectionPost.position))
    for post in s.scalars(wanted):
        posts.setdefault(post.election_id, []).append(PostRead.model_validate(post))
    return [
        ElectionRead.model_validate(
            {
                **x.model_dump(),
                "community_name": places[x.community_id],
                "group_name": groups.get(x.group_id, "") if x.group_id else "",
                "further_id": further.get(x.id),
                "posts": posts.get(x.id, []),
            }
        )
        for x in found
    ]


def _among(model: Any, found: Iterable[Election]) -> Any:
    return col(model.id).in_({x.group_id for x in found if x.group_id})


def one(s: Session, who: Principal, election: Election) -> ElectionDetail:
    """An election with everything that its page shows."""
    kept = s.get(ElectionBundle, election.id)
    counted = counts.of_election(s, election.id)
    return ElectionDetail(
        **many(s, [election])[0].model_dump(),
        candidates=candidate_reads(s, who, election),
        objections_open=electors.open_objections(s, election.id),
        turnout=polling.turnout(s, election) if election.state == State.open else None,
        slips_made=election.box_id is not None,
        counts=_count_reads(s, counted),
        result=results.result_of(s, election, counted[0] if counted else None),
        events=_events(s, election.id),
        bundle_sha256=kept.sha256 if kept else "",
    )


def candidate_reads(s: Session, who: Principal, election: Election) -> list[CandidateRead]:
    """Everybody nominated. Which resident somebody is, only those inside the community read."""
    posts = {post.id: post.post for post in service.posts_of(s, election.id)}
    hidden = is_outsider(who)
    return [_candidate(x, posts, hidden=hidden) for x in candidates.of_election(s, election.id)]


def candidate_read(s: Session, who: Principal, candidate: Candidate) -> CandidateRead:
    posts = {post.id: post.post for post in service.posts_of(s, candidate.election_id)}
    return _candidate(candidate, posts, hidden=is_outsider(who))


def _candidate(candidate: Candidate, posts: Mapping[UUID, str], *, hidden: bool) -> CandidateRead:
    shown = {**candidate.model_dump(), "post": posts[candidate.post_id]}
    return CandidateRead.model_validate(shown | ({"resident_id": None} if hidden else {}))


def _names_of(s: Session, ids: Iterable[UUID | None]) -> dict[UUID, str]:
    wanted = {x for x in ids if x is not None}
    return pairs(s, select(col(User.id), col(User.display_name)).where(col(User.id).in_(wanted)))


def _count_reads(s: Session, found: Sequence[ElectionCount]) -> list[CountRead]:
    names = _names_of(s, [x.entered_by for x in found] + [x.confirmed_by for x in found])
    return [
        CountRead.model_validate(
            {
                **x.model_dump(),
                "entered_name": names.get(x.entered_by, ""),
                "confirmed_name": names.get(x.confirmed_by, "") if x.confirmed_by else "",
            }
        )
        for x in found
    ]


def _events(s: Session, election_id: UUID) -> list[EventRead]:
    wanted = select(ElectionEvent).where(col(ElectionEvent.election_id) == election_id)
    found = s.scalars(wanted.order_by(col(ElectionEvent.seq).desc())).all()
    names = _names_of(s, [x.actor_id for x in found])
    return [
        EventRead.model_validate({**x.model_dump(), "actor_name": names.get(x.actor_id, "") if x.actor_id else ""})
        for x in found
    ]


def elector_reads(who: Principal, found: Iterable[Elector]) -> list[ElectorRead]:
    """The list as it hangs out; from above only masked names are seen, and no rooms."""
    hidden = is_outsider(who)
    return [
        ElectorRead.model_validate(
            {
                **x.model_dump(),
                "name": mask_name(x.name) if hidden else x.name,
                "place": "" if hidden and x.voter_kind == electors.RESIDENT else x.place,
            }
        )
        for x in found
    ]


def objection_reads(s: Session, who: Principal, election: Election) -> list[ObjectionRead]:
    found = s.scalars(
        electors.objections(election.id).order_by(col(ElectorObjection.raised_at), col(ElectorObjection.id))
    ).all()
    return [objection_read(s, who, x) for x in found]


def objection_read(s: Session, who: Principal, objection: ElectorObjection) -> ObjectionRead:
    """An objection; who raised it is masked from above, and the words as well."""
    hidden = is_outsider(who)
    about = s.get(Elector, objection.elector_id) if objection.elector_id else None
    name = about.name if about else ""
    shown = {**objection.model_dump(), "elector_name": mask_name(name) if hidden and name else name}
    if hidden:
        shown |= {"raised_by": mask_name(objection.raised_by), "text": "", "grounds": ""}
    return ObjectionRead.model_validate(shown)


def ballot(s: Session, who: Principal, election: Election) -> BallotPaper:
    """The ballot as it is printed: those who stand, by post and name."""
    listed = [x for x in candidate_reads(s, who, election) if x.consent == "accepted" and x.withdrawn_at is None]
    return BallotPaper(
        election_id=election.id,
        community_name=s.get_one(Community, election.community_id).name,
        posts=ballot_posts(service.posts_of(s, election.id), listed),
        **election.model_dump(include={"title", "held_on", "round", "state", "method", "registered"}),
    )


def ballot_posts(posts: Sequence[ElectionPost], listed: Sequence[CandidateRead]) -> list[BallotPost]:
    return [
        BallotPost.model_validate(
            {
                "post_id": post.id,
                "post": post.post,
                "seats": post.seats,
                "candidates": [x.model_dump() for x in listed if x.post_id == post.id],
            }
        )
        for post in posts
    ]


def result_page(s: Session, election_id: UUID) -> ResultPage:
    """The result as everybody sees it; before it is declared there is no such page."""
    election = s.get(Election, election_id)
    if election is None or election.state != State.declared:
        raise NotFound()
    community = s.get_one(Community, election.community_id)
    counted = counts.of_election(s, election.id)
    kept = s.get_one(ElectionBundle, election.id)
    return ResultPage(
        community_name=community.name,
        community_code=community.code,
        further_id=_declared_further(s, election.id),
        count=_count_reads(s, counted[:1])[0],
        result=results.result_of(s, election, None),
        bundle_sha256=kept.sha256,
        pack_citation=(election.pack or {}).get("citation", ""),
        **election.model_dump(
            include={"id", "title", "body", "held_on", "round", "method", "state", "registered", "declared_at"}
        ),
    )


def _declared_further(s: Session, election_id: UUID) -> UUID | None:
    wanted = select(col(Election.id)).where(
        col(Election.parent_id) == election_id, col(Election.state) == State.declared
    )
    found: UUID | None = s.scalar(wanted)
    return found


def columns() -> list[str]:
    return [_("选举"), _("组织"), _("选举日"), _("第几次投票"), _("选民"), _("投票方式"), _("选民人数"), _("状态")]


def rows(s: Session, statement: Select[Election]) -> Iterator[list[Any]]:
    for x in s.scalars(statement.order_by(col(Election.held_on).desc(), col(Election.id).desc())):
        yield [
            x.title,
            _(BODIES[TermBody(x.body)]),
            x.held_on,
            x.round,
            _(ELECTORATES[x.electorate]),
            _(METHODS[x.method]),
            x.registered,
            _(STATES[x.state]),
        ]


def elector_columns() -> list[str]:
    return [_("序号"), _("姓名"), _("小组或房号"), _("变更")]


def elector_rows(s: Session, who: Principal, election: Election) -> Iterator[list[Any]]:
    """Everybody on the list, by number, masked as on the page."""
    for x in elector_reads(who, s.scalars(electors.listed(election.id).order_by(col(Elector.number)))):
        yield [x.number, x.name, x.place, _("除名") if x.struck else _("补入") if x.late else ""]
