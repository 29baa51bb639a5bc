"""Counting: people enter and sign what they counted on paper, the machine counts what is in the box. It reconciles."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from app.accounts.permissions import Principal
from app.assemblies.elections import candidates, counting, service, states
from app.assemblies.elections.models import (
    Candidate,
    Election,
    ElectionCount,
    ElectionPost,
    EventKind,
    Invalidity,
    Method,
    State,
)
from app.assemblies.elections.schemas import CountWrite, PostCount
from app.assemblies.elections.words import FLAWS
from app.assemblies.models import SeatHolder
from app.ballots import service as ballots
from app.ballots.models import BallotBox
from app.core.clock import now
from app.core.db import touch
from app.core.errors import Conflict, FieldError, Forbidden, Invalid
from app.core.i18n import gettext as _


def of_election(s: Session, election_id: UUID) -> list[ElectionCount]:
    """All counts, the latest first."""
    wanted = select(ElectionCount).where(col(ElectionCount.election_id) == election_id)
    return list(s.scalars(wanted.order_by(col(ElectionCount.revision).desc())))


def latest(s: Session, election_id: UUID) -> ElectionCount | None:
    return next(iter(of_election(s, election_id)), None)


def enter(s: Session, who: Principal, election_id: UUID, data: CountWrite, at: datetime | None = None) -> ElectionCount:
    """What people counted on paper. It must reconcile; a recount is a new revision and says why."""
    election, at = service.held(s, who, election_id), at or now()
    states.require(election, State.counted, rule=_("投票截止以后、宣布结果以前才能录入计票。"))
    if election.method != Method.paper:
        raise Conflict(_("二维码选票由系统计票，不用录入。"), code="counted_by_machine")
    refuse_candidates(s, who, election)
    last = latest(s, election.id)
    if last is not None and not data.reason:
        raise Invalid(_("重新计票要写明原因。"), code="recount_reason", field="reason")
    posts, names = service.posts_of(s, election.id), candidates.standing(s, election.id)
    _reconcile(election, posts, names, data)
    count = ElectionCount(
        community_id=election.community_id,
        election_id=election.id,
        revision=last.revision + 1 if last else 1,
        posts=[_row(post, data.posts[post.post]) for post in posts],
        entered_by=who.id,
        entered_at=at,
        **data.model_dump(include={"issued", "returned", "unreturned", "tellers", "reason"}),
    )
    s.add(count)
    touch(election)
    service.log(s, who, election, EventKind.count_entered, _("第 %(n)s 次", n=count.revision), at)
    return count


def confirm(s: Session, who: Principal, election_id: UUID, revision: int, at: datetime | None = None) -> ElectionCount:
    """A second person, who stands for nothing here, signs the latest count."""
    election, at = service.held(s, who, election_id), at or now()
    states.require(election, State.counted, rule=_("宣布结果以后，计票不再改动。"))
    count = latest(s, election.id)
    if count is None or count.revision != revision:
        raise Conflict(_("计票已重新录入，请核对最新的一次。"), code="count_superseded")
    if count.confirmed_by is not None or count.by_machine:
        raise Conflict(_("这次计票已经签字。"), code="count_confirmed")
    refuse_candidates(s, who, election)
    if count.entered_by == who.id:
        raise Forbidden(_("计票须由另一个人核对签字，录入的人不能自己签。"), code="same_person")
    count.confirmed_by, count.confirmed_at = who.id, at
    touch(count)
    s.add(count)
    touch(election)
    service.log(s, who, election, EventKind.count_confirmed, _("第 %(n)s 次", n=count.revision), at)
    return count


def refuse_candidates(s: Session, who: Principal, election: Election) -> None:
    """Nobody counts the votes of an election in which he stands."""
    wanted = (
        select(col(Candidate.id))
        .join(
            SeatHolder,
            (col(SeatHolder.id) == col(Candidate.holder_id))
            | (col(SeatHolder.resident_id) == col(Candidate.resident_id)),
        )
        .where(col(Candidate.election_id) == election.id, col(SeatHolder.user_id) == who.id)
    )
    if s.scalar(wanted.limit(1)) is not None:
        raise Forbidden(_("候选人不能参加计票和核对。"), code="candidate_counts")


def _reconcile(election: Election, posts: list[ElectionPost], names: list[Candidate], data: CountWrite) -> None:
    """Everything adds up and every candidate has a number, or it is said beside the field."""
    errors: list[FieldError] = [
        {"field": _FIELDS.get(flaw, "returned"), "message": _(FLAWS[flaw]), "code": str(flaw)}
        for flaw in counting.flaws(election.registered, data.issued, data.returned, data.unreturned)
    ]
    if set(data.posts) != {post.post for post in posts}:
        raise Invalid(_("每个职务都要有计票，也只有这些职务。"), code="posts_differ", field="posts")
    for post in posts:
        errors += _flaws(post, data.posts[post.post], {str(x.id) for x in names if x.post_id == post.id}, data.returned)
    if errors:
        raise Invalid(_("计票不平，请核对。"), code="does_not_reconcile", errors=errors)


_FIELDS: dict[str, str] = {
    counting.Flaw.issued_more_than_registered: "issued",
    counting.Flaw.unreturned: "unreturned",
}


def _flaws(post: ElectionPost, said: PostCount, on_ballot: set[str], returned: int) -> list[FieldError]:
    field = f"posts.{post.post}"
    if set(said.votes) != on_ballot:
        text = _("每个候选人都要有得票数，没有得票的写 0。")
        return [{"field": field + ".valid", "message": text, "code": "candidates_differ"}]
    if not set(said.invalid) <= set(Invalidity):
        return [{"field": field + ".valid", "message": _("没有这样的无效原因。"), "code": "unknown_reason"}]
    found = counting.flaws_of_contest(returned, said.valid, said.invalid, said.votes, post.seats)
    return [{"field": field + ".valid", "message": _(FLAWS[flaw]), "code": str(flaw)} for flaw in found]


def _row(post: ElectionPost, said: PostCount) -> dict[str, Any]:
    return {
        "post_id": str(post.id),
        "valid": said.valid,
        "invalid": {key: said.invalid.get(key, 0) for key in map(str, Invalidity)},
        "votes": dict(said.votes),
        "marks": None,
    }


def by_machine(s: Session, who: Principal, election: Election, box: BallotBox, at: datetime) -> ElectionCount:
    """Counts the sheets of a closed box."""
    issued, returned = box.issued or 0, box.returned or 0
    count = ElectionCount(
        community_id=election.community_id,
        election_id=election.id,
        revision=1,
        issued=issued,
        returned=returned,
        unreturned=issued - returned,
        posts=machine_rows(s, election, box),
        by_machine=True,
        entered_by=who.id,
        entered_at=at,
    )
    s.add(count)
    service.log(s, who, election, EventKind.count_entered, _("由系统清点票箱"), at)
    return count


def machine_rows(s: Session, election: Election, box: BallotBox) -> list[dict[str, Any]]:
    """The sheets of a closed box, post by post."""
    sheets = [sheet.answers for sheet in ballots.sheets(s, box)]
    names = candidates.standing(s, election.id)
    rows = []
    for post in service.posts_of(s, election.id):
        on_ballot = [str(x.id) for x in names if x.post_id == post.id]
        found = counting.tally((_marks(sheet, post) for sheet in sheets), on_ballot, post.seats)
        rows.append(
            {
                "post_id": str(post.id),
                "valid": found.valid,
                "invalid": {key: found.invalid.get(key, 0) for key in map(str, Invalidity)},
                "votes": dict(found.votes),
                "marks": {str(size): n for size, n in sorted(found.marks.items())},
            }
        )
    return rows


def _marks(sheet: Mapping[str, Mapping[str, Any]], post: ElectionPost) -> list[str]:
    return list(sheet.get(str(post.id), {}).get("marks", ()))


def standing_count(s: Session, election: Election) -> ElectionCount:
    """The count that is declared from: the latest, signed by two where people counted."""
    count = latest(s, election.id)
    if count is None:
        raise Conflict(_("还没有计票，不能宣布结果。"), code="not_counted")
    if count.confirmed_by is None and not count.by_machine:
        raise Conflict(_("计票还缺第二个人签字，不能宣布结果。"), code="count_unconfirmed")
    return count
