"""The rules of API clients: a token is shown once, hashed at rest, and ends."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, false
from sqlmodel import Session, col, select

from app.accounts.models import ApiClient
from app.accounts.permissions import SCOPES, Principal
from app.communities.clients.schemas import ApiClientCreate, ApiClientRead, ApiClientToken
from app.communities.models import Community, District
from app.core import crypto
from app.core.clock import add_months, day_end, now, today
from app.core.db import touch
from app.core.errors import Conflict, Invalid, NotFound
from app.core.i18n import gettext as _

LONGEST_MONTHS = 24
HINT = 6


def visible(who: Principal) -> Select[Any]:
    return select(ApiClient) if who.role == "admin" else select(ApiClient).where(false())


def find(s: Session, who: Principal, client_id: UUID) -> ApiClient:
    found: ApiClient | None = s.scalars(visible(who).where(col(ApiClient.id) == client_id)).one_or_none()
    if found is None:
        raise NotFound()
    return found


def shown(s: Session, clients: Sequence[ApiClient]) -> list[ApiClientRead]:
    names: dict[UUID | None, str] = {}
    names |= {d.id: d.name for d in s.exec(select(District))}
    names |= {c.id: c.name for c in s.exec(select(Community))}
    return [
        ApiClientRead(**c.model_dump(), reach=names.get(c.community_id or c.district_id, ""), state=_state(c))
        for c in clients
    ]


def _state(client: ApiClient) -> str:
    if client.revoked_at is not None:
        return "revoked"
    return "expired" if client.expires_at <= now() else "active"


def create(s: Session, data: ApiClientCreate) -> ApiClientToken:
    if data.expires_on < today() or data.expires_on > add_months(today(), LONGEST_MONTHS):
        raise Invalid(_("有效期应在今天之后、两年之内。"), field="expires_on")
    client, token = create_client(
        s,
        name=data.name,
        scopes=[str(scope) for scope in data.scopes],
        district_id=data.district_id,
        community_id=data.community_id,
        expires_at=day_end(data.expires_on),
    )
    return ApiClientToken(id=client.id, name=client.name, token=token, expires_at=client.expires_at)


def create_client(
    s: Session,
    *,
    name: str,
    scopes: Sequence[str],
    expires_at: datetime,
    district_id: UUID | None = None,
    community_id: UUID | None = None,
    token: str | None = None,
) -> tuple[ApiClient, str]:
    """The rule behind making a client, also for the command line. Returns the client and its token."""
    if not scopes or not set(scopes) <= set(SCOPES):
        raise Invalid(_("没有这个范围（scope）。"), field="scopes")
    community = s.get(Community, community_id) if community_id else None
    district = (
        s.get(District, community.district_id if community else district_id) if community or district_id else None
    )
    if district is None or (community_id and (community is None or district_id not in (None, district.id))):
        raise Invalid(_("请选择一个区或一个社区。"), field="district_id")
    token = token or crypto.new_token()
    client = ApiClient(
        name=name,
        token_hash=crypto.token_hash(token),
        token_hint=token[:HINT],
        scopes=list(dict.fromkeys(scopes)),
        district_id=district.id,
        community_id=community.id if community else None,
        expires_at=expires_at,
    )
    s.add(client)
    s.flush()
    return client, token


def revoke(s: Session, who: Principal, client_id: UUID) -> ApiClientRead:
    client = find(s, who, client_id)
    if client.revoked_at is not None:
        raise Conflict(_("这个令牌已经停用。"), code="already_revoked")
    client.revoked_at = now()
    touch(client)
    s.flush()
    return shown(s, [client])[0]
