"""The rounds that ask somebody with an account, as the holder of a seat. Nothing is stored about opening one."""

from __future__ import annotations

from uuid import UUID

from sqlmodel import Session, col, select

from app.accounts.permissions import Principal
from app.assemblies.models import SeatHolder
from app.ballots import service as ballots
from app.ballots.models import InvitationState
from app.communities.models import Community
from app.core.clock import now
from app.core.errors import Conflict, NotFound
from app.core.i18n import gettext as _
from app.surveys.answering.schemas import OwnQuestionnaire, OwnRound, OwnRounds, PublishedRead
from app.surveys.rounds import publishing
from app.surveys.rounds import service as rounds
from app.surveys.rounds.models import Round, State

_LATEST = 12
_VOTER = "representative"


def listed(s: Session, who: Principal) -> OwnRounds:
    """Open rounds that ask this person, the first to close first, and the latest results of the community."""
    published = rounds.visible(who).where(col(Round.state) == State.published)
    latest = s.scalars(published.order_by(col(Round.published_at).desc(), col(Round.id)).limit(_LATEST)).all()
    community = s.get(Community, who.community_id) if who.community_id else None
    return OwnRounds(
        open=[_own(s, round_, invitation) for round_, invitation in _asked(s, who)],
        published=[PublishedRead(**{**r.model_dump(), "round_id": r.id}) for r in latest],
        all_published_href=f"/board/{community.code}/rounds" if community else "",
    )


def _asked(s: Session, who: Principal, round_id: UUID | None = None) -> list[tuple[Round, ballots.Invitation]]:
    """The open rounds with the invitation of the seat that this account is linked to."""
    wanted = (
        select(Round, ballots.Invitation)
        .join(ballots.Invitation, col(ballots.Invitation.box_id) == col(Round.box_id))
        .join(SeatHolder, col(SeatHolder.id) == col(ballots.Invitation.voter_id))
        .where(ballots.Invitation.voter_kind == _VOTER, SeatHolder.user_id == who.id)
        .where(ballots.Invitation.state == InvitationState.invited)
        .where(Round.community_id == who.community_id, Round.state == State.open, col(Round.closes_at) > now())
        .order_by(col(Round.closes_at), col(Round.id))
    )
    if round_id is not None:
        wanted = wanted.where(Round.id == round_id)
    return list(s.exec(wanted))


def _token(s: Session, round_: Round, invitation: ballots.Invitation) -> str:
    return ballots.token_of(publishing.box_of(s, round_), invitation)


def _own(s: Session, round_: Round, invitation: ballots.Invitation) -> OwnRound:
    secret = round_.secrecy == ballots.Secrecy.secret
    used = None if secret else ballots.find_by_token(s, _token(s, round_, invitation)) is None
    return OwnRound(
        round_id=round_.id,
        title=round_.title,
        period=round_.period,
        closes_at=round_.closes_at,
        secrecy=round_.secrecy,
        claim=ballots.claim(ballots.Secrecy(round_.secrecy)),
        answered=used,
    )


def questionnaire(s: Session, who: Principal, round_id: UUID) -> OwnQuestionnaire:
    """The way to the own questionnaire of a named or confidential round. Of a secret one only the slip knows it."""
    for round_, invitation in _asked(s, who, round_id):
        if round_.secrecy == ballots.Secrecy.secret:
            raise Conflict(_("这一轮无记名，请用发给您的答题条作答。"), code="slip_needed")
        token = _token(s, round_, invitation)
        if ballots.find_by_token(s, token) is None:
            raise Conflict(_("您已作答，一人只能答一次。"), code="already_answered")
        return OwnQuestionnaire(href=f"/s/{token}")
    raise NotFound()
