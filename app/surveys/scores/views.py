"""Published scores as people look at them: one in detail, a trend over periods, and communities side by side."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import combinations
from statistics import NormalDist
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from app.accounts.permissions import Principal
from app.communities import service as communities
from app.communities.models import Community
from app.core import i18n
from app.surveys.scores import facts, service
from app.surveys.scores.formulas import TEN_THOUSAND, Interval, Share, newcombe, ten_thousandths
from app.surveys.scores.models import Score
from app.surveys.scores.schemas import (
    AreaRead,
    ChangeRead,
    ComparisonRead,
    ComparisonRow,
    FeedPage,
    FigureRead,
    ItemRead,
    OptionRead,
    RevisionRead,
    ScoreDetail,
    TrendLine,
    TrendPoint,
    TrendRead,
    Verdict,
)

_ERROR = 0.05
MOST_COMPARED = 300


def name_of(who: Principal, score: Score) -> str:
    """Who was judged; members stay unnamed to those who look from outside."""
    outside = who.kind == "client" or who.community_id is None
    return public_name(score) if outside else score.subject_name


def public_name(score: Score) -> str:
    """Who was judged, as everybody may know it."""
    return facts.public_name(score.subject_kind, score.subject_name)


def figure(score: Score) -> FigureRead:
    """The score as a figure."""
    return _figure(score, vars(score), score.invited, score.population, score.responses)


def _figure(
    score: Score, values: Mapping[str, Any], invited: int, population: int, responses: int | None
) -> FigureRead:
    return FigureRead(
        share=facts.fraction(values["rate"]),
        strict=facts.fraction(values["strict_rate"]),
        low=facts.fraction(values["low"]),
        high=facts.fraction(values["high"]),
        interval_kind="bounds" if score.census else "wilson",
        people=values["people"],
        valid=values["valid"],
        satisfied=values["satisfied"],
        invited=invited,
        population=population,
        responses=responses,
        response_rate=None if responses is None else facts.fraction(ten_thousandths(responses, invited)),
        mean=None if values.get("mean") is None else values["mean"] / facts.HUNDRED,
        method=score.method,
        smallest_cell=score.smallest_cell,
        suppressed=values["suppressed"],
    )


def _label(values: Mapping[str, Any]) -> str:
    english = i18n.get_locale() == i18n.ENGLISH and values["label_en"]
    return str(values["label_en"] if english else values["label"])


def _item(score: Score, values: Mapping[str, Any]) -> ItemRead:
    return ItemRead(
        key=values["key"],
        label=_label(values),
        weight=values["weight"],
        figure=_figure(score, values, score.invited, score.population, score.responses),
        options=[
            OptionRead(key=o["key"], label=_label(o), valid=o["valid"], count=o["count"]) for o in values["options"]
        ],
    )


def _area(score: Score, values: Mapping[str, Any]) -> AreaRead:
    """The people who rated are the answers of an area: how many sheets came back from it is not kept."""
    made = _figure(score, values, values["invited"], values["population"], values["people"])
    return AreaRead(name=values["name"], figure=made)


def items(score: Score) -> list[ItemRead]:
    """What the subject was rated on."""
    return [_item(score, values) for values in score.items]


def areas(score: Score) -> list[AreaRead]:
    """The parts of the score that are shown by area."""
    return [_area(score, values) for values in score.areas]


def revisions(score: Score, of_round: Sequence[Score]) -> list[RevisionRead]:
    """Every publication of the same subject's score in its round."""
    return [RevisionRead.model_validate(other) for other in of_round if other.subject_key == score.subject_key]


def shown(s: Session, who: Principal, page: FeedPage) -> list[Score]:
    """The rows behind a page of the feed."""
    wanted = [item.id for item in page.items]
    return list(s.scalars(service.visible(who).where(col(Score.id).in_(wanted))))


def detail(s: Session, who: Principal, score_id: UUID) -> ScoreDetail:
    """One score with everything that was published of it."""
    score = service.find(s, who, score_id)
    community = s.get_one(Community, score.community_id)
    shown = json.loads(facts.item(score.id, facts.opening(community.code, community.name), score.line))
    earlier = before(s, score.community_id, [score]).get(score.id)
    return ScoreDetail(
        **{**shown, "subject_name": name_of(who, score)},
        community_id=score.community_id,
        round_id=score.round_id,
        subject_key=score.subject_key,
        figure=figure(score),
        items=items(score),
        areas=areas(score),
        change=change(earlier, score) if earlier else None,
        revisions=revisions(score, service.of_round(s, score.round_id)),
    )


def standing(scores: Sequence[Score]) -> list[Score]:
    """Without those that a later revision superseded."""
    replaced = {score.supersedes for score in scores}
    return [score for score in scores if score.id not in replaced]


def _of_subject(score: Score) -> tuple[str, str]:
    """By which a subject is the same one in two rounds: its record where it has one, else its name."""
    return score.subject_kind, str(score.subject_ref or score.subject_name)


def before(s: Session, community_id: UUID, scores: Sequence[Score]) -> dict[UUID, Score]:
    """For each of some scores of a community the standing one of the same subject in the period before, if any."""
    keys = {score.instrument_key for score in scores}
    wanted = select(Score).where(col(Score.community_id) == community_id, col(Score.instrument_key).in_(keys))
    subjects: dict[tuple[str, ...], list[Score]] = defaultdict(list)
    for earlier in standing(s.scalars(wanted.order_by(col(Score.period), col(Score.published_at))).all()):
        subjects[(earlier.instrument_key, *_of_subject(earlier))].append(earlier)
    found: dict[UUID, Score] = {}
    for score in scores:
        for other in subjects[(score.instrument_key, *_of_subject(score))]:
            if other.period < score.period:
                found[score.id] = other
    return found


def _share(score: Score) -> Share | None:
    if score.satisfied is None or not score.valid or not score.people:
        return None
    return Share(score.satisfied, score.valid, score.people, None if score.census else score.population)


def change(before: Score, after: Score) -> ChangeRead:
    """The difference with Newcombe's interval; that of a census also covers what the silent ones could have said."""
    first, second = _share(after), _share(before)
    found = newcombe(first, second) if first and second and before.method == after.method else None
    if first is None or second is None or found is None:
        return ChangeRead(period=before.period, difference=None, low=None, high=None, verdict="unknown")
    if after.census and before.census:
        found = _widened(found, before, after)
    difference = first.satisfied / first.valid - second.satisfied / second.valid
    return ChangeRead(
        period=before.period, difference=difference, low=found.low, high=found.high, verdict=_verdict(found)
    )


def _widened(found: Interval, before: Score, after: Score) -> Interval:
    lowest, highest = (after.low or 0) - (before.high or 0), (after.high or 0) - (before.low or 0)
    return Interval(min(found.low, lowest / TEN_THOUSAND), max(found.high, highest / TEN_THOUSAND))


def _verdict(interval: Interval) -> Verdict:
    if interval.holds(0.0):
        return "none"
    return "up" if interval.low > 0 else "down"


def trends(s: Session, who: Principal, community_id: UUID | None, instrument: str) -> TrendRead:
    """Every subject of a community under one instrument, period after period."""
    chosen = who.community_id or community_id
    found: list[Score] = []
    if chosen is not None and instrument:
        statement = service.visible(who).where(
            col(Score.community_id) == chosen, col(Score.instrument_key) == instrument
        )
        found = standing(s.scalars(statement.order_by(col(Score.period), col(Score.published_at))).all())
    community = communities.find(s, who, chosen) if chosen is not None else None
    lines: dict[tuple[str, str], list[Score]] = defaultdict(list)
    for score in found:
        lines[_of_subject(score)].append(score)
    return TrendRead(
        community_id=chosen,
        community_name=community.name if community else "",
        instrument=instrument,
        lines=[_line(who, scores) for scores in lines.values()],
    )


def _line(who: Principal, scores: Sequence[Score]) -> TrendLine:
    before: list[Score | None] = [None, *scores[:-1]]
    points = [
        TrendPoint(
            score_id=score.id,
            period=score.period,
            figure=figure(score),
            change=change(earlier, score) if earlier else None,
        )
        for earlier, score in zip(before, scores, strict=True)
    ]
    return TrendLine(subject_kind=scores[-1].subject_kind, subject_name=name_of(who, scores[-1]), points=points)


def comparison(s: Session, who: Principal, instrument: str, period: str, subject_kind: str) -> ComparisonRead:
    """Communities side by side, by name. Two are said to differ only where chance does not explain it.

    With many communities some pair always differs by chance, so the 5 % of error are shared by all pairs (Bonferroni).
    """
    statement = service.visible(who).where(
        col(Score.instrument_key) == instrument, col(Score.period) == period, col(Score.subject_kind) == subject_kind
    )
    found = standing(s.scalars(statement).all()) if instrument and period else []
    names = {c.id: c.name for c in s.scalars(communities.visible(who))}
    found.sort(key=lambda score: (names[score.community_id], score.subject_name))
    found = found[:MOST_COMPARED]
    higher, lower, pairs = _apart(found, names)
    rows = [
        ComparisonRow(
            score_id=score.id,
            community_id=score.community_id,
            community_name=names[score.community_id],
            subject_name=name_of(who, score),
            figure=figure(score),
            higher_than=higher[score.id],
            lower_than=lower[score.id],
        )
        for score in found
    ]
    return ComparisonRead(instrument=instrument, period=period, pairs=pairs, rows=rows)


def _apart(
    scores: Sequence[Score], names: Mapping[UUID, str]
) -> tuple[dict[UUID, list[str]], dict[UUID, list[str]], int]:
    """For each score the communities that it is higher and lower than, beyond chance and beyond the silent ones."""
    higher: dict[UUID, list[str]] = defaultdict(list)
    lower: dict[UUID, list[str]] = defaultdict(list)
    known = [(score, share) for score in scores if (share := _share(score)) is not None]
    pairs = len(known) * (len(known) - 1) // 2
    z = NormalDist().inv_cdf(1 - _ERROR / (2 * pairs)) if pairs else 0.0
    for (a, share_a), (b, share_b) in combinations(known, 2):
        found = newcombe(share_a, share_b, z=z)
        if found is not None and a.census and b.census:
            found = _widened(found, b, a)
        if found is None or found.holds(0.0) or a.method != b.method:
            continue
        top, bottom = (a, b) if found.low > 0 else (b, a)
        higher[top.id].append(names[bottom.community_id])
        lower[bottom.id].append(names[top.community_id])
    return higher, lower, pairs


def choices(s: Session, who: Principal) -> list[tuple[str, str, str]]:
    """Instruments, periods and kinds of subjects of which scores are published within reach, the latest first."""
    columns = (col(Score.instrument_key), col(Score.period), col(Score.subject_kind))
    found = s.execute(service.visible(who).with_only_columns(*columns).distinct())
    rows = [(key, period, kind) for key, period, kind in found]
    return sorted(rows, key=lambda row: (row[1], row[0], row[2]), reverse=True)
