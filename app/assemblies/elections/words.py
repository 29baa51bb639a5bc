"""The Chinese words for the enumerations of this room, marked for translation."""

from __future__ import annotations

from app.assemblies.elections.counting import Fate, Flaw
from app.assemblies.elections.models import Consent, Electorate, EventKind, Invalidity, Method, Ruling, State
from app.core.i18n import N_

STATES: dict[str, str] = {
    State.draft: N_("筹备中"),
    State.list_frozen: N_("选民名单已公布"),
    State.nominated: N_("候选人已公布"),
    State.open: N_("投票中"),
    State.counted: N_("计票中"),
    State.declared: N_("已宣布结果"),
    State.void: N_("已作废"),
}
TONES: dict[str, str] = {
    State.list_frozen: "warn",
    State.nominated: "warn",
    State.open: "good",
    State.counted: "warn",
    State.declared: "good",
    State.void: "bad",
}
METHODS: dict[str, str] = {Method.paper: N_("纸质选票"), Method.passes: N_("二维码选票")}
ELECTORATES: dict[str, str] = {
    Electorate.representatives: N_("全体居民代表"),
    Electorate.residents: N_("成年居民"),
}
INVALIDITIES: dict[str, str] = {
    Invalidity.blank: N_("空白"),
    Invalidity.too_many: N_("选的人多于应选名额"),
    Invalidity.unclear: N_("无法辨认"),
    Invalidity.marked: N_("写有其他文字或记号"),
    Invalidity.not_issued: N_("不是本次发出的选票"),
}
CONSENTS: dict[str, str] = {
    Consent.asked: N_("待本人确认"),
    Consent.accepted: N_("本人同意"),
    Consent.declined: N_("本人不同意"),
}
RULINGS: dict[str, str] = {
    Ruling.open: N_("待答复"),
    Ruling.added: N_("补入名单"),
    Ruling.removed: N_("从名单除名"),
    Ruling.dismissed: N_("不予更改"),
}
FATES: dict[str, str] = {
    Fate.elected: N_("当选"),
    Fate.run_off: N_("票数相等，另行投票"),
    Fate.beaten: N_("票数过线，名额已满"),
    Fate.short: N_("得票未过线"),
    Fate.void: N_("选举无效"),
}
FLAWS: dict[str, str] = {
    Flaw.issued_more_than_registered: N_("发出的选票多于名单上的选民。"),
    Flaw.returned_more_than_issued: N_(
        "收回的选票多于发出的选票，这次选举无效：请重新清点；确实如此，就作废并另行选举。"
    ),
    Flaw.unreturned: N_("发出应等于收回加未收回。"),
    Flaw.valid_and_invalid: N_("收回应等于有效票加各类无效票。"),
    Flaw.more_votes_than_ballots: N_("有人的得票多于有效票。"),
    Flaw.more_marks_than_allowed: N_("得票合计多于有效票乘以应选名额。"),
    Flaw.fewer_votes_than_ballots: N_("得票合计少于有效票：有效票上至少选了一个人。"),
}
EVENTS: dict[str, str] = {
    EventKind.created: N_("开始筹备"),
    EventKind.changed: N_("修改"),
    EventKind.list_frozen: N_("公布选民名单"),
    EventKind.objection: N_("对名单提出异议"),
    EventKind.ruling: N_("答复异议"),
    EventKind.nominated: N_("公布候选人"),
    EventKind.slips: N_("制作二维码选票"),
    EventKind.opened: N_("开始投票"),
    EventKind.closed: N_("投票截止"),
    EventKind.count_entered: N_("录入计票"),
    EventKind.count_confirmed: N_("复核计票"),
    EventKind.declared: N_("宣布结果"),
    EventKind.void: N_("作废"),
    EventKind.second_round: N_("另行投票"),
    EventKind.installed: N_("当选人就任"),
}
