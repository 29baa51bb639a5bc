"""How the parts of instruments are called, for pages."""

from __future__ import annotations

from typing import Any

from app.core.i18n import N_
from app.core.i18n import gettext as _
from app.surveys.instruments import definition as definitions
from app.surveys.instruments.subjects import KIND_LABELS

KINDS: dict[str, str] = {
    "rating": N_("评分题"),
    "single": N_("单选题"),
    "multiple": N_("多选题"),
    "matrix": N_("表格题"),
    "number": N_("数字题"),
    "text": N_("文字题"),
}
# What the editor offers to add; see `editing.TEMPLATES`.
ADDITIONS: dict[str, str] = {
    "rating": N_("满意度（四档）"),
    "rating5": N_("评分（五档）"),
    "grade": N_("等次（优秀到不合格）"),
    "matrix": N_("满意度表格"),
    "single": N_("单选"),
    "multiple": N_("多选"),
    "number": N_("数字"),
    "text": N_("文字"),
}
COUNTS: dict[str, str] = {
    "top": N_("最高档"),
    "satisfied": N_("算满意"),
    "other": N_("不算满意"),
    "invalid": N_("不计入"),
}


def counts_of(option: definitions.Option) -> str:
    """The one word for an option's three marks."""
    if not option.valid:
        return "invalid"
    return "top" if option.strict else "satisfied" if option.satisfied else "other"


def choices(labels: dict[str, str]) -> list[tuple[str, str]]:
    return [(key, _(text)) for key, text in labels.items()]


def subject_kind(kind: str) -> str:
    return _(KIND_LABELS[kind]) if kind in KIND_LABELS else _("只问一次")


def subject_choices() -> list[tuple[str, str]]:
    return [("", _("只问一次（不针对谁）")), *choices(KIND_LABELS)]


def for_pages() -> dict[str, Any]:
    """What templates call: labels of kinds and counts, and texts of a definition in the reader's language."""
    return {
        "kind_label": lambda kind: _(KINDS[kind]),
        "subject_label": subject_kind,
        "counts_of": counts_of,
        "counts_label": lambda option: _(COUNTS[counts_of(option)]),
        "say": definitions.label,
        "say_title": definitions.title,
        "say_intro": definitions.intro,
    }
