"""The steps of an opinion: nobody skips one."""

from __future__ import annotations

from app.consultations.models import ConsultationState, OpinionState
from app.consultations.words import MEETING_STATES, STATES
from app.core.errors import Conflict
from app.core.i18n import gettext as _

_S, _M = OpinionState, ConsultationState
GRAPH: dict[OpinionState, frozenset[OpinionState]] = {
    _S.received: frozenset({_S.assigned, _S.closed}),
    _S.assigned: frozenset({_S.assigned, _S.answered, _S.closed}),
    _S.answered: frozenset({_S.returned, _S.followed_up}),
    _S.returned: frozenset({_S.assigned, _S.answered, _S.closed}),
    _S.followed_up: frozenset({_S.closed}),
    _S.closed: frozenset(),
}
MEETINGS: dict[ConsultationState, frozenset[ConsultationState]] = {
    _M.planned: frozenset({_M.held, _M.cancelled}),
    _M.held: frozenset({_M.closed}),
    _M.closed: frozenset(),
    _M.cancelled: frozenset(),
}
OWED = (_S.received, _S.assigned, _S.returned)
"""States in which an answer is still owed."""


def check_step(state: str, to: OpinionState) -> None:
    """Refuses a step that the graph does not have, in words."""
    if to not in GRAPH[OpinionState(state)]:
        raise Conflict(
            _(
                "意见按“交办、答复、回访、办结”逐步办理：现在是“%(now)s”，不能变为“%(to)s”。",
                now=_(STATES[OpinionState(state)]),
                to=_(STATES[to]),
            ),
            code="opinion_state",
        )


def check_meeting_step(state: str, to: ConsultationState) -> None:
    if to not in MEETINGS[ConsultationState(state)]:
        now = _(MEETING_STATES[ConsultationState(state)])
        raise Conflict(
            _("恳谈会现在是“%(now)s”，不能变为“%(to)s”。", now=now, to=_(MEETING_STATES[to])), code="meeting_state"
        )
