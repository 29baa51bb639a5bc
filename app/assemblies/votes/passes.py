"""What lies in the booth for a secret vote by passes: one question, three answers."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from app.assemblies.votes import states
from app.assemblies.votes.counting import CONTEST
from app.assemblies.votes.models import State, Vote
from app.ballots import booth
from app.ballots import service as ballots
from app.ballots.schemas import BallotOption, BoothForm, Contest
from app.communities.models import Community
from app.core.i18n import gettext as _


def _vote_of(s: Session, box_id: UUID) -> Vote | None:
    found: Vote | None = s.scalars(select(Vote).where(col(Vote.box_id) == box_id)).one_or_none()
    return found


def form(s: Session, box: ballots.BallotBox) -> BoothForm | None:
    """The ballot while the vote is open. Nothing of the vote's row is touched."""
    vote = _vote_of(s, box.id)
    if vote is None or vote.state != State.open:
        return None
    return BoothForm(
        title=vote.question,
        community_name=s.get_one(Community, vote.community_id).name,
        lead=_("无记名投票"),
        claim=ballots.claim(ballots.Secrecy.secret),
        contests=[
            Contest(
                key=CONTEST,
                options=[BallotOption(key=str(key), label=_(text)) for key, text in states.CHOICES.items()],
            )
        ],
    )


def answers(_s: Session, _box: ballots.BallotBox, marks: booth.Marks) -> dict[str, dict[str, Any]]:
    return {CONTEST: {"choice": marks[CONTEST][0]}}


def receipts_href(s: Session, box_id: UUID) -> str:
    vote = _vote_of(s, box_id)
    return f"/votes/{vote.id}/receipts" if vote else ""


def register() -> None:
    booth.register(ballots.Purpose.vote, booth.Kind(form, answers, receipts_href))
