"""How a project moves, and why it may not: one graph, one refusal. Nobody skips it, and what was stopped stays so."""

from __future__ import annotations

from app.core.errors import Conflict
from app.core.i18n import N_
from app.core.i18n import gettext as _
from app.projects.models import Project, State

NEXT: dict[State, frozenset[State]] = {
    State.planned: frozenset({State.funded, State.stopped}),
    State.funded: frozenset({State.contracted, State.stopped}),
    State.contracted: frozenset({State.works, State.stopped}),
    State.works: frozenset({State.accepted, State.stopped}),
    State.accepted: frozenset({State.evaluated}),
    State.evaluated: frozenset(),
    State.stopped: frozenset(),
}
LABELS: dict[State, str] = {
    State.planned: N_("已立项"),
    State.funded: N_("资金落实"),
    State.contracted: N_("已签合同"),
    State.works: N_("施工中"),
    State.accepted: N_("已验收"),
    State.evaluated: N_("已评议"),
    State.stopped: N_("已停止"),
}
TONES: dict[State, str] = {State.accepted: "good", State.evaluated: "good", State.stopped: "bad"}
# Steps that somebody of the committee takes; acceptance is the representatives', evaluation the residents'.
BY_HAND = (State.funded, State.contracted, State.works)
OPEN = frozenset({State.planned, State.funded, State.contracted, State.works})
PATH = (State.planned, State.funded, State.contracted, State.works, State.accepted, State.evaluated)

_RULES: dict[State, str] = {
    State.planned: N_("项目从立项开始，不能退回。"),
    State.funded: N_("只有已立项的项目才能落实资金。"),
    State.contracted: N_("资金落实以后才能签合同。"),
    State.works: N_("签了合同才能开工。"),
    State.accepted: N_("只有施工中的项目才能验收。"),
    State.evaluated: N_("验收以后才能评议。"),
    State.stopped: N_("已验收、已评议或已停止的项目不能再停止；停止的项目不能恢复，请由新的决议另行立项。"),
}


def label(state: str) -> str:
    return _(LABELS[State(state)])


def require(project: Project, *allowed: State, rule: str) -> None:
    """Refuses what only makes sense in some states."""
    if project.state not in allowed:
        text = _("项目%(state)s：%(rule)s", state=label(project.state), rule=rule)
        raise Conflict(text, code="project_state")


def check(project: Project, to: State) -> None:
    """Refuses a step that the graph does not have, with its rule."""
    if to not in NEXT[State(project.state)]:
        text = _("项目%(state)s：%(rule)s", state=label(project.state), rule=_(_RULES[to]))
        raise Conflict(text, code="project_state")
