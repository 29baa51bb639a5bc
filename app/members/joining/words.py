"""The Chinese words of the stages of joining, marked for translation."""

from __future__ import annotations

from app.core.i18n import N_
from app.core.i18n import gettext as _
from app.members.joining.models import EventKind, Fact, RequestKind
from app.members.joining.rules import StepState
from app.members.models import Stage
from app.members.words import STAGES

FACTS = {
    Fact.talk: N_("谈话"),
    Fact.review: N_("半年考察"),
    Fact.training: N_("短期集中培训"),
    Fact.political_review: N_("政治审查"),
    Fact.approval: N_("上级党组织审批"),
    Fact.extension: N_("延长预备期"),
}
STATES = {
    StepState.late: N_("已逾期"),
    StepState.soon: N_("临近期限"),
    StepState.open: N_("可以办理"),
    StepState.waiting: N_("未到时间"),
}
TONES = {"late": "bad", "soon": "warn", "open": "good", "waiting": ""}
KINDS = {
    EventKind.fact: N_("登记"),
    EventKind.strike: N_("撤回登记"),
    EventKind.override: N_("破例"),
    EventKind.correction: N_("更正"),
    EventKind.removal: N_("撤销阶段"),
}
REQUESTS = {
    RequestKind.override: N_("破例登记"),
    RequestKind.correction: N_("更正阶段"),
    RequestKind.removal: N_("撤销阶段"),
}


def explain(obstacle: str) -> str:
    """A rule that something goes against, as a sentence without its full stop."""
    code, _colon, detail = obstacle.partition(":")
    if code == "too_early":
        return _("最早 %(day)s", day=detail)
    if code == "skipped":
        return _("还没有经过“%(stage)s”", stage=_(STAGES[Stage(detail)]))
    if code == "next_too_early":
        return _("已登记的“%(stage)s”就会太早", stage=_(STAGES[Stage(detail)]))
    return _("还缺“%(fact)s”", fact=_(FACTS[Fact(detail)]))
