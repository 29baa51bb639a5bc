"""Assemblies in calendar programs: one as a file, all as a feed behind a secret address."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Path, Request, Response
from sqlmodel import Session

from app.accounts.permissions import AssembliesRead, OwnAccount, Principal
from app.assemblies.meetings import calendar, service
from app.assemblies.meetings.models import CalendarFeed
from app.assemblies.meetings.schemas import FeedCreate, FeedRead, FeedsRead
from app.core import qr
from app.core.db import SessionDep
from app.core.hypermedia import APIRouter, View, html
from app.core.i18n import N_

router = APIRouter(prefix="/assemblies", tags=["meetings"])
PAGE = "meetings/calendars.html"
Token = Annotated[str, Path(max_length=120)]


def _one(feed: CalendarFeed, address: str | None = None) -> FeedRead:
    scope = "own" if feed.user_id else "community"
    return FeedRead.model_validate({**feed.model_dump(), "scope": scope, "address": address})


def _all(s: Session, who: Principal, made: FeedRead | None = None) -> FeedsRead:
    return FeedsRead(feeds=[_one(feed) for feed in calendar.feeds(s, who)], made=made)


def _again(view: View) -> FeedsRead:
    return _all(view.s, view.who)


@router.get("/calendars")
@html(PAGE)
def list_calendar_feeds(s: SessionDep, who: OwnAccount) -> FeedsRead:
    """The secret addresses under which calendar programs read assemblies."""
    return _all(s, who)


@router.post("/calendars", status_code=201)
@html(form=PAGE, current=_again, shows=PAGE)
def create_calendar_feed(s: SessionDep, who: OwnAccount, request: Request, data: FeedCreate) -> FeedsRead:
    """A new address, shown this once: one's own assemblies, or all of the community."""
    feed, token = calendar.make_feed(s, who, whole=data.scope == "community")
    return _all(s, who, _one(feed, f"{qr.base(request)}/assemblies/calendar/{token}.ics"))


@router.delete("/calendars/{calendar_feed_id}", status_code=204)
@html(form=PAGE, current=_again, then="/assemblies/calendars", done=N_("这个地址已停用。"))
def revoke_calendar_feed(s: SessionDep, who: OwnAccount, calendar_feed_id: UUID) -> None:
    """Revokes an address: calendar programs that know it read nothing more."""
    calendar.revoke(s, who, calendar_feed_id)


@router.get("/calendar/{calendar_token}", response_class=Response)
def read_calendar_feed(s: SessionDep, calendar_token: Token) -> Response:
    """The assemblies behind a secret address, as iCalendar. The address may end in .ics."""
    return Response(
        calendar.read(s, calendar_token.removesuffix(".ics")),
        media_type=calendar.MEDIA_TYPE,
        headers={"Cache-Control": "private, max-age=900"},
    )


@router.get("/{assembly_id}/calendar.ics", response_class=Response)
def read_assembly_calendar(s: SessionDep, who: AssembliesRead, assembly_id: UUID) -> Response:
    """One assembly as an iCalendar file."""
    assembly = service.get(s, who, assembly_id)
    return Response(
        calendar.file_of(s, [assembly], assembly.title),
        media_type=calendar.MEDIA_TYPE,
        headers={"Content-Disposition": 'attachment; filename="assembly.ics"'},
    )
