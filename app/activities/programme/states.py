"""The path of an activity, and its words."""

from __future__ import annotations

from app.activities.models import Activity, Audience, State
from app.core.errors import Conflict
from app.core.i18n import N_
from app.core.i18n import gettext as _

NEXT: dict[State, tuple[State, ...]] = {
    State.draft: (State.announced, State.cancelled),
    State.announced: (State.held, State.cancelled),
    State.held: (State.closed,),
    State.closed: (),
    State.cancelled: (),
}
LABELS = {
    State.draft: N_("草稿"),
    State.announced: N_("已发布"),
    State.held: N_("已开展"),
    State.closed: N_("已总结"),
    State.cancelled: N_("已取消"),
}
TONES = {State.announced: "warn", State.held: "good", State.closed: "good", State.cancelled: "bad"}
AUDIENCES = {
    Audience.branch: N_("支部党员"),
    Audience.direct_members: N_("直管党员"),
    Audience.all_members: N_("全体党员"),
    Audience.residents: N_("居民"),
    Audience.families: N_("家庭"),
    Audience.children: N_("青少年"),
    Audience.elders: N_("老年人"),
    Audience.staff: N_("工作人员"),
}
OPEN = (State.draft, State.announced)


def check(activity: Activity, to: State) -> None:
    """Nobody skips a step, and nothing comes back."""
    if to not in NEXT[State(activity.state)]:
        text = _("活动现在是“%(now)s”，不能改为“%(to)s”。", now=_(LABELS[State(activity.state)]), to=_(LABELS[to]))
        raise Conflict(text, code="illegal_step")
