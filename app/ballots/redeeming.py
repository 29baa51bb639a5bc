"""One press: a pass is spent and a sheet is stored, together, once, and nothing else is written.

A secret or confidential press touches the pass, the sheet, its texts, its receipt and the draft: no row of any person,
no audit entry, no counter, no time. The statements are the same whoever asks and whatever the answer is.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, delete, insert, select, update
from sqlmodel import Session, col

from app.accounts.permissions import Principal
from app.ballots import codes, locks, sealing
from app.ballots.models import (
    ON_PAPER,
    ONLINE,
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
from app.core import audit
from app.core.clock import now
from app.core.errors import Conflict, NotFound
from app.core.i18n import gettext as _
from app.core.models import new_id

Answers = Mapping[str, Mapping[str, Any]]
_RID = 16


@dataclass(frozen=True)
class Opened:
    """A good pass of an open box. `invitation` only where the name stands on the sheet."""

    box: BallotBox
    token_hash: bytes
    stratum: str
    invitation: Invitation | None = None


_FIND = (
    select(BallotBox, col(BallotPass.stratum))
    .join(BallotPass, col(BallotPass.box_id) == col(BallotBox.id))
    .where(
        col(BallotPass.token_hash) == bindparam("wanted"),
        col(BallotPass.spent) == UNSPENT,
        col(BallotBox.state) == BoxState.open,
    )
)
# A box that is not open has no pass to spend: closing and voiding erase them, and this waits for both.
_SPEND = (
    update(BallotPass)
    .where(col(BallotPass.token_hash) == bindparam("wanted"), col(BallotPass.spent) == UNSPENT)
    .values(spent=bindparam("how"))
    .execution_options(synchronize_session=False)
)
_BY_SERIAL = select(BallotPass.__table__).where(  # type: ignore[attr-defined]
    col(BallotPass.box_id) == bindparam("box"), col(BallotPass.serial_hash) == bindparam("serial")
)
_DROP_DRAFT = (
    delete(AnswerDraft)
    .where(col(AnswerDraft.token_hash) == bindparam("wanted"))
    .execution_options(synchronize_session=False)
)
_INVITED = select(col(Invitation.id)).where(col(Invitation.box_id) == bindparam("box"))
_RECEIPT = select(col(BallotReceipt.code)).where(col(BallotReceipt.code) == bindparam("wanted"))
_ADD_SHEET = insert(SealedSheet.__table__)  # type: ignore[attr-defined]
_ADD_TEXT = insert(SealedText.__table__)  # type: ignore[attr-defined]
_ADD_NAMED = insert(NamedSheet.__table__)  # type: ignore[attr-defined]
_ADD_RECEIPT = insert(BallotReceipt.__table__)  # type: ignore[attr-defined]


def find_by_token(s: Session, token: str) -> Opened | None:
    """The box that this token opens. Wrong, used, expired and not yet open are one answer after one statement."""
    wanted = codes.token_hash(token)
    found = s.execute(_FIND, {"wanted": wanted}).one_or_none()
    if found is None:
        return None
    box, stratum = found
    return Opened(box, wanted, stratum, _invitation_of(s, box, token) if box.secrecy == Secrecy.named else None)


def _invitation_of(s: Session, box: BallotBox, token: str) -> Invitation | None:
    """Whose token this is. No row holds a pass and a person together: the serial number follows from the token."""
    key, typed = sealing.key_of(box), codes.normalise(token)
    of = sealing.token_key(key)
    numbered = col(Invitation.serial).in_(list(sealing.serials_of(key, typed)))
    for invitation in s.scalars(select(Invitation).where(col(Invitation.box_id) == box.id, numbered)):
        if sealing.token_of(of, invitation.id) == typed:
            return invitation
    return _by_trial(s, box, of, codes.number_of(typed))


def _by_trial(s: Session, box: BallotBox, of: bytes, typed: int) -> Invitation | None:
    """The same in a box that was prepared before serial numbers followed from tokens: each token derived again."""
    for invitation_id in s.scalars(_INVITED, {"box": box.id}):
        if codes.derived_number(of, invitation_id.bytes, codes.TOKEN_LENGTH) == typed:
            return s.get(Invitation, invitation_id)
    return None


def refusal() -> NotFound:
    """What every token that opens nothing is told."""
    return NotFound(
        _("这个链接或通行码现在不能使用：可能有误，可能已经用过，也可能不在开放时间。"), code="token_unusable"
    )


def receipt_if_sent(s: Session, token: str, once: str) -> str | None:
    """The receipt of exactly this press, if it was stored. Nobody without the token and the form can ask."""
    found: str | None = s.scalar(_RECEIPT, {"wanted": codes.receipt(token, once)})
    return found


def submit(s: Session, opened: Opened, token: str, once: str, answers: Answers, texts: Mapping[str, str]) -> str:
    """Spends the pass, stores the sheet and returns its receipt. The same press again returns the same receipt."""
    locks.share(s, opened.box.id)
    if not _spent_now(s, opened.token_hash, ONLINE):
        earlier = receipt_if_sent(s, token, once)
        if earlier is None:
            raise refusal()
        return earlier
    code = codes.receipt(token, once)
    _store(s, opened, answers, texts, code, on_paper=False)
    return code


def enter_paper(
    s: Session, box: BallotBox, serial: str, answers: Answers, texts: Mapping[str, str], by: Principal
) -> str:
    """A worker enters a paper ballot by the serial number printed on it."""
    wanted = codes.read_serial(serial)
    locks.share(s, box.id)
    box = s.get_one(BallotBox, box.id, populate_existing=True)
    if box.state != BoxState.open:
        raise Conflict(_("现在不在开放时间，不能录入纸质答卷。"), code="box_not_open")
    row = s.execute(_BY_SERIAL, {"box": box.id, "serial": sealing.serial_hash(sealing.key_of(box), wanted)}).first()
    if row is None:
        raise NotFound(_("没有这个编号，请核对纸面编号。"), code="serial_unknown")
    if not _spent_now(s, row.token_hash, ON_PAPER):
        raise Conflict(_("这个编号已经答过，不能再录入。"), code="serial_used")
    opened = Opened(box, row.token_hash, row.stratum, _invitation_with(s, box, wanted))
    code = codes.drawn(codes.RECEIPT_LENGTH)
    _store(s, opened, answers, texts, code, on_paper=True)
    audit.set_actor(s, by)
    audit.note(s, "ballot_box.enter_paper", "ballot_box", box.id, box.community_id)  # which ballot is not said
    return code


def _invitation_with(s: Session, box: BallotBox, serial: str) -> Invitation | None:
    if box.secrecy != Secrecy.named:
        return None
    return s.scalar(select(Invitation).where(col(Invitation.box_id) == box.id, col(Invitation.serial) == serial))


def _spent_now(s: Session, token_hash: bytes, how: int) -> bool:
    """Whether this very statement spent the pass: of many at once, one does."""
    done: Any = s.execute(_SPEND, {"wanted": token_hash, "how": how})
    return bool(done.rowcount == 1)


def _store(
    s: Session, opened: Opened, answers: Answers, texts: Mapping[str, str], code: str, *, on_paper: bool
) -> None:
    box = opened.box
    if box.secrecy == Secrecy.named:
        _store_named(s, opened, answers, texts, on_paper=on_paper)
    else:
        _store_sealed(s, box.id, sealing.key_of(box), opened.stratum, answers, texts)
    s.execute(_ADD_RECEIPT, {"box_id": box.id, "code": code})
    s.execute(_DROP_DRAFT, {"wanted": opened.token_hash})


def _store_sealed(
    s: Session, box_id: UUID, key: bytes, stratum: str, answers: Answers, texts: Mapping[str, str]
) -> None:
    sheet = sealing.seal_text(key, "sheet", [stratum, answers])
    s.execute(_ADD_SHEET, {"box_id": box_id, "rid": os.urandom(_RID), "stratum": "", "answers": sheet})
    for field, text in texts.items():
        sealed = sealing.seal_text(key, "text", [field, text])
        s.execute(_ADD_TEXT, {"box_id": box_id, "rid": os.urandom(_RID), "field": "", "text": sealed})


def _store_named(s: Session, opened: Opened, answers: Answers, texts: Mapping[str, str], *, on_paper: bool) -> None:
    if opened.invitation is None:
        raise LookupError("a named pass belongs to nobody")
    at = now()
    row = {
        "id": new_id(),
        "created_at": at,
        "updated_at": at,
        "version": 1,
        "box_id": opened.box.id,
        "invitation_id": opened.invitation.id,
        "answers": {subject: dict(values) for subject, values in answers.items()},
        "texts": dict(texts),
        "on_paper": on_paper,
    }
    s.execute(_ADD_NAMED, row)
    opened.invitation.answered = True
    s.flush()
