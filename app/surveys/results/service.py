"""Published rounds as everybody may see them, and the year's calendar of rounds."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Select
from sqlmodel import Session, col, select

from app.accounts.permissions import Principal
from app.ballots import service as ballots
from app.ballots.models import BallotReceipt
from app.communities.models import Community
from app.core.clock import day_end, day_start, local_date, now
from app.core.errors import NotFound
from app.core.pages import STATIC
from app.core.pagination import Paging, paginate
from app.surveys.instruments import definition as definitions
from app.surveys.results.schemas import (
    CalendarMonth,
    CalendarRead,
    CalendarRound,
    CalendarRow,
    CommentRead,
    CommentsRead,
    PublishedPage,
    ReceiptsPage,
    ResultRead,
    SubjectResult,
)
from app.surveys.rounds import panels, publishing, subjects
from app.surveys.rounds import service as rounds
from app.surveys.rounds.models import Round, RoundBundle, State
from app.surveys.schedules import periods
from app.surveys.schedules import service as schedules_service
from app.surveys.schedules.models import Schedule
from app.surveys.scores import service as scores
from app.surveys.scores import views
from app.surveys.scores.models import Score
from app.surveys.scores.schemas import AreaRead

FEWEST_FOR_TEXTS = 10
PLANNED = "planned"
VERIFIER = STATIC / "verify.py"


@lru_cache(maxsize=1)
def verifier_hash() -> str:
    return hashlib.sha256(VERIFIER.read_bytes()).hexdigest()


def published(s: Session, round_id: UUID) -> Round:
    """A round that anybody may read about; every other one does not exist for the public."""
    found = s.get(Round, round_id)
    if found is None or found.state != State.published:
        raise NotFound()
    return found


def result(s: Session, round_id: UUID) -> ResultRead:
    """The figures that stand, with the revisions before them."""
    round_ = published(s, round_id)
    community = s.get_one(Community, round_.community_id)
    found = scores.of_round(s, round_.id)
    bundle = s.get(RoundBundle, (round_.id, round_.revision))
    return ResultRead(
        **{**round_.model_dump(), "round_id": round_.id},
        community_code=community.code,
        community_name=community.name,
        bundle_sha256=bundle.sha256 if bundle else "",
        verifier_sha256=verifier_hash(),
        audit_head=max(found, key=lambda score: score.published_at).audit_head if found else "",
        subjects=_subjects(s, round_, found),
    )


def _subjects(s: Session, round_: Round, found: list[Score]) -> list[SubjectResult]:
    """In the order in which the round named them."""
    position = {subject.key: at for at, subject in enumerate(subjects.of_round(s, round_.id))}
    standing = sorted(views.standing(found), key=lambda score: position.get(score.subject_key, 0))
    before = views.before(s, round_.community_id, standing)
    return [
        SubjectResult(
            score_id=score.id,
            subject_kind=score.subject_kind,
            subject_name=views.public_name(score),
            figure=views.figure(score),
            items=views.items(score),
            areas=_areas(score),
            change=views.change(before[score.id], score) if score.id in before else None,
            revisions=views.revisions(score, found),
        )
        for score in standing
    ]


def _areas(score: Score) -> list[AreaRead]:
    return [area.model_copy(update={"name": panels.stratum_label(area.name)}) for area in views.areas(score)]


def listed(s: Session, community_code: str, paging: Paging) -> PublishedPage:
    """What a community has published, the latest first."""
    community = s.exec(select(Community).where(Community.code == community_code)).one_or_none()
    if community is None:
        raise NotFound()
    statement = select(Round).where(Round.community_id == community.id, Round.state == State.published)
    keys: list[Any] = [(col(Round.published_at), datetime), (col(Round.id), UUID)]
    page = paginate(s, statement, paging, keys, descending=True)
    return PublishedPage(**page, community_code=community.code, community_name=community.name)


def receipts(s: Session, round_id: UUID, paging: Paging, q: str) -> ReceiptsPage:
    """The receipts of the ballots that were counted, by code; with `q` those that begin like it."""
    round_ = published(s, round_id)
    statement = select(BallotReceipt).where(BallotReceipt.box_id == round_.box_id)
    if q:
        statement = statement.where(col(BallotReceipt.code).startswith(ballots.normalise(q), autoescape=True))
    keys: list[Any] = [(col(BallotReceipt.code), str)]
    page = paginate(s, statement, paging, keys)
    items = [{"code": ballots.grouped(receipt.code)} for receipt in page["items"]]
    return ReceiptsPage(**{**page, "items": items}, round_id=round_.id, title=round_.title, period=round_.period)


def comments(s: Session, who: Principal, round_id: UUID) -> CommentsRead:
    """Free texts, for those who work with them. Few ballots would say whose they are."""
    round_ = rounds.get(s, who, round_id)
    if round_.state not in (State.closed, State.published) or round_.box_id is None:
        raise NotFound()
    enough = round_.answered >= FEWEST_FOR_TEXTS
    return CommentsRead(
        round_id=round_.id,
        title=round_.title,
        period=round_.period,
        fewest=FEWEST_FOR_TEXTS,
        enough=enough,
        comments=_comments(s, round_) if enough else [],
    )


def _comments(s: Session, round_: Round) -> list[CommentRead]:
    names = {subject.key: subject.name for subject in subjects.of_round(s, round_.id)}
    labels = {q.key: definitions.label(q) for _section, q in publishing.definition_of(s, round_).questions()}
    found = []
    for field, text in ballots.texts(s, publishing.box_of(s, round_)):
        subject, _dot, question = field.partition(".")
        found.append(
            CommentRead(subject_name=names.get(subject, ""), question=labels.get(question, question), text=text)
        )
    return found


def calendar(s: Session, who: Principal, year: int, community_id: UUID | None) -> CalendarRead:
    """Every schedule's rounds of a year, by the month in which they open: those there are, and those to come."""
    chosen = who.community_id or community_id
    schedules: list[Schedule] = list(s.scalars(_schedules(who, chosen)))
    first, last = day_start(date(year, 1, 1)), day_end(date(year, 12, 31))
    made: dict[UUID, list[Round]] = defaultdict(list)
    statement = rounds.visible(who).where(col(Round.opens_at) >= first, col(Round.opens_at) < last)
    for round_ in s.scalars(statement.order_by(col(Round.opens_at))):
        made[round_.schedule_id].append(round_)
    names = {c.id: c.name for c in s.exec(select(Community))}
    rows = [_row(schedule, names[schedule.community_id], made[schedule.id], year) for schedule in schedules]
    return CalendarRead(year=year, community_id=chosen, rows=rows)


def _schedules(who: Principal, community_id: UUID | None) -> Select[Any]:
    statement = schedules_service.visible(who)
    if community_id is not None:
        statement = statement.where(col(Schedule.community_id) == community_id)
    return statement.order_by(col(Schedule.community_id), col(Schedule.title), col(Schedule.id))


def _row(schedule: Schedule, community_name: str, made: list[Round], year: int) -> CalendarRow:
    months: dict[int, list[CalendarRound]] = defaultdict(list)
    for round_ in made:
        months[local_date(round_.opens_at).month].append(
            CalendarRound(round_id=round_.id, period=round_.period, state=round_.state, opens_at=round_.opens_at)
        )
    known = {round_.period for round_ in made}
    for period, opens in _to_come(schedule, year):
        if period not in known:
            months[local_date(opens).month].append(
                CalendarRound(round_id=None, period=period, state=PLANNED, opens_at=opens)
            )
    return CalendarRow(
        schedule_id=schedule.id,
        community_name=community_name,
        title=schedule.title,
        cadence=schedule.cadence,
        paused=schedule.paused,
        months=[CalendarMonth(month=month, rounds=months[month]) for month in range(1, 13)],
    )


def _to_come(schedule: Schedule, year: int) -> Iterator[tuple[str, datetime]]:
    """The periods that a running schedule will still open in a year, each with its instant."""
    begin, end = max(now(), day_start(date(year, 1, 1))), day_end(date(year, 12, 31))
    if schedule.paused or end <= begin:
        return
    for period, opens in periods.openings(schedule):
        if opens >= end:
            return
        if opens >= begin:
            yield period, opens
