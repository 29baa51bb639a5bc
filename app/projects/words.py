"""Words of this room: what became of a promise, what happened, what representatives found, who is asked."""

from __future__ import annotations

from typing import Any

from app.core.hypermedia import View
from app.core.i18n import N_
from app.core.i18n import gettext as _
from app.core.money import shown, yuan
from app.core.promises import Kept
from app.projects import states
from app.projects.models import EventKind, Result

KEPT = {Kept.coming: N_("未到期"), Kept.on_time: N_("按期"), Kept.late: N_("晚了"), Kept.missed: N_("没有完成")}
KEPT_TONES = {Kept.coming: "", Kept.on_time: "good", Kept.late: "warn", Kept.missed: "bad"}
EVENTS = {
    EventKind.created: N_("立项"),
    EventKind.moved: N_("进入下一步"),
    EventKind.milestone: N_("承诺节点"),
    EventKind.progress: N_("进度"),
    EventKind.delayed: N_("延期"),
    EventKind.cost: N_("费用"),
    EventKind.accepted: N_("验收通过"),
    EventKind.rejected: N_("验收未通过"),
    EventKind.evaluated: N_("居民评议"),
    EventKind.stopped: N_("停止"),
}
EVENT_TONES = {
    EventKind.accepted: "good",
    EventKind.evaluated: "good",
    EventKind.delayed: "warn",
    EventKind.rejected: "bad",
    EventKind.stopped: "bad",
}
RESULTS = {Result.accepted: N_("通过"), Result.rejected: N_("未通过")}
PANELS = {"residents": N_("成年居民"), "representatives": N_("居民代表")}


def words(_view: View | None = None) -> dict[str, Any]:
    """For the templates of this room."""
    return {
        "state_words": {str(key): _(text) for key, text in states.LABELS.items()},
        "state_tones": {str(key): states.TONES.get(key, "") for key in states.LABELS},
        "kept_words": {str(key): _(text) for key, text in KEPT.items()},
        "kept_tones": {str(key): tone for key, tone in KEPT_TONES.items()},
        "event_words": {str(key): _(text) for key, text in EVENTS.items()},
        "event_tones": {str(key): EVENT_TONES.get(key, "") for key in EVENTS},
        "result_words": {str(key): _(text) for key, text in RESULTS.items()},
        "panel_words": {key: _(text) for key, text in PANELS.items()},
        "money": shown,
        "yuan": yuan,
        "path": [str(state) for state in states.PATH],
    }
