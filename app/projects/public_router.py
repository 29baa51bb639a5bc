"""The promise ledger as everybody sees it, without signing in."""

from __future__ import annotations

from typing import Annotated, Any, cast

from fastapi import Path, Query
from sqlmodel import Session, col, func, select

from app.accounts.permissions import AnyoneAtAll
from app.communities.models import Community
from app.core.clock import today
from app.core.db import SessionDep
from app.core.errors import NotFound
from app.core.hypermedia import APIRouter, View, html
from app.core.pagination import Page, PagingDep, paginate
from app.core.promises import ratio
from app.projects import listing, promises, reading
from app.projects.models import Project, State
from app.projects.promises import Which
from app.projects.schemas import LedgerRead, PromiseRead
from app.projects.words import words

router = APIRouter(prefix="/projects/public", tags=["projects"])
CodePath = Annotated[str, Path(pattern=r"^\d{12}$", description="statistical code")]
_FINISHED = (State.accepted, State.evaluated)
_MOST_OVERDUE = 20


def _community(s: Session, code: str) -> Community:
    found = s.exec(select(Community).where(Community.code == code)).one_or_none()
    if found is None:
        raise NotFound()
    return found


@router.get("/{community_code}")
@html("projects/public.html", extra=words)
def read_public_ledger(s: SessionDep, who: AnyoneAtAll, community_code: CodePath, paging: PagingDep) -> LedgerRead:
    """What a community promised, what became of it, and what is overdue."""
    community, day = _community(s, community_code), today()
    scope = col(Project.community_id) == community.id
    found = paginate(s, select(Project).where(scope), paging, listing.KEYS, descending=True)
    by_state = dict(s.execute(select(col(Project.state), func.count()).where(scope).group_by(Project.state)).all())
    return LedgerRead(
        community_id=community.id,
        community_name=community.name,
        community_code=community.code,
        as_of=day,
        projects=sum(by_state.values()),
        finished=sum(by_state.get(state, 0) for state in _FINISHED),
        stopped=by_state.get(State.stopped, 0),
        on_time=ratio(promises.on_time(s, scope, day)),
        overdue_count=promises.count(s, scope, Which.overdue, day),
        overdue=promises.first(s, scope, Which.overdue, day, _MOST_OVERDUE),
        items=reading.briefs(s, found["items"], day),
        next=found["next"],
        total=found["total"],
    )


def _promise_extra(view: View) -> dict[str, Any]:
    community = _community(view.s, view.request.path_params["community_code"])
    scope = col(Project.community_id) == community.id
    counts = {str(w): promises.count(view.s, scope, w, today()) for w in Which}
    return {**words(view), "counts": counts, "community": community}


@router.get("/{community_code}/promises")
@html("projects/promises.html", extra=_promise_extra)
def list_public_promises(
    s: SessionDep,
    who: AnyoneAtAll,
    community_code: CodePath,
    paging: PagingDep,
    which: Annotated[Which, Query()] = Which.due,
) -> Page[PromiseRead]:
    """The records behind the on-time rate of a community, and what is overdue."""
    scope = col(Project.community_id) == _community(s, community_code).id
    return cast(Page[PromiseRead], promises.page(s, scope, which, today(), paging))
