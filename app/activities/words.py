"""What the kinds of activities are called."""

from __future__ import annotations

from app.activities.models import Kind
from app.core.i18n import N_

KINDS = {
    Kind.members_meeting: N_("党员大会"),
    Kind.committee_meeting: N_("支部委员会"),
    Kind.group_meeting: N_("党小组会"),
    Kind.party_lecture: N_("党课"),
    Kind.theme_day: N_("主题党日"),
    Kind.study_session: N_("学习会"),
    Kind.lecture: N_("讲座"),
    Kind.course: N_("课程"),
    Kind.contest: N_("竞赛"),
    Kind.tour: N_("参观"),
    Kind.exhibition: N_("展览"),
    Kind.performance: N_("演出"),
    Kind.volunteering: N_("志愿服务"),
    Kind.festival: N_("文化节"),
    Kind.meeting: N_("座谈会"),
    Kind.other: N_("其他"),
}
