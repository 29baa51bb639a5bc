"""Who or what is judged. A round lists its subjects; a section of an instrument is shown once for each of its kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args
from uuid import UUID

from app.core.i18n import N_

SubjectKind = Literal["committee", "staff", "property_company", "member", "project", "activity", "other"]
KINDS: tuple[str, ...] = get_args(SubjectKind)
GENERAL = ""

KIND_LABELS: dict[str, str] = {
    "committee": N_("居民委员会"),
    "staff": N_("社区工作者"),
    "property_company": N_("物业公司"),
    "member": N_("党员"),
    "project": N_("实事项目"),
    "activity": N_("活动"),
    "other": N_("其他对象"),
}


@dataclass(frozen=True)
class Subject:
    """Somebody or something that a round judges. `key` names it in answers: letters, digits, `_` and `-` only."""

    key: str
    kind: str
    name: str
    ref_id: UUID | None = None


# What a preview or an example shows where no round has named its subjects yet.
EXAMPLES: dict[str, tuple[str, ...]] = {
    "committee": (N_("居民委员会"),),
    "staff": (N_("工作者甲"), N_("工作者乙")),
    "property_company": (N_("某物业公司"),),
    "member": (N_("党员甲"), N_("党员乙")),
    "project": (N_("某实事项目"),),
    "activity": (N_("某活动"),),
    "other": (N_("某评议对象"),),
}
