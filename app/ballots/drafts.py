"""Answers kept while somebody is still writing. Only the token opens them: the server alone cannot read them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, insert, select
from sqlmodel import Session, col

from app.ballots import codes, sealing
from app.ballots.models import UNSPENT, AnswerDraft, BallotPass
from app.ballots.redeeming import Opened
from app.core.crypto import SealBroken

_PURPOSE = "draft"


def _key(token: str) -> bytes:
    return codes.normalise(token).encode("utf-8", "surrogatepass")


def draft_of(s: Session, opened: Opened, token: str) -> dict[str, Any] | None:
    """What was kept last, or None. What does not open is as good as nothing."""
    sealed = s.scalar(select(col(AnswerDraft.sealed)).where(col(AnswerDraft.token_hash) == opened.token_hash))
    if sealed is None:
        return None
    try:
        found: dict[str, Any] = sealing.unseal(_key(token), _PURPOSE, sealed)
    except SealBroken:
        return None
    return found


def keep_draft(s: Session, opened: Opened, token: str, answers: Mapping[str, Any]) -> None:
    """Keeps the answers in place of those kept before, unless they were sent meanwhile."""
    unsent = select(col(BallotPass.token_hash)).where(
        col(BallotPass.token_hash) == opened.token_hash, col(BallotPass.spent) == UNSPENT
    )
    if s.scalar(unsent.with_for_update()) is None:
        return
    s.execute(delete(AnswerDraft).where(col(AnswerDraft.token_hash) == opened.token_hash))
    sealed = sealing.seal(_key(token), _PURPOSE, answers)
    s.execute(insert(AnswerDraft), [{"token_hash": opened.token_hash, "box_id": opened.box.id, "sealed": sealed}])
