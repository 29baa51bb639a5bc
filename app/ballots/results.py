"""What is in a box, once it is closed. The order in which it comes says nothing."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from app.ballots.models import (
    BallotBox,
    BallotReceipt,
    BoxState,
    Invitation,
    NamedSheet,
    SealedSheet,
    SealedText,
    Secrecy,
)
from app.core.errors import Conflict
from app.core.i18n import gettext as _


@dataclass(frozen=True)
class Sheet:
    """One person's ratings. `voter_id` only where the name stands on the sheet."""

    stratum: str
    answers: dict[str, dict[str, Any]]
    voter_id: UUID | None


def sheets(s: Session, box: BallotBox) -> list[Sheet]:
    _only_closed(box)
    if box.secrecy == Secrecy.named:
        named = (
            select(NamedSheet.answers, Invitation.stratum, Invitation.voter_id)  # type: ignore[call-overload]
            .join(Invitation, col(Invitation.id) == col(NamedSheet.invitation_id))
            .where(col(NamedSheet.box_id) == box.id)
            .order_by(col(Invitation.voter_id))
        )
        return [Sheet(stratum, answers, voter_id) for answers, stratum, voter_id in s.execute(named)]
    sealed = select(SealedSheet).where(col(SealedSheet.box_id) == box.id).order_by(col(SealedSheet.rid))
    return [Sheet(row.stratum, json.loads(row.answers), None) for row in s.scalars(sealed)]


def texts(s: Session, box: BallotBox) -> list[tuple[str, str]]:
    """Free texts as (field, text), apart from every rating, in another order each time."""
    _only_closed(box)
    if box.secrecy == Secrecy.named:
        kept = s.scalars(select(col(NamedSheet.texts)).where(col(NamedSheet.box_id) == box.id))
        found = [(field, text) for one in kept for field, text in one.items()]
    else:
        rows = s.execute(select(col(SealedText.field), col(SealedText.text)).where(col(SealedText.box_id) == box.id))
        found = [(field, text) for field, text in rows]
    secrets.SystemRandom().shuffle(found)
    return found


def receipts(s: Session, box: BallotBox) -> list[str]:
    """The codes of all sheets that were counted, for everybody to look for their own."""
    _only_closed(box)
    codes = select(col(BallotReceipt.code)).where(col(BallotReceipt.box_id) == box.id)
    return sorted(s.scalars(codes))


def _only_closed(box: BallotBox) -> None:
    if box.state != BoxState.closed:
        raise Conflict(_("关闭之前看不到任何答卷。"), code="box_not_closed")
