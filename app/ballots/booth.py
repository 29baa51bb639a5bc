"""The voting booth behind `/b/{token}`: a ballot for whoever holds a pass. No session, no trace.

Rooms that use boxes say by purpose what is asked and what an answer looks like; the booth knows the rest.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from app.ballots import codes, redeeming
from app.ballots.models import BallotBox, BallotReceipt, Purpose
from app.ballots.redeeming import Answers, Opened
from app.ballots.schemas import BoothForm, BoothSend, BoothSent, Contest
from app.core.errors import Conflict, Invalid
from app.core.i18n import gettext as _
from app.core.i18n import ngettext

Marks = Mapping[str, list[str]]


@dataclass(frozen=True)
class Kind:
    """What a room lays into the booth.

    form: the ballot of an opened box, or None where it may not be filled in now. answers: what is stored of the marks,
    which fit the form. receipts_href: where the receipts of a box will be published.
    """

    form: Callable[[Session, BallotBox], BoothForm | None]
    answers: Callable[[Session, BallotBox, Marks], Answers]
    receipts_href: Callable[[Session, UUID], str]


_kinds: dict[str, Kind] = {}


def register(purpose: Purpose, kind: Kind) -> None:
    _kinds[purpose] = kind


def _found(s: Session, token: str) -> tuple[Opened, Kind, BoothForm] | None:
    opened = redeeming.find_by_token(s, token)
    kind = _kinds.get(opened.box.purpose) if opened else None
    form = kind.form(s, opened.box) if opened and kind else None
    return (opened, kind, form) if opened and kind and form else None


def form(s: Session, token: str) -> BoothForm:
    """The ballot. A token that opens nothing gets the same refusal whatever it was."""
    found = _found(s, token)
    if found is None:
        raise redeeming.refusal()
    return found[2].model_copy(update={"action": f"/b/{token}", "once": secrets.token_urlsafe(16)})


def of_code(s: Session, code: str) -> str:
    """Where the ballot of a typed code lies."""
    return f"/b/{typed(code, lambda token: _found(s, token) is not None)}"


def typed(code: str, opens: Callable[[str], bool]) -> str:
    """A typed code as slips print it; whatever is wrong with it is said beside the field."""
    if not opens(code):
        refused = redeeming.refusal()
        raise Invalid(refused.message, field="code", code=refused.code)
    return codes.grouped(codes.normalise(code))


def receive(s: Session, token: str, data: BoothSend) -> BoothSent:
    """Puts the ballot in. The same press again gets the same receipt, though the pass is spent."""
    found = _found(s, token)
    if found is None:
        earlier = redeeming.receipt_if_sent(s, token, data.once)
        if earlier is None:
            raise redeeming.refusal()
        return _sent(s, earlier)
    opened, kind, asked = found
    marks = _marks(asked, data)
    return _sent(s, redeeming.submit(s, opened, token, data.once, kind.answers(s, opened.box, marks), {}))


def _sent(s: Session, receipt: str) -> BoothSent:
    wanted = select(col(BallotBox.purpose), col(BallotBox.id)).join(
        BallotReceipt, col(BallotReceipt.box_id) == col(BallotBox.id)
    )
    purpose, box_id = s.execute(wanted.where(col(BallotReceipt.code) == receipt)).one()
    kind = _kinds.get(purpose)
    if kind is None:
        raise redeeming.refusal()
    return BoothSent(receipt=codes.grouped(receipt), receipts_href=kind.receipts_href(s, box_id))


def _marks(asked: BoothForm, data: BoothSend) -> Marks:
    """What is marked in each question, or a refusal beside it. A blank ballot is one that says so."""
    for key in set(data.a) - {contest.key for contest in asked.contests}:
        raise Invalid(_("没有这一项。"), code="unknown_option", field=f"a.{key}")
    marks = {contest.key: _of_contest(contest, data.a.get(contest.key)) for contest in asked.contests}
    if data.blank and asked.blank:
        if any(marks.values()):
            raise Conflict(_("选了空白票，就不能再选别的。"), code="blank_and_marked", field="blank")
        return marks
    if asked.blank and not any(marks.values()):  # an empty ballot by mistake is not a blank one
        raise Invalid(
            _("还没有选。如果想投空白票，请勾选“%(blank)s”。", blank=asked.blank), code="nothing_marked", field="blank"
        )
    for contest in asked.contests:
        _check_number(contest, len(marks[contest.key]))
    return marks


def _of_contest(contest: Contest, sent: Any) -> list[str]:
    chosen = [sent] if isinstance(sent, str) and sent else [] if sent is None or sent == "" else sent
    if isinstance(chosen, Mapping):
        chosen = [key for key, value in chosen.items() if value in ("on", "true", True)]
    known = {option.key for option in contest.options}
    if not isinstance(chosen, list) or any(not isinstance(key, str) or key not in known for key in chosen):
        raise Invalid(_("没有这一项。"), code="unknown_option", field=f"a.{contest.key}")
    return sorted(set(chosen))


def _check_number(contest: Contest, marked: int) -> None:
    field = f"a.{contest.key}"
    if marked > contest.most:
        text = ngettext("最多选 %(n)s 项。", "最多选 %(n)s 项。", contest.most)
        raise Invalid(text, code="too_many_marks", field=field)
    if marked < contest.least:
        text = _("请先选一项。") if contest.most == 1 else _("请至少选一项。")
        raise Invalid(text, code="nothing_marked", field=field)
