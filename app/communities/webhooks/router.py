"""Outgoing webhooks of a district or a community: list, add, change, rotate the secret, try out, delete."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import Request, Response
from sqlmodel import col

from app.accounts.permissions import WebhooksAdmin
from app.communities.webhooks import audit_words, pages, service
from app.communities.webhooks.models import WebhookEndpoint
from app.communities.webhooks.schemas import (
    DeliveryRead,
    WebhookCreate,
    WebhookDetail,
    WebhookRead,
    WebhookSecret,
    WebhookUpdate,
)
from app.core.db import SessionDep
from app.core.hypermedia import APIRouter, html
from app.core.i18n import N_
from app.core.navigation import OFFICE, NavItem, add_nav
from app.core.pagination import Page, PagingDep, paginate
from app.core.versions import IfMatch

router = APIRouter(tags=["webhooks"])
router.routes.extend(pages.router.routes)


def _own_page(_data: object, request: Request) -> str:
    return f"/webhooks/{request.path_params['webhook_id']}"


@router.get("/webhooks")
@html("webhooks/list.html", extra=pages.labels)
def list_webhooks(s: SessionDep, who: WebhooksAdmin, paging: PagingDep) -> Page[WebhookRead]:
    """Webhook endpoints within reach, the latest first."""
    keys: list[Any] = [(col(WebhookEndpoint.id), UUID)]
    page = paginate(s, service.visible(who), paging, keys, descending=True)
    return Page[WebhookRead](**{**page, "items": service.shown(s, page["items"])})


@router.post("/webhooks", status_code=201)
@html(form="webhooks/form.html", extra=pages.form_extra, shows="webhooks/secret.html")
def create_webhook(s: SessionDep, who: WebhooksAdmin, data: WebhookCreate, response: Response) -> WebhookSecret:
    """Add an endpoint; the answer holds the secret that signs its messages, this once."""
    made = service.create(s, who, data)
    response.headers["Location"] = f"/webhooks/{made.id}"
    return made


@router.get("/webhooks/{webhook_id}")
@html("webhooks/webhook.html", extra=pages.labels)
def read_webhook(s: SessionDep, who: WebhooksAdmin, webhook_id: UUID) -> WebhookDetail:
    """One endpoint with its last messages and what became of them."""
    return service.detail(s, who, webhook_id)


@router.patch("/webhooks/{webhook_id}")
@html(form="webhooks/form.html", extra=pages.edit_extra, current=pages.current, then=_own_page, done=N_("已保存。"))
def update_webhook(
    s: SessionDep, who: WebhooksAdmin, webhook_id: UUID, data: WebhookUpdate, if_match: IfMatch
) -> WebhookRead:
    """Change an endpoint, or switch it off or on."""
    return service.update_endpoint(s, who, webhook_id, data, if_match)


@router.delete("/webhooks/{webhook_id}", status_code=204)
@html(
    form="webhooks/webhook.html",
    extra=pages.labels,
    current=pages.current,
    then="/webhooks",
    done=N_("接收地址已删除。"),
)
def delete_webhook(s: SessionDep, who: WebhooksAdmin, webhook_id: UUID, if_match: IfMatch) -> None:
    """Delete an endpoint with its messages."""
    service.remove(s, who, webhook_id, if_match)


@router.post("/webhooks/{webhook_id}/rotate")
@html(form="webhooks/webhook.html", extra=pages.labels, current=pages.current, shows="webhooks/secret.html")
def rotate_webhook_secret(s: SessionDep, who: WebhooksAdmin, webhook_id: UUID) -> WebhookSecret:
    """Make a new secret, shown once; the old one goes on signing beside it for a day."""
    return service.rotate(s, who, webhook_id)


@router.post("/webhooks/{webhook_id}/test", status_code=202)
@html(
    form="webhooks/webhook.html",
    extra=pages.labels,
    current=pages.current,
    then=_own_page,
    done=N_("测试消息已放入发送队列，几秒后刷新可看到结果。"),
)
def try_webhook(s: SessionDep, who: WebhooksAdmin, webhook_id: UUID) -> DeliveryRead:
    """Send a test message, signed and retried like any other."""
    return service.try_out(s, who, webhook_id)


add_nav(NavItem("/webhooks", N_("推送"), "send", "webhooks:admin", 86, OFFICE))
audit_words.register()
