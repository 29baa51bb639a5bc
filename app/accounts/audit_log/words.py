"""The words for what the audit log names by code: kinds of records, what was done, and fields.

Rooms above add their own with `add`. What has no word here is shown by its code.
"""

from __future__ import annotations

from collections.abc import Mapping

from app.core.i18n import N_
from app.core.i18n import gettext as _

_objects: dict[str, str] = {
    "user_account": N_("用户"),
    "user_grid_area": N_("工作者的网格"),
    "api_client": N_("接口令牌"),
    "district": N_("区"),
    "community": N_("社区"),
    "reported_figure": N_("上报数"),
    "grid_area": N_("网格"),
    "grid_assignment": N_("网格分工"),
    "building": N_("楼栋"),
    "household": N_("住户"),
    "resident": N_("居民"),
    "residency": N_("居住"),
    "care_record": N_("关爱类别"),
    "visit": N_("走访"),
    "visit_event": N_("走访事由"),
    "visit_policy": N_("走访规则"),
    "need": N_("诉求"),
    "import": N_("名册导入"),
    "instance": N_("系统"),
    "audit_entry": N_("审计记录"),
}
_verbs: dict[str, str] = {
    "create": N_("添加"),
    "update": N_("修改"),
    "delete": N_("删除"),
    "reveal": N_("查看隐去的信息"),
    "export": N_("导出"),
    "merge": N_("合并"),
    "upload": N_("上传"),
    "commit": N_("完成"),
    "discard": N_("放弃"),
    "defaults": N_("恢复默认"),
    "restore": N_("从备份恢复"),
}
_actions: dict[str, str] = {
    "account.sign_in": N_("登录"),
    "account.sign_in_refused": N_("登录失败"),
    "account.sign_out_everywhere": N_("退出所有设备"),
    "demo.load": N_("载入演示数据"),
    "demo.new_sign_ins": N_("更换演示密码"),
}
_fields: dict[str, str] = {
    "username": N_("用户名"),
    "display_name": N_("姓名"),
    "name": N_("名称"),
    "name_en": N_("英文名"),
    "role": N_("角色"),
    "is_active": N_("可以登录"),
    "must_change_password": N_("须改密码"),
    "password_hash": N_("密码"),
    "totp_secret": N_("两步验证"),
    "totp_confirmed_at": N_("两步验证启用时间"),
    "locale": N_("语言"),
    "community_id": N_("所属社区"),
    "district_id": N_("所属区"),
    "grid_area_id": N_("网格"),
    "user_id": N_("用户"),
    "number": N_("编号"),
    "code": N_("代码"),
    "subdistrict": N_("街道"),
    "founded_on": N_("成立日期"),
    "description": N_("简介"),
    "key": N_("指标"),
    "value": N_("数值"),
    "as_of": N_("截止日期"),
    "source": N_("来源"),
    "is_primary": N_("主要负责"),
    "from_on": N_("开始日期"),
    "to_on": N_("结束日期"),
    "scopes": N_("范围"),
    "expires_at": N_("到期时间"),
    "revoked_at": N_("停用时间"),
    "token_hash": N_("令牌"),
    "token_hint": N_("令牌开头"),
    "household_id": N_("住户"),
    "resident_id": N_("居民"),
    "building_id": N_("楼栋"),
    "tenure": N_("房屋用途"),
    "label": N_("门牌"),
    "unit": N_("单元"),
    "room": N_("室"),
    "note": N_("备注"),
    "sex": N_("性别"),
    "birth_on": N_("出生日期"),
    "education": N_("文化程度"),
    "phone_sealed": N_("电话"),
    "id_number_sealed": N_("身份证号"),
    "category": N_("类别"),
    "reason": N_("原因"),
    "rows": N_("行数"),
    "address": N_("地址"),
    "walk_order": N_("走访顺序"),
    "walk_key": N_("走访顺序"),
    "detail": N_("说明"),
    "disability_level": N_("残疾等级"),
    "disability_type": N_("残疾类别"),
    "reviewed_by": N_("审核人"),
    "closed_on": N_("停用日期"),
    "floor_area_cm2": N_("建筑面积"),
    "raised_at": N_("提出时间"),
    "serial": N_("序号"),
    "state": N_("状态"),
    "urgent": N_("紧急"),
    "visit_id": N_("走访"),
    "relation": N_("与户主关系"),
    "died_on": N_("去世日期"),
    "merged_into_id": N_("并入"),
    "next_due_on": N_("下次走访日期"),
    "outcome": N_("结果"),
    "people_met": N_("见到的人"),
    "purpose": N_("目的"),
    "recorded_at": N_("登记时间"),
    "visited_at": N_("走访时间"),
    "worker_id": N_("工作者"),
    "done_visit_id": N_("完成的走访"),
    "due_at": N_("期限"),
    "happened_at": N_("发生时间"),
    "kind": N_("种类"),
    "conditions": N_("条件"),
    "event_hours": N_("事由时限（小时）"),
    "every": N_("间隔"),
    "retry_days": N_("未遇重访（天）"),
    "tier": N_("等级"),
    "filters": N_("筛选条件"),
    "format": N_("格式"),
}


def add(
    objects: Mapping[str, str] | None = None,
    actions: Mapping[str, str] | None = None,
    fields: Mapping[str, str] | None = None,
) -> None:
    """Words of a higher room, marked with N_."""
    _objects.update(objects or {})
    _actions.update(actions or {})
    _fields.update(fields or {})


def of_object(object_type: str) -> str:
    return _(_objects[object_type]) if object_type in _objects else object_type


def of_action(action: str) -> str:
    """household.update is 修改住户; an action without words keeps its code."""
    if action in _actions:
        return _(_actions[action])
    thing, _dot, verb = action.partition(".")
    if verb in _verbs and thing in _objects:
        return _("%(verb)s%(object)s", verb=_(_verbs[verb]), object=of_object(thing))
    return action


def of_field(name: str) -> str:
    return _(_fields[name]) if name in _fields else name


def actions_of_objects() -> list[tuple[str, str]]:
    """What the filter offers: every kind of record."""
    return sorted(((code, _(word)) for code, word in _objects.items()), key=lambda pair: pair[1])
