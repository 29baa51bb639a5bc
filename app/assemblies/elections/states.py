"""How an election moves, and why it may not: one table, one refusal."""

from __future__ import annotations

from app.assemblies.elections.models import Election, State
from app.assemblies.elections.words import STATES
from app.core.errors import Conflict
from app.core.i18n import N_
from app.core.i18n import gettext as _

NEXT: dict[State, frozenset[State]] = {
    State.draft: frozenset({State.list_frozen, State.void}),
    State.list_frozen: frozenset({State.nominated, State.void}),
    State.nominated: frozenset({State.open, State.void}),
    State.open: frozenset({State.counted, State.void}),
    State.counted: frozenset({State.declared, State.void}),
    State.declared: frozenset(),
    State.void: frozenset(),
}
_RULES: dict[State, str] = {
    State.list_frozen: N_("只有筹备中的选举才能公布选民名单。"),
    State.nominated: N_("先公布选民名单，再公布候选人；公布以后不能重来。"),
    State.open: N_("公布候选人以后才能开始投票，而且只开始一次。"),
    State.counted: N_("只有投票中的选举才能截止和计票。"),
    State.declared: N_("计票经两人签字以后才能宣布结果，而且只宣布一次。"),
    State.void: N_("结果宣布以后不能作废；认为选举违法，请依法申请认定。"),
}


def label(state: str) -> str:
    return _(STATES[state])


def refusal(election: Election, rule: str) -> Conflict:
    text = _("选举%(state)s：%(rule)s", state=label(election.state), rule=rule)
    return Conflict(text, code="election_state")


def move(election: Election, to: State) -> None:
    """Puts an election into the next state, or refuses with the rule. Call it with the row held."""
    if to not in NEXT[State(election.state)]:
        raise refusal(election, _(_RULES[to]))
    election.state = to


def require(election: Election, *allowed: State, rule: str) -> None:
    """Refuses what only makes sense in some states."""
    if election.state not in allowed:
        raise refusal(election, rule)
