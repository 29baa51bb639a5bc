"""How an assembly moves, and why it may not: one table, one refusal."""

from __future__ import annotations

from app.assemblies.meetings.models import Assembly, State
from app.core.errors import Conflict
from app.core.i18n import N_
from app.core.i18n import gettext as _

NEXT: dict[State, frozenset[State]] = {
    State.draft: frozenset({State.noticed, State.cancelled}),
    State.noticed: frozenset({State.open, State.cancelled}),
    State.open: frozenset({State.suspended, State.closed}),
    State.suspended: frozenset({State.open, State.closed}),
    State.closed: frozenset({State.minutes_draft}),
    State.minutes_draft: frozenset({State.minutes_confirmed}),
    State.minutes_confirmed: frozenset({State.published}),
    State.published: frozenset(),
    State.cancelled: frozenset(),
}
RUNNING = (State.open, State.suspended)
OVER = (State.closed, State.minutes_draft, State.minutes_confirmed, State.published)

LABELS: dict[str, str] = {
    State.draft: N_("筹备中"),
    State.noticed: N_("已通知"),
    State.open: N_("进行中"),
    State.suspended: N_("中止"),
    State.closed: N_("已结束"),
    State.minutes_draft: N_("记录起草中"),
    State.minutes_confirmed: N_("记录已确认"),
    State.published: N_("记录已公布"),
    State.cancelled: N_("已取消"),
}
TONES: dict[str, str] = {
    State.noticed: "warn",
    State.open: "good",
    State.suspended: "bad",
    State.cancelled: "bad",
}
_RULES: dict[State, str] = {
    State.noticed: N_("只有筹备中的会议才能发出通知。"),
    State.open: N_("只有已通知的会议才能开会，只有中止的会议才能恢复。"),
    State.suspended: N_("只有进行中的会议才能中止。"),
    State.closed: N_("只有进行中或中止的会议才能结束。"),
    State.minutes_draft: N_("会议结束以后才能起草会议记录。"),
    State.minutes_confirmed: N_("只有起草中的会议记录才能确认。"),
    State.published: N_("只有已确认的会议记录才能公布。"),
    State.cancelled: N_("只有开会以前才能取消；会议已开的，请结束或终止会议。"),
}


def label(state: str) -> str:
    return _(LABELS[state])


def refusal(assembly: Assembly, rule: str) -> Conflict:
    text = _("会议%(state)s：%(rule)s", state=label(assembly.state), rule=rule)
    return Conflict(text, code="assembly_state")


def move(assembly: Assembly, to: State) -> None:
    """Puts an assembly into the next state, or refuses with the rule. Call it with the row held."""
    if to not in NEXT[State(assembly.state)]:
        raise refusal(assembly, _(_RULES[to]))
    assembly.state = to


def require(assembly: Assembly, *allowed: State, rule: str) -> None:
    """Refuses what only makes sense in some states."""
    if assembly.state not in allowed:
        raise refusal(assembly, rule)
