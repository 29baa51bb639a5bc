"""The path of a request, and why a step may not be taken yet: three paths, one refusal. Nobody skips a step.

Relief is checked, judged, reviewed and shown before it is approved. Urgent relief is approved and paid first and
shown after. A condolence visit is decided by the branch and needs no notice.
"""

from __future__ import annotations

from app.assistance.fund.models import FundRelief, ReliefKind, State
from app.core.errors import Conflict
from app.core.i18n import N_
from app.core.i18n import gettext as _

RELIEF = (
    State.reported,
    State.applied,
    State.checked,
    State.opined,
    State.reviewed,
    State.noticed,
    State.approved,
    State.paid,
    State.followed_up,
    State.closed,
)
URGENT = (
    State.reported,
    State.applied,
    State.approved,
    State.paid,
    State.noticed,
    State.followed_up,
    State.closed,
)
CONDOLENCE = (
    State.reported,
    State.applied,
    State.opined,
    State.approved,
    State.paid,
    State.followed_up,
    State.closed,
)
LABELS: dict[State, str] = {
    State.reported: N_("已上报"),
    State.applied: N_("已申请"),
    State.checked: N_("已核实"),
    State.opined: N_("支部意见"),
    State.reviewed: N_("已审核"),
    State.noticed: N_("已公示"),
    State.approved: N_("已批准"),
    State.paid: N_("已发放"),
    State.followed_up: N_("已回访"),
    State.closed: N_("已结案"),
    State.rejected: N_("未批准"),
    State.withdrawn: N_("已撤回"),
}
TONES: dict[State, str] = {
    State.approved: "warn",
    State.paid: "good",
    State.followed_up: "good",
    State.closed: "good",
    State.rejected: "bad",
    State.withdrawn: "bad",
}
# Steps without an operation of their own, and how the buttons call them.
BY_HAND: dict[State, str] = {
    State.applied: N_("提交申请"),
    State.opined: N_("登记支部意见"),
    State.reviewed: N_("审核通过"),
    State.noticed: N_("开始公示"),
    State.followed_up: N_("登记回访"),
    State.closed: N_("结案"),
}
OPEN = frozenset(State) - {State.closed, State.rejected, State.withdrawn}
EDITABLE = frozenset({State.reported, State.applied})


def path(relief: FundRelief) -> tuple[State, ...]:
    if relief.kind == ReliefKind.condolence:
        return CONDOLENCE
    return URGENT if relief.urgent else RELIEF


def following(relief: FundRelief) -> State | None:
    """The next step of its path; None where there is none."""
    steps, here = path(relief), State(relief.state)
    place = steps.index(here) + 1 if here in steps else len(steps)
    return steps[place] if place < len(steps) else None


def behind(relief: FundRelief, state: State) -> bool:
    """Whether a request has come past this step, or stands on it."""
    steps, here = path(relief), State(relief.state)
    return here in steps and state in steps and steps.index(here) >= steps.index(state)


def label(state: str) -> str:
    return _(LABELS[State(state)])


def refuse(relief: FundRelief, rule: str) -> Conflict:
    text = _("申请%(number)s%(state)s：%(rule)s", number=relief.number, state=label(relief.state), rule=rule)
    return Conflict(text, code="relief_state")


def check(relief: FundRelief, to: State) -> None:
    """Refuses a step that is not the next one."""
    wanted = following(relief)
    if wanted == to:
        return
    if wanted is None:
        raise refuse(relief, _("已经没有下一步。"))
    raise refuse(relief, _("下一步是“%(next)s”。", next=label(wanted)))
