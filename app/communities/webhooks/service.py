"""Outgoing webhooks (Standard Webhooks): who is told of what, the outbox, and the rules of endpoints.

A message is written in the transaction of its event, so it exists exactly if the event happened; `delivery` sends it
afterwards and keeps trying. A secret is shown once, sealed at rest, and on rotation the old one signs for a day more.
"""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, or_, select, update
from sqlmodel import Session, col

from app.accounts.permissions import Principal
from app.communities import service as communities
from app.communities.models import Community, District
from app.communities.webhooks import egress
from app.communities.webhooks.models import DeliveryState, WebhookDelivery, WebhookEndpoint
from app.communities.webhooks.schemas import (
    DeliveryRead,
    WebhookCreate,
    WebhookDetail,
    WebhookRead,
    WebhookSecret,
    WebhookUpdate,
)
from app.core import crypto
from app.core.clock import now
from app.core.db import check_version, touch
from app.core.errors import Conflict, Forbidden, Invalid, NotFound
from app.core.i18n import gettext as _
from app.core.models import new_id

TEST_EVENT = "endpoint.test"
OVERLAP = timedelta(hours=24)
SHOWN = 20
MOST = 50
_SECRET_BYTES = 32


def visible(who: Principal) -> Select[Any]:
    """An administrator sees all; a director those of the community."""
    if who.role == "admin":
        return select(WebhookEndpoint)
    own = communities.in_scope(who, WebhookEndpoint.community_id)
    return select(WebhookEndpoint).where(col(WebhookEndpoint.community_id).is_not(None), own)


def find(s: Session, who: Principal, webhook_id: UUID) -> WebhookEndpoint:
    found: WebhookEndpoint | None = s.scalars(visible(who).where(col(WebhookEndpoint.id) == webhook_id)).one_or_none()
    if found is None:
        raise NotFound()
    return found


def shown(s: Session, endpoints: list[WebhookEndpoint]) -> list[WebhookRead]:
    """Endpoints with the name of whose events they hear."""
    names: dict[UUID | None, str] = {}
    wanted = {e.community_id or e.district_id for e in endpoints}
    names |= {c.id: c.name for c in s.scalars(select(Community).where(col(Community.id).in_(wanted)))}
    names |= {d.id: d.name for d in s.scalars(select(District).where(col(District.id).in_(wanted)))}
    return [WebhookRead(**_plain(e), reach=names.get(e.community_id or e.district_id, "")) for e in endpoints]


def _plain(endpoint: WebhookEndpoint) -> dict[str, Any]:
    return endpoint.model_dump(exclude={"secret", "old_secret", "updated_at"})


def detail(s: Session, who: Principal, webhook_id: UUID) -> WebhookDetail:
    """An endpoint with its last messages and their fate."""
    endpoint = find(s, who, webhook_id)
    last = select(WebhookDelivery).where(col(WebhookDelivery.endpoint_id) == endpoint.id)
    found = s.scalars(
        last.order_by(col(WebhookDelivery.created_at).desc(), col(WebhookDelivery.id).desc()).limit(SHOWN)
    )
    return WebhookDetail(
        **shown(s, [endpoint])[0].model_dump(), deliveries=[DeliveryRead.model_validate(row) for row in found]
    )


def create(s: Session, who: Principal, data: WebhookCreate) -> WebhookSecret:
    """A new endpoint; its secret is in the answer and nowhere else."""
    _check_address(data.url)
    community_id, district_id = _owner(s, who, data)
    owned = select(col(WebhookEndpoint.id)).where(
        col(WebhookEndpoint.community_id) == community_id, col(WebhookEndpoint.district_id) == district_id
    )
    if len(s.execute(owned).all()) >= MOST:
        raise Conflict(_("接收地址已经太多，请先删除不用的。"), code="too_many_webhooks")
    endpoint = WebhookEndpoint(
        id=new_id(),
        community_id=community_id,
        district_id=district_id,
        url=data.url,
        description=data.description,
        events=[str(event) for event in data.events],
        secret=b"",
    )
    secret = give_secret(endpoint)
    s.add(endpoint)
    s.flush()
    return WebhookSecret(id=endpoint.id, url=endpoint.url, secret=secret)


def _owner(s: Session, who: Principal, data: WebhookCreate) -> tuple[UUID | None, UUID | None]:
    """Whose events are told: exactly one community or one district."""
    if data.district_id is not None and data.community_id is not None:
        raise Invalid(_("请只选一个社区或一个区。"), field="district_id")
    if data.district_id is not None:
        if who.role != "admin":
            raise Forbidden(_("区级接收地址只能由系统管理员添加。"))
        if s.get(District, data.district_id) is None:
            raise Invalid(_("没有这个区。"), field="district_id")
        return None, data.district_id
    wanted = data.community_id or who.community_id
    if wanted is None:
        raise Invalid(_("请选择社区或区。"), field="community_id")
    try:
        return communities.find(s, who, wanted).id, None
    except NotFound:
        raise Invalid(_("没有这个社区。"), field="community_id") from None


def _check_address(url: str) -> None:
    """What can be told from the address alone; where it leads is looked at again at every delivery."""
    try:
        egress.parse(url)
    except egress.Refused:
        raise Invalid(_("请填写公网上的 https 地址，不带用户名和密码。"), code="bad_url", field="url") from None


def give_secret(endpoint: WebhookEndpoint) -> str:
    """Makes and seals a new secret; whoever is given it sees it this once."""
    secret = "whsec_" + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()
    endpoint.secret = crypto.seal(secret, crypto.cell("webhook_endpoint", "secret", endpoint.id))
    return secret


def keys(endpoint: WebhookEndpoint) -> list[str]:
    """The secrets that sign now: the present one and, for a day after its rotation, the one before."""
    cell = crypto.cell("webhook_endpoint", "secret", endpoint.id)
    found = [crypto.unseal(endpoint.secret, cell)]
    if endpoint.old_secret and endpoint.old_secret_until and endpoint.old_secret_until > now():
        found.append(crypto.unseal(endpoint.old_secret, cell))
    return found


def update_endpoint(
    s: Session, who: Principal, webhook_id: UUID, data: WebhookUpdate, version: int | None
) -> WebhookRead:
    """Changes an endpoint; switched on again, it hears of what happens from now on."""
    endpoint = find(s, who, webhook_id)
    check_version(endpoint, version)
    changes = data.model_dump(exclude_unset=True)
    if "url" in changes:
        _check_address(changes["url"])
    enabled = changes.pop("enabled", endpoint.disabled_at is None)
    if "events" in changes:
        changes["events"] = [str(event) for event in changes["events"]]
    endpoint.sqlmodel_update(changes)
    if enabled:
        endpoint.disabled_at, endpoint.disabled_why = None, ""
    elif endpoint.disabled_at is None:
        disable(s, endpoint, "by_hand")
    touch(endpoint)
    s.flush()
    return shown(s, [endpoint])[0]


def disable(s: Session, endpoint: WebhookEndpoint, why: str) -> None:
    """Switches an endpoint off and gives up what waits for it."""
    endpoint.disabled_at, endpoint.disabled_why = now(), why
    s.add(endpoint)
    waiting = [col(WebhookDelivery.endpoint_id) == endpoint.id, col(WebhookDelivery.state) == DeliveryState.pending]
    s.execute(update(WebhookDelivery).where(*waiting).values(state=DeliveryState.dropped, done_at=now()))


def rotate(s: Session, who: Principal, webhook_id: UUID) -> WebhookSecret:
    """A new secret, shown once; for a day both sign, so that the receiver can change over without a gap."""
    endpoint = find(s, who, webhook_id)
    endpoint.old_secret, endpoint.old_secret_until = endpoint.secret, now() + OVERLAP
    secret = give_secret(endpoint)
    touch(endpoint)
    s.flush()
    return WebhookSecret(id=endpoint.id, url=endpoint.url, secret=secret)


def remove(s: Session, who: Principal, webhook_id: UUID, version: int | None) -> None:
    """Deletes an endpoint and its messages."""
    endpoint = find(s, who, webhook_id)
    check_version(endpoint, version)
    s.delete(endpoint)
    s.flush()


def try_out(s: Session, who: Principal, webhook_id: UUID) -> DeliveryRead:
    """Sends a test message, signed and retried like any other."""
    endpoint = find(s, who, webhook_id)
    if endpoint.disabled_at is not None:
        raise Conflict(_("这个接收地址已停用，请先启用。"), code="webhook_disabled")
    delivery = _message(endpoint, TEST_EVENT, {"endpoint": str(endpoint.id)})
    s.add(delivery)
    s.flush()
    return DeliveryRead.model_validate(delivery)


def enqueue(s: Session, event: str, community_id: UUID, data: Mapping[str, Any]) -> int:
    """Writes a message to every endpoint that hears of this event of this community, in the caller's transaction."""
    district = select(col(Community.district_id)).where(col(Community.id) == community_id).scalar_subquery()
    listening = select(WebhookEndpoint).where(
        col(WebhookEndpoint.disabled_at).is_(None),
        or_(col(WebhookEndpoint.community_id) == community_id, col(WebhookEndpoint.district_id) == district),
    )
    messages = [_message(e, event, data) for e in s.scalars(listening) if event in e.events]
    s.add_all(messages)
    return len(messages)


def _message(endpoint: WebhookEndpoint, event: str, data: Mapping[str, Any]) -> WebhookDelivery:
    at = now()
    content = {"type": event, "timestamp": at.isoformat(), "data": data}
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":"), default=str)
    return WebhookDelivery(id=new_id(), endpoint_id=endpoint.id, event=event, body=body, created_at=at, next_at=at)
