"""How consultation meetings and opinions are called."""

from __future__ import annotations

from typing import Any

from app.consultations.models import Category, ClosedAs, ConsultationState, OpinionState, Satisfaction, Source
from app.core.i18n import N_
from app.households.visits.form import local_minute
from app.households.words import choices, translated

MEETING_STATES = {
    ConsultationState.planned: N_("待召开"),
    ConsultationState.held: N_("答复中"),
    ConsultationState.closed: N_("已办结"),
    ConsultationState.cancelled: N_("已取消"),
}
STATES = {
    OpinionState.received: N_("待交办"),
    OpinionState.assigned: N_("办理中"),
    OpinionState.answered: N_("已答复"),
    OpinionState.returned: N_("退回重办"),
    OpinionState.followed_up: N_("已回访"),
    OpinionState.closed: N_("已办结"),
}
SOURCES = {
    Source.consultation: N_("恳谈会"),
    Source.visit: N_("走访"),
    Source.online: N_("扫码提交"),
    Source.phone: N_("来电"),
    Source.letter: N_("来信"),
}
CATEGORIES = {
    Category.facilities: N_("公共设施"),
    Category.environment: N_("环境卫生"),
    Category.safety: N_("治安消防"),
    Category.property_service: N_("物业服务"),
    Category.parking: N_("停车出行"),
    Category.neighbours: N_("邻里关系"),
    Category.care: N_("帮困助老"),
    Category.culture: N_("文体活动"),
    Category.affairs: N_("社区事务"),
    Category.other: N_("其他"),
}
SATISFACTIONS = {
    Satisfaction.satisfied: N_("满意"),
    Satisfaction.partly: N_("基本满意"),
    Satisfaction.dissatisfied: N_("不满意"),
    Satisfaction.unreachable: N_("联系不上"),
}
ENDINGS = {
    ClosedAs.settled: N_("答复并回访"),
    ClosedAs.withdrawn: N_("居民撤回"),
    ClosedAs.duplicate: N_("与另一条重复"),
}
STEPS = {
    "received": N_("收到意见"),
    "assigned": N_("交办"),
    "answered": N_("答复"),
    "returned": N_("不满意，退回重办"),
    "followed_up": N_("回访"),
    "closed": N_("办结"),
    "motion": N_("转为议案"),
    "need": N_("转为帮扶需求"),
    "published": N_("公开答复"),
    "hidden": N_("取消公开"),
    "code": N_("换发查询码"),
}
MEETING_STEPS = {
    "planned": N_("安排恳谈会"),
    "held": N_("已召开"),
    "closed": N_("办结"),
    "cancelled": N_("取消"),
}
TONES = {
    OpinionState.received: "warn",
    OpinionState.assigned: "",
    OpinionState.answered: "good",
    OpinionState.returned: "bad",
    OpinionState.followed_up: "good",
    OpinionState.closed: "good",
}


def words() -> dict[str, Any]:
    """Choices and words of this room's pages."""
    return {
        "states": choices(STATES),
        "state_words": translated(STATES),
        "meeting_states": choices(MEETING_STATES),
        "meeting_state_words": translated(MEETING_STATES),
        "sources": choices(SOURCES),
        "source_words": translated(SOURCES),
        "categories": choices(CATEGORIES),
        "category_words": translated(CATEGORIES),
        "satisfactions": choices(SATISFACTIONS),
        "satisfaction_words": translated(SATISFACTIONS),
        "ending_words": translated(ENDINGS),
        "endings": [pair for pair in choices(ENDINGS) if pair[0] != ClosedAs.settled],
        "step_words": translated(STEPS),
        "meeting_step_words": translated(MEETING_STEPS),
        "local": local_minute,
        "tones": {str(state): tone for state, tone in TONES.items()},
    }
