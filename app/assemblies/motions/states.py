"""The graph of motions. Nobody skips it; a correction is an event of its own that two people answer for."""

from __future__ import annotations

from collections.abc import Mapping

from app.assemblies.motions.models import MotionState as S
from app.assemblies.rules.decide import Outcome
from app.core.errors import Conflict
from app.core.i18n import N_
from app.core.i18n import gettext as _

GRAPH: Mapping[S, frozenset[S]] = {
    S.draft: frozenset({S.submitted, S.withdrawn}),
    S.submitted: frozenset({S.returned, S.merged, S.admitted, S.withdrawn}),
    S.returned: frozenset({S.submitted, S.withdrawn}),
    S.merged: frozenset(),
    S.admitted: frozenset({S.scheduled, S.withdrawn}),
    # Back to admitted: the item was taken from the agenda, or the assembly was cancelled before the debate.
    S.scheduled: frozenset({S.debated, S.admitted, S.withdrawn}),
    S.debated: frozenset({S.voting, S.adjourned, S.withdrawn}),
    S.voting: frozenset({S.carried, S.rejected, S.adjourned, S.no_quorum}),
    S.adjourned: frozenset({S.scheduled}),
    S.no_quorum: frozenset({S.scheduled}),
    S.carried: frozenset(),
    S.rejected: frozenset(),
    S.withdrawn: frozenset(),
}
FINAL = frozenset(state for state, following in GRAPH.items() if not following)
# Neither decided nor still with its author: a motion cannot be voted on while an amendment to it is in one of these.
PENDING = frozenset(S) - FINAL - {S.draft, S.returned}
EDITABLE = frozenset({S.draft, S.returned})
WITHDRAWABLE = frozenset(state for state, following in GRAPH.items() if S.withdrawn in following)
NEEDS_REASON = frozenset({S.returned, S.merged, S.withdrawn, S.adjourned})
# Only a declared vote decides; only merging merges; a vote in progress belongs to the room of votes.
NOT_BY_CORRECTION = frozenset({S.carried, S.rejected, S.merged, S.voting})

OF_OUTCOME: Mapping[Outcome, S] = {
    Outcome.carried: S.carried,
    Outcome.rejected: S.rejected,
    Outcome.tied: S.rejected,
    Outcome.no_quorum: S.no_quorum,
    Outcome.not_valid: S.no_quorum,
}

LABELS: dict[str, str] = {
    S.draft: N_("草稿"),
    S.submitted: N_("已提交"),
    S.returned: N_("已退回"),
    S.merged: N_("已合并"),
    S.admitted: N_("已受理"),
    S.scheduled: N_("已列入议程"),
    S.debated: N_("正在审议"),
    S.voting: N_("正在表决"),
    S.carried: N_("已通过"),
    S.rejected: N_("未通过"),
    S.adjourned: N_("延期再议"),
    S.no_quorum: N_("因人数不足未决"),
    S.withdrawn: N_("已撤回"),
}


def require(state: str, to: S) -> None:
    """Refuses (409) a step that the graph does not have, and says which steps it has from here."""
    if to in GRAPH[S(state)]:
        return
    here = _(LABELS[state])
    if state == S.carried and to == S.withdrawn:
        raise Conflict(_("议案已经通过，形成决议，不能再撤回。"), code="already_carried")
    following = _("、").join(_(LABELS[s]) for s in S if s in GRAPH[S(state)])
    if not following:
        raise Conflict(_("议案%(here)s，已经办结，不能再改变。", here=here), code="illegal_transition")
    raise Conflict(
        _(
            "议案现在是“%(here)s”，不能直接变为“%(to)s”。按程序接下来只能是：%(following)s。",
            here=here,
            to=_(LABELS[to]),
            following=following,
        ),
        code="illegal_transition",
    )
