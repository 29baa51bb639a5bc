"""How a round moves, and why it may not: one table, one refusal."""

from __future__ import annotations

from typing import Protocol

from app.core.errors import Conflict
from app.core.i18n import N_
from app.core.i18n import gettext as _
from app.surveys.rounds.models import Absence, Role, Round, State


class _Pick(Protocol):
    @property
    def role(self) -> str: ...
    @property
    def reason(self) -> str: ...


NEXT: dict[State, frozenset[State]] = {
    State.scheduled: frozenset({State.framed, State.open, State.void}),
    State.framed: frozenset({State.open, State.void}),
    State.open: frozenset({State.closed, State.void}),
    State.closed: frozenset({State.published, State.void}),
    State.published: frozenset(),
    State.void: frozenset(),
}

LABELS: dict[str, str] = {
    State.scheduled: N_("待开放"),
    State.framed: N_("待抽取"),
    State.open: N_("进行中"),
    State.closed: N_("已截止"),
    State.published: N_("已公布"),
    State.void: N_("已作废"),
}

ROLES: dict[str, str] = {
    Role.drawn: N_("应邀"),
    Role.reserve: N_("候补"),
    Role.replacement: N_("替补"),
    Role.replaced: N_("已由候补替换"),
}
ABSENCES: dict[str, str] = {Absence.moved: N_("搬走"), Absence.died: N_("去世")}

# Words that the clock writes where a person would give a reason.
MISSED, NOBODY, NO_SUBJECT, FAILED = "missed", "nobody", "no_subject", "failed"
REASONS: dict[str, str] = {
    MISSED: N_("错过了开放时间：当时系统没有运行，此后又有新的一轮到期。"),
    NOBODY: N_("名册中没有可以参加的人。"),
    NO_SUBJECT: N_("没有评议对象：请先登记评议对象，再等下一次运行。"),
    FAILED: N_("自动处理时出错，已记录；下次运行会再试。"),
}

_RULES: dict[State, str] = {
    State.framed: N_("只有待开放的轮次才能冻结名册。"),
    State.open: N_("只有待开放的轮次，或已抽取的轮次，才能开放。"),
    State.closed: N_("只有进行中的轮次才能截止。"),
    State.published: N_("只有已截止的轮次才能公布。"),
    State.void: N_("已公布或已作废的轮次不能作废；公布后的错误请用更正。"),
}


def label(state: str) -> str:
    return _(LABELS[state])


def reason(text: str) -> str:
    """A reason in words: a person's own, or what a word of the clock stands for."""
    return _(REASONS[text]) if text in REASONS else text


def outcome(pick: _Pick) -> str:
    """What became of somebody drawn, with the reason if there is one."""
    text = _(ROLES[pick.role])
    return _("%(what)s（%(why)s）", what=text, why=_(ABSENCES[pick.reason])) if pick.reason else text


def move(round_: Round, to: State) -> None:
    """Puts a round into the next state, or refuses with the rule."""
    if to not in NEXT[State(round_.state)]:
        raise Conflict(_("本轮%(state)s：%(rule)s", state=label(round_.state), rule=_(_RULES[to])), code="round_state")
    round_.state, round_.blocked = to, ""


def require(round_: Round, *allowed: State, rule: str) -> None:
    """Refuses what only makes sense in some states."""
    if round_.state not in allowed:
        raise Conflict(_("本轮%(state)s：%(rule)s", state=label(round_.state), rule=rule), code="round_state")
