"""The forms of webhook endpoints, and the words of their messages."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from app.accounts.permissions import WebhooksAdmin
from app.communities import service as communities
from app.communities.districts import service as districts
from app.communities.webhooks import service
from app.communities.webhooks.schemas import Event, WebhookDetail
from app.core.db import SessionDep
from app.core.hypermedia import APIRouter, View, html
from app.core.i18n import N_
from app.core.i18n import gettext as _
from app.core.schemas import FormPage

router = APIRouter(tags=["webhooks"])
EVENTS = {
    Event.score_published: N_("公布满意度"),
    Event.round_opened: N_("评议开始"),
    Event.round_reminder: N_("评议提醒"),
    Event.round_closed: N_("评议结束"),
}
STATES = {
    "pending": N_("等待发送"),
    "delivered": N_("已送达"),
    "failed": N_("未送达"),
    "dropped": N_("已停用，不再发送"),
}
WHY_DISABLED = {"gone": N_("对方答复 410，表示不再接收。"), "by_hand": N_("由管理人员停用。")}
PROBLEMS = {
    "bad_url": N_("地址无效"),
    "not_public": N_("地址不在公网上"),
    "unknown_name": N_("找不到这个域名"),
    "certificate": N_("证书无效"),
    "timeout": N_("对方没有及时答复"),
    "no_answer": N_("连接不上，或对方中断了连接"),
    "no_secret": N_("密钥打不开，请更换密钥"),
}


def _event(key: str) -> str:
    return _("测试") if key == service.TEST_EVENT else _(EVENTS[Event(key)])


def labels(_view: View) -> dict[str, Any]:
    """What the pages say about events and messages."""
    return {
        "event": _event,
        "states": {key: _(label) for key, label in STATES.items()},
        "why_disabled": {key: _(label) for key, label in WHY_DISABLED.items()},
        "problems": {key: _(label) for key, label in PROBLEMS.items()},
    }


def form_extra(view: View) -> dict[str, Any]:
    """Choices of the forms; `record` is what is being changed."""
    anywhere = view.who.role == "admin"
    return {
        **labels(view),
        "events": [(str(event), _(label)) for event, label in EVENTS.items()],
        "districts": districts.choices(view.s, view.who) if anywhere else [],
        "communities": communities.choices(view.s, view.who) if anywhere else [],
        "record": None,
    }


def edit_extra(view: View) -> dict[str, Any]:
    return {**form_extra(view), "record": service.find(view.s, view.who, view.param("webhook_id"))}


def current(view: View) -> WebhookDetail:
    return service.detail(view.s, view.who, view.param("webhook_id"))


@router.get("/webhooks/new")
@html("webhooks/form.html", extra=form_extra)
def show_new_webhook(s: SessionDep, who: WebhooksAdmin) -> FormPage:
    """The form for a new webhook endpoint."""
    return FormPage(action="/webhooks")


@router.get("/webhooks/{webhook_id}/edit")
@html("webhooks/form.html", extra=edit_extra)
def show_edit_webhook(s: SessionDep, who: WebhooksAdmin, webhook_id: UUID) -> WebhookDetail:
    """The form to change a webhook endpoint."""
    return service.detail(s, who, webhook_id)
