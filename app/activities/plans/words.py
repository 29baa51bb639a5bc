"""Words of year plans."""

from __future__ import annotations

from typing import Any

from app.activities.plans.models import TaskEventKind
from app.activities.words import KINDS
from app.core.hypermedia import View
from app.core.i18n import N_
from app.core.i18n import gettext as _
from app.core.promises import Kept

KEPT = {Kept.coming: N_("未到期"), Kept.on_time: N_("按期"), Kept.late: N_("晚了"), Kept.missed: N_("没有完成")}
KEPT_TONES = {Kept.coming: "", Kept.on_time: "good", Kept.late: "warn", Kept.missed: "bad"}
EVENTS = {
    TaskEventKind.created: N_("写入计划"),
    TaskEventKind.progress: N_("进度"),
    TaskEventKind.delayed: N_("延期"),
    TaskEventKind.dropped: N_("取消"),
}
EVENT_TONES = {TaskEventKind.progress: "good", TaskEventKind.delayed: "warn", TaskEventKind.dropped: "bad"}


def words(_view: View | None = None) -> dict[str, Any]:
    """For the templates of this room."""
    return {
        "kept_words": {str(key): _(text) for key, text in KEPT.items()},
        "kept_tones": {str(key): tone for key, tone in KEPT_TONES.items()},
        "event_words": {str(key): _(text) for key, text in EVENTS.items()},
        "event_tones": {str(key): EVENT_TONES.get(key, "") for key in EVENTS},
        "kind_words": {str(key): _(text) for key, text in KINDS.items()},
    }
