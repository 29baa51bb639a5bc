"""What the public board shows. It only reads, and only what the rooms below show to everybody."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, or_
from sqlmodel import Session, col, select

from app.assemblies import rosters
from app.assemblies.documents import reading as documents
from app.assemblies.elections.models import Election
from app.assemblies.elections.models import State as ElectionState
from app.assemblies.meetings import agenda
from app.assemblies.meetings.models import Assembly
from app.assemblies.meetings.models import State as AssemblyState
from app.assemblies.models import TermBody
from app.assemblies.votes import declaring
from app.assemblies.votes.models import State as VoteState
from app.assemblies.votes.models import Vote
from app.communities.models import Community
from app.consultations import figures as consultations
from app.core import audit
from app.core.clock import day_start, today
from app.core.errors import NotFound
from app.core.pagination import Paging, paginate
from app.core.promises import ratio
from app.projects import listing, promises, reading, states
from app.projects.models import Project
from app.projects.promises import Which
from app.reports.board.schemas import (
    BoardDecision,
    BoardElection,
    BoardHead,
    BoardOpinions,
    BoardPromises,
    BoardRead,
    BoardResult,
    ComingAssembly,
    DecisionsPage,
    Officer,
)
from app.surveys.rounds.models import Round
from app.surveys.rounds.models import State as RoundState
from app.surveys.scores import service as scores
from app.surveys.scores import views

_DECISIONS, _PROJECTS, _ROUNDS, _ANSWERS, _ELECTIONS = 6, 6, 3, 3, 3
_FINISHED = tuple(state for state in states.PATH if state not in states.OPEN)


def community_of(s: Session, code: str) -> Community:
    found = s.exec(select(Community).where(Community.code == code)).one_or_none()
    if found is None:
        raise NotFound()
    return found


def board(s: Session, code: str) -> BoardRead:
    """Everything at a glance; each part has a page of its own with all of it."""
    community, day = community_of(s, code), today()
    decided = _decided(community)
    return BoardRead(
        community_code=community.code,
        community_name=community.name,
        as_of=day,
        representatives=len(rosters.sitting(s, community.id, TermBody.representative_assembly, day)),
        officers=_officers(s, community, day),
        assemblies=_coming(s, community, day),
        decisions=_decisions(s, s.exec(_newest(decided).limit(_DECISIONS)).all()),
        decisions_total=s.scalar(select(func.count()).select_from(decided.subquery())) or 0,
        promises=_promises(s, community, day),
        opinions=_opinions(s, community, day),
        results=_results(s, community),
        elections=_elections(s, community),
        documents=documents.public(s, community.code).documents,
        head=BoardHead.model_validate(audit.head(s)),
    )


def _officers(s: Session, community: Community, day: date) -> list[Officer]:
    return [
        Officer(body=body, post=one.post, name=one.name)
        for body in (TermBody.committee, TermBody.supervision_committee)
        for one in rosters.sitting(s, community.id, body, day)
    ]


def _coming(s: Session, community: Community, day: date) -> list[ComingAssembly]:
    """Assemblies that were called and are still to be held, or are being held."""
    wanted = select(Assembly).where(
        Assembly.community_id == community.id,
        col(Assembly.state).in_([AssemblyState.noticed, AssemblyState.open, AssemblyState.suspended]),
        Assembly.scheduled_at >= day_start(day),
    )
    found = s.exec(wanted.order_by(col(Assembly.scheduled_at), col(Assembly.id))).all()
    return [
        ComingAssembly(
            title=one.title,
            scheduled_at=one.scheduled_at,
            place=one.place,
            agenda=[item.title for item in agenda.of(s, one.id)],
        )
        for one in found
    ]


def _decided(community: Community) -> Any:
    return select(Vote).where(Vote.community_id == community.id, Vote.state == VoteState.declared)


def _newest(decided: Any) -> Any:
    return decided.order_by(col(Vote.declared_at).desc(), col(Vote.id).desc())


def decisions(s: Session, code: str, q: str, paging: Paging) -> DecisionsPage:
    """What was decided, carried or not, the latest first."""
    community = community_of(s, code)
    wanted: Select[Any] = _decided(community)
    if q:
        columns = (Vote.question, Vote.resolution_text, Vote.resolution_number)
        wanted = wanted.where(or_(*(col(c).icontains(q, autoescape=True) for c in columns)))
    keys: list[Any] = [(col(Vote.declared_at), datetime), (col(Vote.id), UUID)]
    page = paginate(s, wanted, paging, keys, descending=True)
    shown = {**page, "items": _decisions(s, page["items"])}
    return DecisionsPage(**shown, community_code=community.code, community_name=community.name)


def _decisions(s: Session, votes: Sequence[Vote]) -> list[BoardDecision]:
    came: dict[UUID | None, Project] = {
        project.vote_id: project
        for project in s.exec(select(Project).where(col(Project.vote_id).in_([vote.id for vote in votes])))
    }
    return [_decision(vote, came.get(vote.id)) for vote in votes]


def _decision(vote: Vote, project: Project | None) -> BoardDecision:
    return BoardDecision(
        **vote.model_dump(include=set(BoardDecision.model_fields)),
        vote_id=vote.id,
        explanation=declaring.explanation(vote),
        project_id=project.id if project else None,
        project_state=project.state if project else None,
    )


def _promises(s: Session, community: Community, day: date) -> BoardPromises:
    scope = col(Project.community_id) == community.id
    newest = [key.desc() for key, _kind in listing.KEYS]
    projects = s.exec(select(Project).where(scope).order_by(*newest).limit(_PROJECTS)).all()
    return BoardPromises(
        projects=_count(s, scope),
        finished=_count(s, scope, col(Project.state).in_(_FINISHED)),
        overdue=promises.count(s, scope, Which.overdue, day),
        on_time=ratio(promises.on_time(s, scope, day)),
        shown=reading.briefs(s, projects, day),
    )


def _count(s: Session, *conditions: Any) -> int:
    return s.scalar(select(func.count()).select_from(Project).where(*conditions)) or 0


def _opinions(s: Session, community: Community, day: date) -> BoardOpinions:
    found = consultations.public(s, community, day.year)
    coming = [meeting for meeting in found.meetings if meeting.held_at >= day_start(day)]
    return BoardOpinions(
        **found.model_dump(include={"year", "received", "answered", "in_time", "due"}),
        meetings=coming,
        answers=found.answers[:_ANSWERS],
    )


def _results(s: Session, community: Community) -> list[BoardResult]:
    wanted = select(Round).where(Round.community_id == community.id, Round.state == RoundState.published)
    rounds = s.exec(wanted.order_by(col(Round.published_at).desc(), col(Round.id).desc()).limit(_ROUNDS)).all()
    return [
        BoardResult(
            round_id=round_.id,
            title=round_.title,
            period=round_.period,
            subject_name=views.public_name(score),
            published_at=score.published_at,
            figure=views.figure(score),
        )
        for round_ in rounds
        for score in _first(views.standing(scores.of_round(s, round_.id)))
    ]


def _first(standing: Sequence[Any]) -> Sequence[Any]:
    """One figure a round: a round about ten workers has a page for them."""
    return standing[:1]


def _elections(s: Session, community: Community) -> list[BoardElection]:
    wanted = select(Election).where(Election.community_id == community.id, Election.state == ElectionState.declared)
    found = s.exec(wanted.order_by(col(Election.declared_at).desc(), col(Election.id)).limit(_ELECTIONS)).all()
    return [
        BoardElection(election_id=one.id, title=one.title, declared_at=one.declared_at)
        for one in found
        if one.declared_at is not None
    ]
