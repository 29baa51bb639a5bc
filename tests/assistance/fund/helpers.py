"""A fund for the tests: money in it, requests at any step of their path, and the three who act on them."""

from __future__ import annotations

import io
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from PIL import Image
from sqlmodel import Session, select

from app.accounts.permissions import Principal
from app.assistance.fund import checks, donations, ledger, relief, steps
from app.assistance.fund.models import FundDonation, FundRelief, State
from app.assistance.fund.schemas import Approval, CheckCreate, DonationCreate, Payment, ReliefCreate, ReliefMove
from app.attachments.models import Attachment
from app.core.clock import now
from app.core.db import Database
from app.core.models import new_id
from tests.surveys.rounds.helpers import instant, principal

ASKS, OTHER, DECIDES, PAYS = "李网格", "赵网格", "王站长", "钱会计"
LONG_AGO = instant("2012-03-01T10:00")
_NOTE = {State.opined: "同意", State.reviewed: "属实", State.followed_up: "已收到"}


def give(s: Session, who: Principal, fen: int, at: datetime | None = None, **more: Any) -> FundDonation:
    data = {"amount_fen": fen, "voluntary": True, "donor_name": "李党员", **more}
    return donations.give(s, who, DonationCreate.model_validate(data), at or now())


def ask(s: Session, who: Principal, fen: int, at: datetime | None = None, **more: Any) -> FundRelief:
    """For 张桂英 in 1-1-101, unless told otherwise."""
    data = {"amount_fen": fen, "purpose": "大病住院", "room": "1-1-101", "person": "张桂英", **more}
    return relief.report(s, who, ReliefCreate.model_validate(data), at or now())


def move(s: Session, who: Principal, relief_id: UUID, to: State, at: datetime) -> None:
    data = ReliefMove.model_validate({"to": to, "note": _NOTE.get(to, ""), "days": 1})
    steps.move(s, who, relief_id, data, at)


def receipt(s: Session, found: FundRelief) -> UUID:
    """A row that stands for a signed slip; the file itself is not needed by those who only count."""
    row = Attachment(
        id=new_id(),
        community_id=found.community_id,
        owner_kind="relief",
        owner_id=found.id,
        filename="签收单.pdf",
        media_type="application/pdf",
        size=1,
        sha256="0" * 64,
        storage_key=new_id().hex,
    )
    s.add(row)
    s.flush()
    return row.id


def approved(db: Database, fen: int, at: datetime = LONG_AGO, **more: Any) -> UUID:
    """A request that was approved, with its receipt: urgent, so that no notice stands between."""
    kind = more.pop("kind", "relief")
    urgent = {"urgent": True} if kind == "relief" else {}
    asks, decides = principal(db, ASKS), principal(db, DECIDES)
    with db.write() as s:
        found = ask(s, asks, fen, at, kind=kind, **urgent, **more)
        move(s, asks, found.id, State.applied, at)
        if kind == "condolence":
            move(s, asks, found.id, State.opined, at)
        steps.approve(s, decides, found.id, Approval(unrelated=True), at)
        receipt(s, found)
        return found.id


def payment(s: Session, relief_id: UUID) -> Payment:
    slip = s.exec(select(Attachment.id).where(Attachment.owner_id == relief_id)).first()
    return Payment(receipt_id=slip, unrelated=True)


def pay(db: Database, relief_id: UUID, at: datetime = LONG_AGO, who: str = PAYS) -> FundRelief:
    with db.write() as s:
        return steps.pay(s, principal(db, who), relief_id, payment(s, relief_id), at)


def checked(s: Session, relief_id: UUID, people: tuple[Principal, ...], at: datetime) -> None:
    for who in people:
        steps.check(s, who, relief_id, CheckCreate(findings="家中只有老人", unrelated=True), at)


def shown(db: Database, fen: int, at: datetime = LONG_AGO) -> UUID:
    """Ordinary relief whose notice has begun: asked by a worker, seen by two at the door."""
    asks, decides = principal(db, ASKS), principal(db, DECIDES)
    with db.write() as s:
        found = ask(s, asks, fen, at)
        move(s, asks, found.id, State.applied, at)
        checked(s, found.id, (asks, decides), at)
        for to in (State.opined, State.reviewed, State.noticed):
            move(s, asks, found.id, to, at)
        return found.id


def balance(db: Database, community_id: UUID) -> int:
    with db.read() as s:
        return ledger.balance(s, community_id)


def sound(db: Database) -> bool:
    """Whether `qinlian check` has nothing to say."""
    return list(checks.ledgers(db)) == []


def days(at: datetime, count: int) -> datetime:
    return at + timedelta(days=count)


def picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 64), "#888").save(out, "JPEG")
    return out.getvalue()
