"""The Chinese words for the enumerations of this room, marked for translation."""

from __future__ import annotations

from app.core.i18n import N_
from app.members.models import Affiliation, Left, Stage
from app.members.schemas import AgeBand

AFFILIATIONS = {Affiliation.direct: N_("直管党员"), Affiliation.resident: N_("居民党员")}
STAGES = {
    Stage.applicant: N_("入党申请人"),
    Stage.activist: N_("入党积极分子"),
    Stage.development_target: N_("发展对象"),
    Stage.probationary: N_("预备党员"),
    Stage.full: N_("正式党员"),
}
AGES = {
    AgeBand.up_to_35: N_("35 岁及以下"),
    AgeBand.from_36_to_45: N_("36–45 岁"),
    AgeBand.from_46_to_59: N_("46–59 岁"),
    AgeBand.from_60_to_69: N_("60–69 岁"),
    AgeBand.from_70: N_("70 岁及以上"),
    AgeBand.unknown: N_("出生日期不详"),
}
LEFT = {
    Left.moved: N_("迁出本社区"),
    Left.transferred: N_("组织关系转出"),
    Left.died: N_("去世"),
    Left.application_withdrawn: N_("本人撤回入党申请"),
    Left.training_ended: N_("终止培养"),
    Left.probation_cancelled: N_("取消预备党员资格"),
    Left.left_party: N_("退党、除名或开除"),
    Left.mistake: N_("登记有误"),
    Left.other: N_("其他"),
}
