"""The feed of published scores as bytes: what district systems pull often, mostly to hear that nothing is new.

Rows are only ever added, so the last one within reach (and the names of the communities) tells the state of the whole
feed: one small statement answers "not modified", and a page that was built stays good until that state changes. A page
that is full never changes at all. The state is remembered for half a second (`core/recent.py`): that long at most may a
publication of another process be missing here.
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
from typing import Annotated, Any, NamedTuple
from uuid import UUID

from fastapi import Depends, Query
from pydantic import AwareDatetime, StringConstraints
from sqlalchemy import ColumnElement, Row, Select, bindparam, false, func, select, true, tuple_

from app.accounts.permissions import Principal
from app.communities.models import Community
from app.core.db import Database
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


class State(NamedTuple):
    """The last row of the feed within reach, and when a community's name or code changed last."""

    last: str
    named: str


def state(connection: Any, who: Principal) -> State:
    row = connection.execute(_state(*reach(who))).one()
    return State(str(row.last), str(row.named))


def remembered(db: Database, who: Principal) -> State | None:
    """The state as it was half a second ago at most, if somebody asked."""
    return db.recent.get(("feed", reach(who)))


def ask(db: Database, who: Principal) -> State:
    """The state as it is now, remembered for those who ask next."""

    def find() -> State:
        with db.glance() as connection:
            return state(connection, who)

    return db.recent.remember(("feed", reach(who)), find)


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

    def __init__(self, built: State, full: bool, plain: bytes) -> None:
        self.built, self.full, self.plain = built, full, plain

    def holds(self, now: State) -> bool:
        return self.built.named == now.named and (self.full or self.built.last == now.last)

    @cached_property
    def zipped(self) -> bytes:
        return gzip.compress(self.plain, _COMPRESSION, mtime=0)

    def in_form(self, zipped: bool) -> bool:
        """Whether the bytes are there without a moment's work."""
        return not zipped or "zipped" in vars(self)


class Pages:
    """The pages asked for last, each in this process only: another server sees a publication in its own state."""

    def __init__(self, most: int = _KEPT_BYTES) -> None:
        self._kept: OrderedDict[Any, KeptPage] = OrderedDict()
        self._lock = threading.Lock()
        self._room = most

    def get(self, key: Any, now: State) -> KeptPage | None:
        with self._lock:
            page = self._kept.get(key)
            if page is None or not page.holds(now):
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


def key_of(who: Principal, query: bytes) -> Any:
    """What tells pages apart: whose, and what was asked, letter by letter: `next` is made from it."""
    return reach(who), query


def build(connection: Any, who: Principal, wanted: Filters, paging: Paging) -> KeptPage:
    """A page of the feed and the state that it was read in: a publication in between means reading again."""
    while True:
        before = state(connection, who)
        found = find(connection, who, wanted, paging)
        if state(connection, who) == before:
            return KeptPage(before, found.next is not None, body(found))


@lru_cache(maxsize=4096)
def etag(within: tuple[UUID | None, UUID | None, bool], now: State, query: bytes, form: str) -> str:
    """A strong tag: the state of the feed within reach, what was asked, and the form in which it is sent."""
    text = "|".join([*now, *map(str, within), str(query), form])
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}-{form}"'
