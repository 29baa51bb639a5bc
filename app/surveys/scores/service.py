"""Publishing scores: rows that never change, in an order that never changes either.

Publications take turns at one row, so `(published_at, id)` grows in the order of the commits, whatever the clocks of
several servers say: whoever keeps the last place read of the feed never misses a row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlmodel import Session, col

from app.accounts.permissions import Principal
from app.communities.models import Community
from app.communities.service import in_scope
from app.communities.webhooks import service as webhooks
from app.core import audit
from app.core.audit import GENESIS, AuditHead
from app.core.clock import now
from app.core.db import lock_row
from app.core.errors import Conflict, NotFound
from app.core.i18n import gettext as _
from app.core.models import new_id
from app.surveys.scores import facts
from app.surveys.scores.compute import SubjectScore
from app.surveys.scores.models import FEED, Score, ScoreFeed

_STEP = timedelta(milliseconds=1)


@dataclass(frozen=True)
class RoundFacts:
    """What of a round its scores carry."""

    community_id: UUID
    round_id: UUID
    instrument_key: str
    period: str


def visible(who: Principal) -> Select[Any]:
    return select(Score).where(in_scope(who, Score.community_id))


def find(s: Session, who: Principal, score_id: UUID) -> Score:
    found: Score | None = s.scalars(visible(who).where(col(Score.id) == score_id)).one_or_none()
    if found is None:
        raise NotFound()
    return found


def of_round(s: Session, round_id: UUID, *, latest: bool = False) -> list[Score]:
    """Every revision of a round's scores in the order of publication, or only those that stand."""
    found = list(
        s.scalars(select(Score).where(col(Score.round_id) == round_id).order_by(col(Score.published_at), col(Score.id)))
    )
    if not latest:
        return found
    replaced = {score.supersedes for score in found}
    return [score for score in found if score.id not in replaced]


def store(
    s: Session,
    round_facts: RoundFacts,
    scores: Sequence[SubjectScore],
    *,
    reason: str | None = None,
    at: datetime | None = None,
) -> list[Score]:
    """Publishes scores at the end of the feed and tells the webhooks. Returns the rows written, in their order.

    A second publication of a round needs a reason and writes only what differs, as revisions that name what they
    supersede. Figures by which the answers of a few could be told from an earlier revision are suppressed.
    `at` is for what is loaded together with its history, the earliest first; everything else is published now.
    """
    feed = _turn(s)
    earlier = of_round(s, round_facts.round_id)
    if earlier and not reason:
        raise Conflict(_("这一轮的满意度已经公布；更正须说明原因。"), code="already_published")
    at, head = _after(feed.last_at, at or now()), s.get(AuditHead, 1, populate_existing=True)
    community = s.get_one(Community, round_facts.community_id)
    rows = []
    for made in scores:
        before = [score for score in earlier if score.subject_key == made.subject.key]
        values = facts.row_values(made, before)
        if before and facts.same(before[-1], values):
            continue
        row = Score(
            id=new_id(),
            community_id=round_facts.community_id,
            round_id=round_facts.round_id,
            instrument_key=round_facts.instrument_key,
            period=round_facts.period,
            published_at=at,
            revision=len(before) + 1,
            supersedes=before[-1].id if before else None,
            reason=(reason or "")[:500],
            audit_head=head.hash if head else GENESIS,
            line="",
            **values,
        )
        row.line = facts.line(row)
        rows.append(row)
    rows.sort(key=lambda row: row.id)
    _append(s, feed, rows, community)
    return rows


def _turn(s: Session) -> ScoreFeed:
    """The head of the feed, held until this transaction ends. Two who make it at once meet at its key."""
    feed: ScoreFeed | None = lock_row(s, ScoreFeed, FEED)
    if feed is None:
        first = {"id": FEED, "size": 0}
        if s.get_bind().dialect.name == "postgresql":
            s.execute(insert(ScoreFeed).values(first).on_conflict_do_nothing())
        else:
            s.execute(sqlite_insert(ScoreFeed).values(first).on_conflict_do_nothing())
        feed = lock_row(s, ScoreFeed, FEED)
    if feed is None:
        raise RuntimeError("the head of the feed cannot be made")
    return feed


def _after(last: datetime | None, instant: datetime) -> datetime:
    """The instant, or just after the last publication where another server's clock was ahead."""
    return instant if last is None or instant > last else last + _STEP


def _append(s: Session, feed: ScoreFeed, rows: list[Score], community: Community) -> None:
    for row in rows:
        s.add(row)
        audit.note(s, "score.publish", "score", row.id, row.community_id, round_id=row.round_id, revision=row.revision)
        webhooks.enqueue(s, "score.published", row.community_id, facts.message(row, community))
    if rows:
        feed.size += len(rows)
        feed.last_at, feed.last_id = rows[-1].published_at, rows[-1].id
        s.add(feed)
    s.flush()
