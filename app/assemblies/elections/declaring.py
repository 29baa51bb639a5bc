"""Declaring a result, a further round for seats that stayed open, and those elected taking office."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from app.accounts.permissions import Principal
from app.assemblies.elections import bundle, counts, electors, results, service, states
from app.assemblies.elections.counting import Fate
from app.assemblies.elections.models import (
    Candidate,
    Election,
    ElectionPost,
    EventKind,
    State,
)
from app.assemblies.elections.schemas import FurtherRound
from app.core.clock import local_date, now
from app.core.db import flush_or, touch
from app.core.errors import Conflict, Invalid
from app.core.i18n import gettext as _


def declare(s: Session, who: Principal, election_id: UUID, at: datetime | None = None) -> Election:
    """Declares the result of the standing count; it never changes afterwards, and anybody can recompute it."""
    election, at = service.held(s, who, election_id), at or now()
    states.move(election, State.declared)
    counts.refuse_candidates(s, who, election)
    count = counts.standing_count(s, election)
    election.outcome = results.outcome(s, election, count)
    election.declared_at, election.declared_by = at, who.id if who.kind == "user" else None
    touch(election)
    bundle.keep(s, election, count, at)
    service.log(s, who, election, EventKind.declared, "", at)
    return election


def further(s: Session, who: Principal, election_id: UUID, data: FurtherRound, at: datetime | None = None) -> Election:
    """Another round for the seats that stayed open: between equals where there are any, else among all the others."""
    parent, at = service.held(s, who, election_id), at or now()
    states.require(parent, State.declared, rule=_("宣布结果以后才能另行投票。"))
    open_posts = [x for x in (parent.outcome or {})["contests"] if x["open_seats"]]
    if not (parent.outcome or {})["valid"] or not open_posts:
        raise Conflict(_("没有缺额，或者选举无效须重新选举，不能另行投票。"), code="no_open_seats")
    if data.held_on < local_date(parent.opened_at or at):
        raise Invalid(_("另行投票不能早于第一次投票。"), code="before_the_first", field="held_on")
    election = Election(
        **parent.model_dump(
            include={
                "community_id", "body", "title", "electorate", "group_id", "building_ids", "assembly_id", "listed_at",
                "objections_until",
            }
        ),
        held_on=data.held_on,
        method=data.method or parent.method,
        state=State.list_frozen,
        round=parent.round + 1,
        parent_id=parent.id,
    )  # fmt: skip
    s.add(election)
    flush_or(s, Conflict(_("已经另行投票。"), code="further_round_exists"))
    electors.copy(s, parent, election)
    for position, contest in enumerate(open_posts, start=1):
        _carry_over(s, election, contest, position, at)
    service.log(s, who, parent, EventKind.second_round, "", at)
    service.log(s, who, election, EventKind.created, election.title, at)
    return election


def _carry_over(s: Session, election: Election, contest: dict[str, Any], position: int, at: datetime) -> None:
    """The post with its open seats, and who stands for it again."""
    post = ElectionPost(
        community_id=election.community_id,
        election_id=election.id,
        post=contest["post"],
        seats=contest["open_seats"],
        position=position,
    )
    s.add(post)
    s.flush()
    tied = [x for x in contest["standings"] if x["fate"] == Fate.run_off]
    again = tied or [x for x in contest["standings"] if x["fate"] == Fate.short]
    for standing in again:
        before = s.get_one(Candidate, UUID(standing["candidate_id"]))
        s.add(
            Candidate(
                **before.model_dump(exclude={"id", "created_at", "updated_at", "version", "election_id", "post_id"}),
                created_at=at,
                updated_at=at,
                election_id=election.id,
                post_id=post.id,
            )
        )
    s.flush()
