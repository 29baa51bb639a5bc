"""How a vote moves, and why it may not: one table, one refusal; and the words for what a vote is."""

from __future__ import annotations

from app.assemblies.votes.models import Channel, Choice, Method, State, Vote
from app.core.errors import Conflict
from app.core.i18n import N_
from app.core.i18n import gettext as _

NEXT: dict[State, frozenset[State]] = {
    State.draft: frozenset({State.open, State.void}),
    State.open: frozenset({State.closed, State.void}),
    State.closed: frozenset({State.declared, State.void}),
    State.declared: frozenset(),
    State.void: frozenset(),
}
STATES: dict[str, str] = {
    State.draft: N_("待开始"),
    State.open: N_("表决中"),
    State.closed: N_("已截止，待宣布"),
    State.declared: N_("已宣布"),
    State.void: N_("已作废"),
}
METHODS: dict[str, str] = {
    Method.hands: N_("举手表决"),
    Method.roll_call: N_("唱名表决"),
    Method.secret_paper: N_("无记名投票（纸票）"),
    Method.secret_pass: N_("无记名投票（扫码）"),
    Method.owners: N_("业主书面表决"),
}
CHOICES: dict[str, str] = {
    Choice.in_favour: N_("赞成"),
    Choice.against: N_("反对"),
    Choice.abstain: N_("弃权"),
}
CHANNELS: dict[str, str] = {
    Channel.own: N_("本人手机"),
    Channel.clerk: N_("会场唱名"),
    Channel.paper: N_("书面票"),
}
TONES: dict[str, str] = {State.open: "warn", State.closed: "warn", State.declared: "good", State.void: "bad"}
# The word that the rule writes where a person would give a reason.
QUORUM_LOST = "quorum_lost"
REASONS: dict[str, str] = {QUORUM_LOST: N_("到会人数不足法定人数，会议中止，正在进行的表决作废。")}
_RULES: dict[State, str] = {
    State.open: N_("只有待开始的表决才能开始。"),
    State.closed: N_("只有进行中的表决才能截止。"),
    State.declared: N_("只有已截止的表决才能宣布结果。"),
    State.void: N_("已宣布或已作废的表决不能作废；宣布后要改变结果，请另行表决。"),
}


def label(state: str) -> str:
    return _(STATES[state])


def reason(text: str) -> str:
    """A reason in words: a person's own, or what the word of the rule stands for."""
    return _(REASONS[text]) if text in REASONS else text


def refuse(vote: Vote, rule: str) -> Conflict:
    return Conflict(_("本次表决%(state)s：%(rule)s", state=label(vote.state), rule=rule), code="vote_state")


def move(vote: Vote, to: State) -> None:
    """Puts a vote into the next state, or refuses with the rule."""
    if to not in NEXT[State(vote.state)]:
        raise refuse(vote, _(_RULES[to]))
    vote.state = to


def require(vote: Vote, *allowed: State, rule: str) -> None:
    """Refuses what only makes sense in some states."""
    if vote.state not in allowed:
        raise refuse(vote, rule)
