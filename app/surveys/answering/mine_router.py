"""What a representative who signed in is asked, and the way to the own questionnaire."""

from __future__ import annotations

from uuid import UUID

from app.accounts.permissions import RoundsAnswer
from app.core.db import SessionDep
from app.core.hypermedia import APIRouter, View, html
from app.core.i18n import N_
from app.core.navigation import Group, NavItem, add_nav
from app.surveys.answering import mine
from app.surveys.answering.schemas import OwnQuestionnaire, OwnRounds

router = APIRouter(prefix="/my-rounds", tags=["answers"])
_PAGE = "surveys/answer/mine.html"


def _again(view: View) -> OwnRounds:
    return mine.listed(view.s, view.who)


@router.get("")
@html(_PAGE)
def list_own_rounds(s: SessionDep, who: RoundsAnswer) -> OwnRounds:
    """The open rounds in which the asker is invited as a representative, and the latest results."""
    return mine.listed(s, who)


@router.post("/{round_id}")
@html(form=_PAGE, current=_again, then=lambda found, _request: found.href)
def open_own_questionnaire(s: SessionDep, who: RoundsAnswer, round_id: UUID) -> OwnQuestionnaire:
    """The way to the own questionnaire of a round that is not secret; nothing is written down about it."""
    return mine.questionnaire(s, who, round_id)


add_nav(NavItem("/my-rounds", N_("我的评议"), "clipboard-list", "rounds:answer", 12, Group.daily, phone=True))
