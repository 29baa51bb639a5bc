"""Closing: count, break every thread from a sheet to a person, and then erase what the database still remembers.

`close_box` and `void_box` work inside the caller's transaction. After its commit `after_close` clears the disk. Each
may be killed at any point and run again.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, col

from app.ballots import locks, sealing, strata
from app.ballots.models import (
    ON_PAPER,
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
from app.ballots.participation import passes_of, spent, write_answered
from app.core.clock import now
from app.core.db import Database, is_unavailable, touch
from app.core.errors import Conflict
from app.core.i18n import gettext as _

_ENDED = (BoxState.closed, BoxState.void)
_RID = 16
_SLICE = 500
_LOCK_TIMEOUT = "5s"  # how long to wait for readers, while everybody else waits for us
_BUSY_MILLISECONDS = 2000
_SWEPT = (BallotPass, SealedSheet, SealedText, BallotReceipt, AnswerDraft, Invitation, BallotBox)


def close_box(s: Session, box: BallotBox) -> None:
    """Counts what came back, and makes every sheet anonymous where that was promised. A second time changes nothing."""
    box = locks.held(s, box)
    if box.state == BoxState.closed:
        return
    if box.state != BoxState.open:
        raise Conflict(_("没有开放，不能关闭。"), code="box_not_open")
    locks.erase_for_good(s)
    _count(s, box)
    if box.secrecy == Secrecy.confidential:
        _settle_participation(s, box)
    if box.secrecy != Secrecy.named:
        _rewrite(s, box)
    _rewrite_receipts(s, box)
    _reconcile(s, box)
    _end(s, box, BoxState.closed)


def void_box(s: Session, box: BallotBox) -> None:
    """Nothing of this box counts: its sheets are destroyed unread, and only the numbers of its passes remain."""
    box = locks.held(s, box)
    if box.state == BoxState.void:
        return
    if box.state == BoxState.closed:
        raise Conflict(_("已经关闭，不能作废。"), code="box_closed")
    locks.erase_for_good(s)
    _count(s, box)
    for table in (NamedSheet, SealedSheet, SealedText, BallotReceipt):
        _erase(s, table, box)
    if box.secrecy != Secrecy.secret:
        s.execute(update(Invitation).where(col(Invitation.box_id) == box.id).values(answered=False))
    _end(s, box, BoxState.void)


def _count(s: Session, box: BallotBox) -> None:
    used = spent(s, box)
    box.issued = _rows(s, BallotPass, box)
    box.returned, box.on_paper = sum(used.values()), used.get(ON_PAPER, 0)


def _settle_participation(s: Session, box: BallotBox) -> None:
    """Writes who answered for everybody at once, whoever was marked before, so that no batch can be told from another.

    When fewer than five answered, nobody is marked: beside the result it would say what they answered. Everybody is
    written as the most are, and then the others again.
    """
    people: dict[bool, list[UUID]] = {True: [], False: []}
    for i, _marked, used in passes_of(s, box):
        people[used].append(i)
    told = len(people[True]) >= strata.SMALLEST
    most = told and len(people[True]) > len(people[False])
    s.execute(update(Invitation).where(col(Invitation.box_id) == box.id).values(answered=most))
    if told:
        write_answered(s, people[not most], answered=not most)


def _rewrite(s: Session, box: BallotBox) -> None:
    """Sheets and texts in plain text, under new random keys and in their order: nothing is left of the old ones."""
    key = sealing.key_of(box)
    sheets = _opened(s, box, col(SealedSheet.answers), sealing.Opener(key, "sheet"))
    called = strata.coarse(Counter(stratum for stratum, _answers in sheets))
    _replace(s, SealedSheet, box, ("stratum", "answers"), [(called[name], answers) for name, answers in sheets])
    texts = _opened(s, box, col(SealedText.text), sealing.Opener(key, "text"))
    _replace(s, SealedText, box, ("field", "text"), [(field, json.loads(content)) for field, content in texts])


def _opened(s: Session, box: BallotBox, column: Any, opener: sealing.Opener) -> list[tuple[str, str]]:
    wanted = select(column).where(column.class_.box_id == box.id).execution_options(yield_per=_SLICE)
    return [opener.pair(sealed) for sealed in s.scalars(wanted)]


def _replace(
    s: Session, table: Any, box: BallotBox, columns: tuple[str, str], contents: Iterable[tuple[str, str]]
) -> None:
    keyed = sorted((os.urandom(_RID), *content) for content in contents)
    _erase(s, table, box)
    _write(s, table, box, ("rid", *columns), keyed)


def _rewrite_receipts(s: Session, box: BallotBox) -> None:
    codes = sorted(s.scalars(select(col(BallotReceipt.code)).where(col(BallotReceipt.box_id) == box.id)))
    _erase(s, BallotReceipt, box)
    _write(s, BallotReceipt, box, ("code",), [(code,) for code in codes])


def _write(s: Session, table: Any, box: BallotBox, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """In small slices: the parameters of many rows take more room than the rows, and Python walks through them all."""
    for begin in range(0, len(rows), _SLICE):
        values = [dict(zip(columns, row, strict=True), box_id=box.id) for row in rows[begin : begin + _SLICE]]
        s.execute(insert(table.__table__), values)


def _reconcile(s: Session, box: BallotBox) -> None:
    """Passes used, sheets and receipts are the same number, or nothing is declared."""
    sheets = _rows(s, NamedSheet if box.secrecy == Secrecy.named else SealedSheet, box)
    if not box.returned == sheets == _rows(s, BallotReceipt, box):
        raise Conflict(_("答卷数与已用的通行码数不符，不能关闭。请联系系统管理员。"), code="ballots_do_not_reconcile")


def _end(s: Session, box: BallotBox, state: BoxState) -> None:
    _erase(s, BallotPass, box)
    _erase(s, AnswerDraft, box)
    box.state, box.key_sealed, box.closed_at = state, None, now()
    touch(box)
    s.flush()


def _erase(s: Session, table: Any, box: BallotBox) -> None:
    s.execute(delete(table).where(table.box_id == box.id).execution_options(synchronize_session=False))


def _rows(s: Session, table: Any, box: BallotBox) -> int:
    return s.scalar(select(func.count()).select_from(table).where(table.box_id == box.id)) or 0


def after_close(db: Database, box_id: UUID) -> bool:
    """Clears from the disk what closing erased. False when the database was too busy: then `sweep` does it later."""
    with db.read() as s:
        box = s.get(BallotBox, box_id)
        if box is None or box.state not in _ENDED:
            return False
    try:
        done = _clear_sqlite(db) if db.is_sqlite else _clear_postgresql(db)
    except DBAPIError as error:
        if not is_unavailable(error):
            raise
        return False
    if done:
        with db.write() as s:
            s.execute(update(BallotBox).where(col(BallotBox.id) == box_id).values(swept=True))
    return done


def sweep(db: Database) -> int:
    """`after_close` for every box where it did not finish. Returns how many are left."""
    ended = select(col(BallotBox.id)).where(col(BallotBox.state).in_(_ENDED), col(BallotBox.swept).is_(False))
    with db.read() as s:
        waiting = s.scalars(ended).all()
    return sum(not after_close(db, box_id) for box_id in waiting)


def _clear_sqlite(db: Database) -> bool:
    """Moves the write-ahead log into the file and cuts it to nothing: it held every ballot in the order of arrival."""
    with db.turn(), db.glance() as connection:
        usual = connection.exec_driver_sql("PRAGMA busy_timeout").scalar_one()
        connection.exec_driver_sql(f"PRAGMA busy_timeout={_BUSY_MILLISECONDS}")
        try:
            busy, _frames, _moved = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()
        finally:
            connection.exec_driver_sql(f"PRAGMA busy_timeout={usual}")
        return not busy


def _clear_postgresql(db: Database) -> bool:
    """Writes the tables anew, so that no dead row is left, and lets old segments of the log go."""
    with db.glance() as connection:
        connection.execute(text(f"SET lock_timeout = '{_LOCK_TIMEOUT}'"))
        try:
            for table in _SWEPT:
                connection.execute(text(f"VACUUM (FULL) {table.__tablename__}"))
        finally:
            connection.execute(text("RESET lock_timeout"))
        _checkpoint(connection)
    return True


def _checkpoint(connection: Any) -> None:
    """Only a superuser or a member of pg_checkpoint may; without it the log is recycled some minutes later."""
    try:
        connection.execute(text("CHECKPOINT"))
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != "42501":
            raise
