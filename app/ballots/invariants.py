"""What must hold of every box, for `qinlian check`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlmodel import col

from app.ballots.models import (
    UNSPENT,
    AnswerDraft,
    BallotBox,
    BallotPass,
    BallotReceipt,
    BoxState,
    Invitation,
    NamedSheet,
    SealedSheet,
    SealedText,
    Secrecy,
)
from app.core.checks import register_check
from app.core.db import Database


def _of_box(table: Any, *conditions: ColumnElement[bool]) -> Any:
    count = select(func.count()).select_from(table).where(table.box_id == col(BallotBox.id), *conditions)
    return count.correlate(BallotBox).scalar_subquery()


# One statement, so that ballots which arrive meanwhile are in every count or in none.
_COUNTS = select(
    col(BallotBox.id),
    col(BallotBox.state),
    col(BallotBox.secrecy),
    col(BallotBox.returned),
    col(BallotBox.swept),
    col(BallotBox.key_sealed).is_not(None).label("has_key"),
    _of_box(BallotPass).label("passes"),
    _of_box(BallotPass, col(BallotPass.spent) != UNSPENT).label("used"),
    _of_box(AnswerDraft).label("drafts"),
    (_of_box(NamedSheet) + _of_box(SealedSheet)).label("sheets"),
    _of_box(NamedSheet).label("named"),
    _of_box(BallotReceipt).label("receipts"),
    _of_box(Invitation, col(Invitation.answered).is_(True)).label("answered"),
    _of_box(Invitation, col(Invitation.serial).is_not(None)).label("numbered"),
).order_by(col(BallotBox.id))


def _boxes(db: Database) -> Iterator[str]:
    with db.read() as s:
        boxes = s.execute(_COUNTS).all()
    for box in boxes:
        for fault in (*_numbers(box), *_remains(box), *_names(box)):
            yield f"box {box.id} ({box.secrecy}, {box.state}): {fault}"


def _numbers(box: Any) -> Iterator[str]:
    used = {BoxState.closed: box.returned, BoxState.void: 0}.get(box.state, box.used)
    if box.sheets != used:
        yield f"{box.sheets} sheets for {used} used passes"
    if box.receipts != box.sheets:
        yield f"{box.receipts} receipts for {box.sheets} sheets"


def _remains(box: Any) -> Iterator[str]:
    if box.state not in (BoxState.closed, BoxState.void):
        return
    if box.passes or box.drafts or box.has_key:
        yield f"{box.passes} passes, {box.drafts} drafts and {int(box.has_key)} keys were not erased"
    if not box.swept:
        yield "what was erased may still be on the disk: run the due rounds again"


def _names(box: Any) -> Iterator[str]:
    if box.secrecy == Secrecy.named and box.named != box.answered:
        yield f"{box.named} named sheets, but {box.answered} people are marked as having answered"
    if box.secrecy != Secrecy.named and box.named:
        yield f"{box.named} sheets carry a name"
    if box.secrecy == Secrecy.secret and (box.answered or box.numbered):
        yield "an invitation says whether somebody answered, or has the number of a slip"


def _orphans(db: Database) -> Iterator[str]:
    """The tables that a press writes to have no foreign key, so this is looked at here."""
    with db.read() as s:
        for table in (SealedSheet, SealedText, BallotReceipt, AnswerDraft):
            lost = select(func.count()).select_from(table).where(~_box_of(table).exists())
            if n := s.scalar(lost):
                yield f"{n} rows of {table.__tablename__} belong to no box"


def _box_of(table: Any) -> Any:
    return select(col(BallotBox.id)).where(col(BallotBox.id) == table.box_id)


def register() -> None:
    register_check("ballots", _boxes)
    register_check("ballots_without_box", _orphans)
