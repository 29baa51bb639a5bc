"""What is in a box, once it is closed. The order in which it comes says nothing."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any, NamedTuple
from uuid import UUID

import orjson
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

_SLICE = 500


class Sheet(NamedTuple):
    """One person's ratings. `voter_id` only where the name stands on the sheet."""

    stratum: str
    answers: dict[str, dict[str, Any]]
    voter_id: UUID | None = None


def sheets(s: Session, box: BallotBox) -> list[Sheet]:
    return list(each_sheet(s, box))


def each_sheet(s: Session, box: BallotBox) -> Iterator[Sheet]:
    """The same, read in slices: a hundred thousand sheets need not be in memory at once."""
    _only_closed(box)
    if box.secrecy == Secrecy.named:
        named = (
            select(Invitation.stratum, NamedSheet.answers, Invitation.voter_id)  # type: ignore[call-overload]
            .join(Invitation, col(Invitation.id) == col(NamedSheet.invitation_id))
            .where(col(NamedSheet.box_id) == box.id)
            .order_by(col(Invitation.voter_id))
        )
        return (Sheet(*row) for row in s.execute(named.execution_options(yield_per=_SLICE)))
    sealed = (
        select(col(SealedSheet.stratum), col(SealedSheet.answers))
        .where(col(SealedSheet.box_id) == box.id)
        .order_by(col(SealedSheet.rid))
    )
    rows = s.execute(sealed.execution_options(yield_per=_SLICE))
    return (Sheet(stratum, orjson.loads(answers)) for stratum, answers in rows)


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
