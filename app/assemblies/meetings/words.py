"""The Chinese words for what assemblies know, and the sentence for each event."""

from __future__ import annotations

from app.assemblies.meetings import calling, states
from app.assemblies.meetings.models import AssemblyEvent, EventKind, ItemKind, ItemState, Kind, NoticeChannel
from app.assemblies.words import BODIES
from app.core.i18n import N_
from app.core.i18n import gettext as _

KINDS: dict[str, str] = {Kind.regular: N_("例会"), Kind.extraordinary: N_("临时会议")}
ITEM_KINDS: dict[str, str] = {
    ItemKind.report: N_("报告"),
    ItemKind.motion: N_("议案"),
    ItemKind.election: N_("选举"),
    ItemKind.appraisal: N_("评议"),
    ItemKind.other: N_("其他"),
}
ITEM_STATES: dict[str, str] = {
    ItemState.pending: N_("待议"),
    ItemState.current: N_("正在审议"),
    ItemState.done: N_("已议"),
    ItemState.put_off: N_("搁置"),
}
CHANNELS: dict[str, str] = {
    NoticeChannel.paper: N_("书面"),
    NoticeChannel.wechat: N_("微信"),
    NoticeChannel.phone: N_("电话"),
    NoticeChannel.visit: N_("上门"),
}
_EVENTS: dict[str, str] = {
    EventKind.created: N_("会议登记"),
    EventKind.noticed: N_("发出会议通知"),
    EventKind.told: N_("补发通知：%(text)s"),
    EventKind.moved: N_("改期或改地点：%(text)s"),
    EventKind.merged: N_("会议合并：%(text)s"),
    EventKind.cancelled: N_("会议取消：%(text)s"),
    EventKind.opened: N_("会议开始，到会 %(present)s 人，应到 %(entitled)s 人"),
    EventKind.opening_undone: N_("撤回开会：%(text)s"),
    EventKind.suspended: N_("会议中止：%(text)s"),
    EventKind.quorum_lost: N_("人数不足，会议中止，正在进行的表决作废：到会 %(present)s 人，应到 %(entitled)s 人"),
    EventKind.resumed: N_("会议恢复，到会 %(present)s 人"),
    EventKind.closed: N_("会议结束"),
    EventKind.abandoned: N_("会议终止：%(text)s"),
    EventKind.arrived: N_("%(text)s 到会"),
    EventKind.left: N_("%(text)s 离会"),
    EventKind.arrival_undone: N_("%(text)s 的签到有误，已撤销"),
    EventKind.proxy_given: N_("委托：%(text)s"),
    EventKind.proxy_ended: N_("%(text)s 的委托结束"),
    EventKind.late_item: N_("增加议程：%(text)s"),
    EventKind.item_current: N_("审议：%(text)s"),
    EventKind.item_done: N_("议完：%(text)s"),
    EventKind.item_put_off: N_("搁置：%(text)s"),
    EventKind.note: N_("记录：%(text)s"),
}
# Who came and went: not for those who look from above a community.
OF_PERSONS = frozenset(
    {
        EventKind.told,
        EventKind.arrived,
        EventKind.left,
        EventKind.arrival_undone,
        EventKind.proxy_given,
        EventKind.proxy_ended,
        EventKind.note,
    }
)


def sentence(event: AssemblyEvent) -> str:
    """What happened, in words. What other rooms wrote is said in their own text."""
    known = _EVENTS.get(event.kind)
    if known is None:
        return event.text
    return _(known, text=event.text, present=event.data.get("present", ""), entitled=event.data.get("entitled", ""))


def words() -> dict[str, dict[str, str]]:
    """For pages."""
    return {
        name: {str(key): _(text) for key, text in table.items()}
        for name, table in {
            "states": states.LABELS,
            "kinds": KINDS,
            "item_kinds": ITEM_KINDS,
            "item_states": ITEM_STATES,
            "channels": CHANNELS,
            "callers": calling.LABELS,
            "bodies": {str(body): text for body, text in BODIES.items()},
        }.items()
    }
