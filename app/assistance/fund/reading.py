"""Rows of the fund as they are shown. Whoever looks from above sees masked names and no rooms."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import Session, col

from app.accounts.models import User
from app.accounts.permissions import Principal
from app.assistance.fund import ledger, states
from app.assistance.fund.capitals import capitals
from app.assistance.fund.files import KIND
from app.assistance.fund.models import (
    FundAccount,
    FundCampaign,
    FundCheck,
    FundDonation,
    FundEntry,
    FundEvent,
    FundLine,
    FundRelative,
    FundRelief,
)
from app.assistance.fund.relief import visible
from app.assistance.fund.schemas import (
    CampaignRead,
    CheckRead,
    DonationDetail,
    DonationRead,
    EntryDetail,
    EntryRead,
    EventRead,
    LineRead,
    RelativeRead,
    ReliefDetail,
    ReliefRead,
)
from app.attachments import service as attachments
from app.attachments.schemas import AttachmentRead
from app.communities.models import Community
from app.core.masking import mask_name
from app.households.models import Household
from app.households.residents.models import Resident
from app.households.scope import is_outsider


def _by_id(s: Session, key: Any, value: Any, wanted: Iterable[UUID | None]) -> dict[UUID | None, Any]:
    ids = {one for one in wanted if one is not None}
    return dict(s.execute(select(key, value).where(key.in_(ids))).all()) if ids else {}


def _name(who: Principal, name: str) -> str:
    return mask_name(name) if name and is_outsider(who) else name


def reversed_of(s: Session, ids: Iterable[UUID]) -> set[UUID]:
    """Which of these entries were taken back."""
    wanted = select(col(FundEntry.reverses_id)).where(col(FundEntry.reverses_id).in_(list(ids)))
    return {found for found in s.scalars(wanted) if found is not None}


def entries(s: Session, rows: Sequence[FundEntry]) -> list[EntryRead]:
    gone = reversed_of(s, [row.id for row in rows])
    return [EntryRead(**row.model_dump(), reversed=row.id in gone) for row in rows]


def entry(s: Session, who: Principal, row: FundEntry) -> EntryDetail:
    reversal = ledger.reversal_of(s, row.id)
    lines = (
        select(col(FundAccount.key), col(FundLine.amount_fen))
        .join(FundLine, col(FundLine.account_id) == col(FundAccount.id))
        .where(col(FundLine.entry_id) == row.id)
    )
    booked = row.reverses_id or row.id
    gift = s.scalars(select(FundDonation).where(col(FundDonation.entry_id) == booked)).one_or_none()
    booked_for = select(col(FundEvent.relief_id)).where(col(FundEvent.entry_id) == row.id)
    paid = s.scalars(visible(who).where(col(FundRelief.id).in_(booked_for))).one_or_none()
    return EntryDetail(
        **row.model_dump(exclude={"by_name"}),
        reversed=reversal is not None,
        by_name=_name(who, row.by_name),
        lines=sorted((LineRead(account=key, amount_fen=fen) for key, fen in s.execute(lines)), key=_debit_first),
        reversal_id=reversal.id if reversal else None,
        reverses_number=row.reference if row.reverses_id else "",
        donation_id=gift.id if gift else None,
        donation_number=gift.number if gift else "",
        relief_id=paid.id if paid else None,
        relief_number=paid.number if paid else "",
    )


def _debit_first(line: LineRead) -> int:
    return -line.amount_fen


def donations(s: Session, who: Principal, rows: Sequence[FundDonation]) -> list[DonationRead]:
    gone = reversed_of(s, [row.entry_id for row in rows])
    numbers = _by_id(s, col(FundEntry.id), col(FundEntry.number), [row.entry_id for row in rows])
    calls = _by_id(s, col(FundCampaign.id), col(FundCampaign.name), [row.campaign_id for row in rows])
    return [
        DonationRead(
            **row.model_dump(exclude={"donor_name"}),
            donor_name=_donor(who, row),
            campaign_name=calls.get(row.campaign_id, ""),
            entry_number=numbers[row.entry_id],
            reversed=row.entry_id in gone,
        )
        for row in rows
    ]


def _donor(who: Principal, row: FundDonation) -> str:
    return "" if row.anonymous and is_outsider(who) else _name(who, row.donor_name)


def donation(s: Session, who: Principal, row: FundDonation) -> DonationDetail:
    brief, reversal = donations(s, who, [row])[0], ledger.reversal_of(s, row.entry_id)
    return DonationDetail(
        **brief.model_dump(),
        community_name=s.get_one(Community, row.community_id).name,
        capitals=capitals(row.amount_fen),
        note="" if is_outsider(who) else row.note,
        at=row.at,
        by_name=_name(who, row.by_name),
        reversal_id=reversal.id if reversal else None,
        reversal_reason=reversal.reason if reversal else "",
    )


def campaigns(s: Session, rows: Sequence[FundCampaign]) -> list[CampaignRead]:
    """Calls with what came of them: the entries of their donations that were not taken back."""
    back = select(col(FundEntry.reverses_id)).where(col(FundEntry.reverses_id).is_not(None))
    wanted = (
        select(col(FundDonation.campaign_id), func.sum(col(FundDonation.amount_fen)), func.count())
        .where(col(FundDonation.campaign_id).in_([row.id for row in rows]), col(FundDonation.entry_id).not_in(back))
        .group_by(col(FundDonation.campaign_id))
    )
    sums = {key: (int(fen), n) for key, fen, n in s.execute(wanted)}
    found = []
    for row in rows:
        raised, count = sums.get(row.id, (0, 0))
        found.append(CampaignRead(**row.model_dump(), raised_fen=raised, donations=count))
    return found


def reliefs(s: Session, who: Principal, rows: Sequence[FundRelief]) -> list[ReliefRead]:
    rooms = _by_id(s, col(Household.id), col(Household.label), [row.household_id for row in rows])
    names = _by_id(s, col(Resident.id), col(Resident.name), [row.resident_id for row in rows])
    outside = is_outsider(who)
    return [
        ReliefRead(
            **row.model_dump(exclude={"purpose"}),
            purpose="" if outside else row.purpose,
            room="" if outside else rooms.get(row.household_id, ""),
            person=_name(who, names.get(row.resident_id, "")),
        )
        for row in rows
    ]


def relief(s: Session, who: Principal, row: FundRelief) -> ReliefDetail:
    """Everything about a request. Whoever looks from above sees its course, and nothing of the household."""
    outside, dumped = is_outsider(who), reliefs(s, who, [row])[0].model_dump()
    people = _by_id(s, col(User.id), col(User.display_name), [row.requester_id, row.approver_id, row.payer_id])
    return ReliefDetail(
        **dumped,
        community_name=s.get_one(Community, row.community_id).name,
        situation="" if outside else row.situation,
        capitals=capitals(row.amount_fen),
        notice_from=row.notice_from,
        notice_to=row.notice_to,
        requester=_name(who, people.get(row.requester_id, "")),
        approver=_name(who, people.get(row.approver_id, "")),
        payer=_name(who, people.get(row.payer_id, "")),
        next_state=states.following(row),
        path=list(states.path(row)),
        checks=[] if outside else _checks(s, row),
        relatives=[] if outside else _relatives(s, row),
        events=_events(s, who, row),
        files=[] if outside else [AttachmentRead.model_validate(a) for a in attachments.of(s, KIND, row.id)],
        receipt_id=row.receipt_id,
        entry_id=row.entry_id,
        entry_number=s.get_one(FundEntry, row.entry_id).number if row.entry_id else "",
        balance_fen=ledger.balance(s, row.community_id),
    )


def _checks(s: Session, row: FundRelief) -> list[CheckRead]:
    wanted = select(FundCheck).where(col(FundCheck.relief_id) == row.id).order_by(col(FundCheck.id))
    return [CheckRead.model_validate(found) for found in s.scalars(wanted)]


def _relatives(s: Session, row: FundRelief) -> list[RelativeRead]:
    wanted = (
        select(col(FundRelative.user_id), col(User.display_name), col(FundRelative.relation))
        .join(User, col(User.id) == col(FundRelative.user_id))
        .where(col(FundRelative.relief_id) == row.id)
        .order_by(col(FundRelative.id))
    )
    return [RelativeRead(user_id=key, name=name, relation=relation) for key, name, relation in s.execute(wanted)]


def _events(s: Session, who: Principal, row: FundRelief) -> list[EventRead]:
    wanted = select(FundEvent).where(col(FundEvent.relief_id) == row.id).order_by(col(FundEvent.seq))
    outside = is_outsider(who)
    return [
        EventRead(
            **event.model_dump(exclude={"by_name", "text"}),
            by_name=_name(who, event.by_name),
            text="" if outside else event.text,
        )
        for event in s.scalars(wanted)
    ]
