"""The fund of the acceptance data: a call, donations (one bounced), and requests at several steps of their path."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlmodel import Session, col, select

from app.accounts.authentication import principal_for
from app.accounts.models import User
from app.accounts.permissions import Principal
from app.assistance.fund import donations, files, relief, steps
from app.assistance.fund.models import FundCampaign, FundDonation, FundEntry, FundRelief, State
from app.assistance.fund.schemas import (
    Approval,
    CampaignCreate,
    CheckCreate,
    DonationCreate,
    Payment,
    ReliefCreate,
    ReliefMove,
)
from app.attachments import service as attachments
from app.core.clock import now, today
from app.demo.acceptance_place import Place
from app.demo.acceptance_projects import photo

_NAMED = "大病住院"


def add_fund(s: Session, place: Place, director: User, worker: User, finance: User | None) -> None:
    """Where there is nobody for the finances, nothing is paid."""
    files.register()
    wang, li = principal_for(s, director), principal_for(s, worker)
    day = today()
    for name in ("七一爱心捐款", "迎春爱心捐款"):
        data = CampaignCreate(name=name, starts_on=day - timedelta(days=9), ends_on=day + timedelta(days=9))
        call = donations.call(s, wang, data, now())
    for name, fen in (("李党员", 30_000), ("王党员", 20_050), ("", 8_800)):
        gift = DonationCreate(
            amount_fen=fen, voluntary=True, donor_name=name, anonymous=not name, campaign_id=call.id
        )  # fmt: skip
        donations.give(s, wang, gift, now())
    _ask(s, li, place, _NAMED, 10_000)
    shown = _ask(s, li, place, "残疾人添置轮椅", 5_000)
    _move(s, li, shown, State.applied)
    for who in (li, wang):
        steps.check(s, who, shown.id, CheckCreate(findings="属实", unrelated=True), now())
    for to in (State.opined, State.reviewed, State.noticed):
        _move(s, li, shown, to)
    if finance is not None:
        _pay(s, li, wang, principal_for(s, finance), place)


def _ask(s: Session, who: Principal, place: Place, purpose: str, fen: int, *, urgent: bool = False) -> FundRelief:
    data = ReliefCreate(
        household_id=place.homes[0].id, resident_id=place.people[0].id, purpose=purpose, amount_fen=fen, urgent=urgent
    )
    return relief.report(s, who, data, now())


def _move(s: Session, who: Principal, found: FundRelief, to: Any) -> None:
    steps.move(s, who, found.id, ReliefMove(to=to, note="同意"), now())


def _pay(s: Session, asks: Principal, decides: Principal, pays: Principal, place: Place) -> None:
    """Urgent relief: asked, approved and paid by three."""
    found = _ask(s, asks, place, "家中失火", 7_050, urgent=True)
    _move(s, asks, found, State.applied)
    steps.approve(s, decides, found.id, Approval(unrelated=True), now())
    slip = attachments.store(attachments.examine(photo("#e8e4da"), "签收单.jpg"))
    kept = attachments.add(s, pays, files.KIND, found.id, slip, caption="签收单")
    steps.pay(s, pays, found.id, Payment(receipt_id=kept.id, unrelated=True), now())


def _first(model: Any, *conditions: Any) -> Callable[[Session, Place], Any]:
    def find(s: Session, place: Place) -> Any:
        wanted = select(model).where(model.community_id == place.community.id, *conditions)
        return s.exec(wanted.order_by(col(model.id)).limit(1)).one().id

    return find


OBJECTS: dict[str, Callable[[Session, Place], Any]] = {
    "fund_entry_id": _first(FundEntry),
    "donation_id": _first(FundDonation),
    "campaign_id": _first(FundCampaign),
    "relief_id": _first(FundRelief, FundRelief.purpose == _NAMED),
}
