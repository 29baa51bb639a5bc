"""The fund as everybody sees it, without names and without signing in."""

from __future__ import annotations

from typing import Annotated, Any, cast

from fastapi import Path
from sqlalchemy import Select
from sqlmodel import Session, col, select

from app.accounts.permissions import AnyoneAtAll
from app.assistance.fund import ledger, listing, reading, statements, states
from app.assistance.fund.listing import EntryFiltersDep
from app.assistance.fund.models import FundCampaign, FundEntry, FundRelief
from app.assistance.fund.schemas import NoticeRead, PublicEntry, PublicRead
from app.assistance.fund.statements import PeriodQuery
from app.assistance.fund.words import words
from app.communities.models import Community
from app.core.clock import age_on, today
from app.core.db import SessionDep
from app.core.errors import NotFound
from app.core.hypermedia import APIRouter, View, html
from app.core.i18n import gettext as _
from app.core.masking import mask_name
from app.core.pagination import Page, PagingDep, paginate
from app.households.residents.models import Resident

router = APIRouter(prefix="/fund/public", tags=["fund"])
CodePath = Annotated[str, Path(pattern=r"^\d{12}$", description="statistical code")]
_CHILD = 14


def _community(s: Session, code: str) -> Community:
    found = s.exec(select(Community).where(Community.code == code)).one_or_none()
    if found is None:
        raise NotFound()
    return found


@router.get("/{community_code}")
@html("fund/public.html", extra=words)
def read_public_fund(
    s: SessionDep, who: AnyoneAtAll, community_code: CodePath, period: PeriodQuery = None
) -> PublicRead:
    """What the fund got and gave, and who is being shown for relief, without names."""
    community, day = _community(s, community_code), today()
    here = f"/fund/public/{community_code}"
    open_calls = select(FundCampaign).where(
        FundCampaign.community_id == community.id, FundCampaign.starts_on <= day, FundCampaign.ends_on >= day
    )
    return PublicRead(
        statement=statements.statement(s, community, period or str(day.year), f"{here}/entries", here),
        balance_fen=ledger.balance(s, community.id),
        notices=_notices(s, community),
        campaigns=reading.campaigns(s, s.exec(open_calls.order_by(col(FundCampaign.starts_on))).all()),
    )


def _notices(s: Session, community: Community) -> list[NoticeRead]:
    """Requests in the days of their notice: the name is masked, a child's is left out, and the room is not told."""
    day = today()
    wanted = (
        select(FundRelief, Resident)
        .join(Resident, col(Resident.id) == col(FundRelief.resident_id), isouter=True)
        .where(
            FundRelief.community_id == community.id,
            col(FundRelief.notice_from) <= day,
            col(FundRelief.notice_to) >= day,
            col(FundRelief.state).in_([str(state) for state in states.OPEN]),
        )
        .order_by(col(FundRelief.number))
    )
    return [_notice(relief, person) for relief, person in s.exec(wanted)]


def _notice(relief: FundRelief, person: Resident | None) -> NoticeRead:
    name = _("一户家庭") if person is None else mask_name(person.name)
    if person is not None and (person.birth_on is None or age_on(person.birth_on, today()) < _CHILD):
        name = _("一名儿童") if person.birth_on else _("一户家庭")
    return NoticeRead(
        number=relief.number,
        person=name,
        amount_fen=relief.amount_fen,
        from_on=cast(Any, relief.notice_from),
        to_on=cast(Any, relief.notice_to),
    )


def _public_extra(view: View) -> dict[str, Any]:
    return {**words(view), "community": _community(view.s, view.request.path_params["community_code"])}


@router.get("/{community_code}/entries")
@html("fund/public_entries.html", extra=_public_extra)
def list_public_fund_entries(
    s: SessionDep, who: AnyoneAtAll, community_code: CodePath, filters: EntryFiltersDep, paging: PagingDep
) -> Page[PublicEntry]:
    """The entries behind the figures of a public statement; none names anybody."""
    mine: Select[Any] = select(FundEntry).where(FundEntry.community_id == _community(s, community_code).id)
    found = paginate(s, filters.narrow(mine), paging, listing.ENTRY_KEYS, descending=True)
    shown = [PublicEntry(**row.model_dump(), reversal=row.reverses_id is not None) for row in found["items"]]
    return cast(Page[PublicEntry], {**found, "items": shown})
