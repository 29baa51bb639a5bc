"""The feed of published scores as bytes: what district systems pull often, mostly to hear that nothing is new.

Rows are only ever added, so the last one within reach (and the names of the communities) tells the state of the whole
feed: one small statement answers "not modified", and a page that was built stays good until that state changes. A page
that is full never changes at all.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Query
from pydantic import AwareDatetime, StringConstraints
from sqlalchemy import ColumnElement, Row, Select, bindparam, false, func, select, true, tuple_

from app.accounts.permissions import Principal
from app.communities.models import Community
from app.core.models import UtcDateTime
from app.core.pagination import Paging, decode_cursor, encode_cursor
from app.core.schemas import Search
from app.surveys.scores import facts
from app.surveys.scores.models import Score

_score, _community = Score.__table__, Community.__table__  # type: ignore[attr-defined]
_KINDS = (datetime, UUID)
_KEPT_BYTES = 48 * 1024 * 1024
_COMPRESSION = 5

PeriodText = Annotated[str, StringConstraints(pattern=r"^\d{4}(-(0[1-9]|1[0-2]|Q[1-4]|H[12]))?$")]


@dataclass(frozen=True)
class Filters:
    """What the feed is narrowed to. None of them changes the order."""

    community: str = ""
    instrument: str = ""
    subject_kind: str = ""
    period: str = ""
    updated_since: datetime | None = None


async def _filters(
    community: Annotated[Search, Query(description="a community's code")] = "",
    instrument: Annotated[Search, Query(description="an instrument's key, such as property_monthly")] = "",
    subject_kind: Annotated[Search, Query(description="such as committee, staff, property_company")] = "",
    period: Annotated[PeriodText | None, Query(description="such as 2012-06, 2012-Q2, 2012-H1 or 2012")] = None,
    updated_since: Annotated[AwareDatetime | None, Query(description="published at that instant or later")] = None,
) -> Filters:
    return Filters(community, instrument, subject_kind, period or "", updated_since)


FiltersDep = Annotated[Filters, Depends(_filters)]


def reach(who: Principal) -> tuple[UUID | None, UUID | None, bool]:
    """What of a principal decides which rows are seen: the key under which statements and pages are kept."""
    return who.community_id, who.district_id, who.role == "admin"


def _within(community: UUID | None, district: UUID | None, everything: bool) -> ColumnElement[bool]:
    """The reach as a condition on the community's own columns: a list of ids would be made anew on each request."""
    own: ColumnElement[bool] = true() if everything else false()
    if community is not None:
        own = _community.c.id == community
    elif district is not None:
        own = _community.c.district_id == district
    return own


@lru_cache(maxsize=512)
def _state(community: UUID | None, district: UUID | None, everything: bool) -> Select[Any]:
    here = _within(community, district, everything)
    last = select(_score.c.id).where(_score.c.community_id == _community.c.id, here)
    if community is not None:  # the index of one community's own feed, not a walk back through all
        last = select(_score.c.id).where(_score.c.community_id == community)
    last = last.order_by(_score.c.published_at.desc(), _score.c.id.desc()).limit(1)
    named = select(func.max(_community.c.updated_at)).where(here)
    return select(last.scalar_subquery().label("last"), named.scalar_subquery().label("named"))


def state(connection: Any, who: Principal) -> tuple[str, str]:
    """The last row of the feed within reach, and when a community's name or code changed last."""
    row = connection.execute(_state(*reach(who))).one()
    return str(row.last), str(row.named)


@lru_cache(maxsize=512)
def _statement(
    community: UUID | None,
    district: UUID | None,
    everything: bool,
    filtered: frozenset[str],
    continued: bool,
    newest_first: bool,
) -> Select[Any]:
    """A page of the feed. Parameters: those of the filters named in `filtered`; at and id of a cursor; most."""
    c = _score.c
    found = (
        select(c.id, c.published_at, _community.c.code, _community.c.name, c.line)
        .join(_community, _community.c.id == c.community_id)
        .where(_within(community, district, everything))
    )
    columns = {
        "community": _community.c.code,
        "instrument": c.instrument_key,
        "subject_kind": c.subject_kind,
        "period": c.period,
    }
    for name in sorted(filtered & columns.keys()):
        found = found.where(columns[name] == bindparam(name))
    if "updated_since" in filtered:
        found = found.where(c.published_at >= bindparam("updated_since", type_=UtcDateTime()))
    if continued:
        mark = tuple_(bindparam("at", type_=UtcDateTime()), bindparam("after", type_=c.id.type))
        here = tuple_(c.published_at, c.id)
        found = found.where(here < mark if newest_first else here > mark)
    order = (c.published_at.desc(), c.id.desc()) if newest_first else (c.published_at, c.id)
    return found.order_by(*order).limit(bindparam("most"))


@dataclass(frozen=True)
class Found:
    """A page of the feed: its items as JSON texts, where it goes on, and the cursor of its last item."""

    items: list[str]
    next: str | None
    cursor: str | None


def rows(
    s: Any, who: Principal, wanted: Filters, most: int, cursor: str | None = None, *, newest_first: bool = False
) -> Sequence[Row[Any]]:
    """Rows of the feed in its order (people read it backwards), after a cursor where one is given."""
    values = {name: value for name, value in vars(wanted).items() if value not in ("", None)}
    statement = _statement(*reach(who), frozenset(values), cursor is not None, newest_first)
    if cursor is not None:
        values["at"], values["after"] = decode_cursor(cursor, _KINDS)
    found: Sequence[Row[Any]] = s.execute(statement, {**values, "most": most}).all()
    return found


def find(s: Any, who: Principal, wanted: Filters, paging: Paging, *, newest_first: bool = False) -> Found:
    """One page. `next` is there only while more follows; the cursor of the last item keeps its place for later."""
    found = rows(s, who, wanted, paging.limit + 1, paging.cursor, newest_first=newest_first)
    here = found[: paging.limit]
    items = [facts.item(row.id, _opening(row.code, row.name), row.line) for row in here]
    if not here:
        return Found([], None, paging.cursor)
    keys = (here[-1].published_at, here[-1].id)
    following = paging.address_after(keys) if len(found) > paging.limit else None
    return Found(items, following, encode_cursor(keys))


def cursor_of(row: Row[Any]) -> str:
    """The place of a row in the feed."""
    return encode_cursor((row.published_at, row.id))


@lru_cache(maxsize=4096)
def _opening(code: str, name: str) -> str:
    return facts.opening(code, name)


def body(found: Found) -> bytes:
    """The page as JSON, put together from items that were made when they were published."""
    ends = json.dumps({"next": found.next, "total": None, "cursor": found.cursor}, ensure_ascii=False)
    return f'{{"items":[{",".join(found.items)}],{ends[1:]}'.encode()


class KeptPage:
    """The bytes of a page as they were built in some state of the feed; a full page outlives new publications."""

    def __init__(self, last: str, named: str, full: bool, plain: bytes) -> None:
        self.last, self.named, self.full, self.plain = last, named, full, plain

    def holds(self, last: str, named: str) -> bool:
        return self.named == named and (self.full or self.last == last)

    @cached_property
    def zipped(self) -> bytes:
        return gzip.compress(self.plain, _COMPRESSION, mtime=0)


class Pages:
    """The pages asked for last, each in this process only: another server sees a publication in its own state."""

    def __init__(self, most: int = _KEPT_BYTES) -> None:
        self._kept: OrderedDict[Any, KeptPage] = OrderedDict()
        self._lock = threading.Lock()
        self._room = most

    def get(self, key: Any, last: str, named: str) -> KeptPage | None:
        with self._lock:
            page = self._kept.get(key)
            if page is None or not page.holds(last, named):
                return None
            self._kept.move_to_end(key)
            return page

    def put(self, key: Any, page: KeptPage) -> None:
        with self._lock:
            before = self._kept.pop(key, None)
            self._kept[key] = page
            self._room += (len(before.plain) if before else 0) - len(page.plain)
            while self._room < 0 and len(self._kept) > 1:
                _key, oldest = self._kept.popitem(last=False)
                self._room += len(oldest.plain)


def _key(who: Principal, wanted: Filters, paging: Paging) -> Any:
    """What tells pages apart: whose, which, and the address from which `next` is made."""
    return reach(who), wanted, paging.limit, paging.cursor, paging.address_after(("",))


def kept(pages: Pages, who: Principal, wanted: Filters, paging: Paging, now: tuple[str, str]) -> KeptPage | None:
    """A page of the feed as it was built before, if it still holds in the state `now`."""
    return pages.get(_key(who, wanted, paging), *now)


def build(
    pages: Pages, connection: Any, who: Principal, wanted: Filters, paging: Paging, now: tuple[str, str]
) -> KeptPage:
    """A page of the feed, read now and kept for the next who asks."""
    found = find(connection, who, wanted, paging)
    made = KeptPage(*now, found.next is not None, body(found))
    pages.put(_key(who, wanted, paging), made)
    return made


def etag(who: Principal, now: tuple[str, str], query: str, form: str) -> str:
    """A strong tag: the state of the feed within reach, what was asked, and the form in which it is sent."""
    text = "|".join([*now, *map(str, reach(who)), query, form])
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}-{form}"'
