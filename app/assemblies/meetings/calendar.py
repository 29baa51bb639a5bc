"""Assemblies for calendar programs (RFC 5545): a file of one, and feeds behind a secret address that can be revoked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from app.accounts.models import Role, User
from app.accounts.permissions import Principal
from app.assemblies.meetings import agenda, states
from app.assemblies.meetings.models import Assembly, CalendarFeed, State
from app.assemblies.meetings.presence import meeting_day
from app.assemblies.models import TermBody
from app.assemblies.rosters import sitting
from app.communities.models import Community
from app.core import crypto
from app.core.clock import now
from app.core.errors import Conflict, NotFound
from app.core.i18n import gettext as _

MEDIA_TYPE = "text/calendar; charset=utf-8"
LENGTH = timedelta(hours=2)
_SHOWN_FOR = timedelta(days=400)
MOST_FEEDS = 10
_LINE = 75  # octets


def file_of(s: Session, assemblies: Iterable[Assembly], name: str) -> str:
    """A calendar; lines folded at 75 octets, as the standard wants."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Qinlian//Assemblies//ZH",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"X-WR-CALNAME:{_escaped(name)}",
        "REFRESH-INTERVAL;VALUE=DURATION:PT6H",
        *(line for assembly in assemblies for line in _event(s, assembly)),
        "END:VCALENDAR",
    ]
    return "".join(f"{part}\r\n" for line in lines for part in _folded(line))


def _event(s: Session, assembly: Assembly) -> Iterator[str]:
    yield "BEGIN:VEVENT"
    yield f"UID:{assembly.id}@qinlian"
    yield f"SEQUENCE:{assembly.version}"
    yield f"DTSTAMP:{_stamp(assembly.updated_at)}"
    starts = assembly.opened_at or assembly.scheduled_at
    yield f"DTSTART:{_stamp(starts)}"
    yield f"DTEND:{_stamp(max(assembly.closed_at or starts + LENGTH, starts))}"
    yield f"SUMMARY:{_escaped(assembly.title)}"
    yield f"LOCATION:{_escaped(assembly.place)}"
    yield f"DESCRIPTION:{_escaped(_description(s, assembly))}"
    yield f"STATUS:{_status(assembly)}"
    yield "END:VEVENT"


def _status(assembly: Assembly) -> str:
    if assembly.state == State.cancelled:
        return "CANCELLED"
    return "TENTATIVE" if assembly.state == State.draft else "CONFIRMED"


def _description(s: Session, assembly: Assembly) -> str:
    items = [f"{place}. {item.title}" for place, item in enumerate(agenda.of(s, assembly.id), 1)]
    reason = [assembly.cancelled_reason] if assembly.cancelled_reason else []
    return "\n".join([states.label(assembly.state), *reason, *items])


def _stamp(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _escaped(text: str) -> str:
    for mark in ("\\", ";", ","):
        text = text.replace(mark, "\\" + mark)
    return text.replace("\r\n", "\\n").replace("\n", "\\n")


def _folded(line: str) -> Iterator[str]:
    """At most 75 octets a line, never in the midst of a character; what follows begins with a space."""
    part, size = "", 0
    for character in line:
        width = len(character.encode())
        if size + width > _LINE:
            yield part
            part, size = " ", 1
        part += character
        size += width
    yield part


def feeds(s: Session, who: Principal) -> list[CalendarFeed]:
    """One's own feeds, and with assemblies:write those of the community."""
    wanted = select(CalendarFeed).where(
        col(CalendarFeed.community_id) == who.community_id, col(CalendarFeed.revoked_at).is_(None)
    )
    found = s.scalars(wanted.order_by(col(CalendarFeed.created_at), col(CalendarFeed.id)))
    return [feed for feed in found if _is_ones_own(who, feed)]


def _is_ones_own(who: Principal, feed: CalendarFeed) -> bool:
    return feed.user_id == who.id or feed.created_by == who.id or (feed.user_id is None and who.may("assemblies:write"))


def make_feed(s: Session, who: Principal, *, whole: bool) -> tuple[CalendarFeed, str]:
    """A feed and its token, which is shown this once. `whole`: all assemblies of the community, not one's own."""
    if who.community_id is None:
        raise Conflict(_("日历订阅属于社区的账号。"), code="no_community")
    if len(feeds(s, who)) >= MOST_FEEDS:
        raise Conflict(_("最多 %(n)s 个订阅地址，请先停用不用的。", n=MOST_FEEDS), code="too_many_feeds")
    token = crypto.new_token()
    feed = CalendarFeed(
        community_id=who.community_id,
        user_id=None if whole else who.id,
        token_hash=crypto.token_hash(token),
        token_hint=token[:4],
        label=who.name,
        created_by=who.id,
    )
    s.add(feed)
    s.flush()
    return feed, token


def revoke(s: Session, who: Principal, feed_id: UUID) -> None:
    """The address answers no more."""
    feed = next((feed for feed in feeds(s, who) if feed.id == feed_id), None)
    if feed is None:
        raise NotFound()
    feed.revoked_at = now()
    s.flush()


def read(s: Session, token: str) -> str:
    """The calendar behind a token; one that is wrong, or was revoked, or whose owner is gone, is not there."""
    wanted = select(CalendarFeed).where(
        col(CalendarFeed.token_hash) == crypto.token_hash(token), col(CalendarFeed.revoked_at).is_(None)
    )
    feed = s.scalars(wanted).one_or_none()
    if feed is None:
        raise NotFound(_("没有这个日历。"))
    owner = s.get(User, feed.user_id) if feed.user_id else None
    if feed.user_id and (owner is None or not owner.is_active or owner.community_id != feed.community_id):
        raise NotFound(_("没有这个日历。"))
    name = s.get_one(Community, feed.community_id).name
    found = _public(s, feed.community_id)
    if owner is not None and owner.role == Role.representative:
        found = [assembly for assembly in found if _sits(s, owner.id, assembly)]
    return file_of(s, found, _("%(name)s会议", name=name))


def _public(s: Session, community_id: UUID) -> list[Assembly]:
    """What the community was told of, from about a year ago on."""
    wanted = select(Assembly).where(
        col(Assembly.community_id) == community_id,
        col(Assembly.notice_number) > 0,
        col(Assembly.scheduled_at) > now() - _SHOWN_FOR,
    )
    return list(s.scalars(wanted.order_by(col(Assembly.scheduled_at), col(Assembly.id))))


def _sits(s: Session, user_id: UUID, assembly: Assembly) -> bool:
    seats = sitting(s, assembly.community_id, TermBody(assembly.body), meeting_day(assembly))
    return any(seat.user_id == user_id for seat in seats)
