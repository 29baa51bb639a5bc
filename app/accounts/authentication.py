"""Who is asking: a browser by its session cookie, another system by its bearer token.

Sessions live on the server: 2 hours idle, 12 hours at most, revoked at once when signed out, when the password
changes or when the account is closed. A session's unsafe requests must carry its CSRF token, or come from a browser
that vouches for the same origin (Fetch Metadata); a request that the browser calls cross-site is refused either way.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, NamedTuple, TypeVar, cast
from uuid import UUID

from sqlalchemy import Connection, bindparam, select, update
from sqlalchemy import column as sql_column
from sqlalchemy import table as sql_table
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from app.accounts.models import ApiClient, Role, User, UserGridArea, UserSession
from app.accounts.permissions import SCOPES, Principal, permissions_of
from app.core import crypto
from app.core.clock import now
from app.core.config import get_settings
from app.core.db import Database
from app.core.errors import Forbidden, NotSignedIn
from app.core.i18n import N_
from app.core.i18n import gettext as _

IDLE = timedelta(hours=2)
ABSOLUTE = timedelta(hours=12)
SEEN_EVERY = timedelta(minutes=1)
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
TOTP_MISSING = N_("管理员须先启用两步验证，请到「我的账户」设置。")
PASSWORD_DUE = N_("请先到「我的账户」修改初始密码。")
T = TypeVar("T")

_user = User.__table__  # type: ignore[attr-defined]
_session = UserSession.__table__  # type: ignore[attr-defined]
_client = ApiClient.__table__  # type: ignore[attr-defined]
_area = UserGridArea.__table__  # type: ignore[attr-defined]
_community = sql_table("community", sql_column("id", _user.c.id.type), sql_column("name"))

_FIND_SESSION = (
    select(
        _session.c.id.label("session_id"),
        _session.c.last_seen_at,
        _session.c.expires_at,
        _user.c.id,
        _user.c.display_name,
        _user.c.role,
        _user.c.district_id,
        _user.c.community_id,
        _user.c.is_active,
        _user.c.totp_confirmed_at,
        _user.c.must_change_password,
        _community.c.name.label("community_name"),
    )
    .join(_user, _user.c.id == _session.c.user_id)
    .outerjoin(_community, _community.c.id == _user.c.community_id)
    .where(_session.c.token_hash == bindparam("marked"))
)
_FIND_AREAS = select(_area.c.grid_area_id).where(_area.c.user_id == bindparam("user"))
_FIND_CLIENT = select(_client).where(_client.c.token_hash == bindparam("marked"))


def cookie_name() -> str:
    return "__Host-session" if get_settings().production else "session"


async def authenticate(request: Request) -> Principal | None:
    """The principal of a request, found once. Raises 401 for credentials that are wrong, 403 for a forged request."""
    state = request.state
    if hasattr(state, "principal"):
        found: Principal | None = state.principal
        return found
    db = cast(Database, request.app.state.db)
    offered = request.headers.get("authorization")
    if offered is not None:
        state.principal = who = await _client_of(db, offered, reading=request.method in SAFE)
        return who
    token = request.cookies.get(cookie_name(), "")
    if not token:
        state.principal = None
        return None
    marked = crypto.token_hash(token)
    state.principal = person = await _run(db, _person_of, marked)
    if person is not None:
        state.csrf = csrf_token(marked)
        if request.method not in SAFE:
            _refuse_forgery(request, marked)
    return person


async def _run(db: Database, find: Callable[[Database, str], T], argument: str) -> T:
    """A very short read: on SQLite quicker in the event loop than by a change of threads; a server may be slow."""
    if db.is_sqlite:
        return find(db, argument)
    return await run_in_threadpool(find, db, argument)


def _person_of(db: Database, marked: str) -> Principal | None:
    with db.glance() as connection:
        row = connection.execute(_FIND_SESSION, {"marked": marked}).one_or_none()
        if row is None or not row.is_active or row.expires_at <= now() or row.last_seen_at + IDLE <= now():
            return None
        areas = _areas_of(connection, row)
    if now() - row.last_seen_at > SEEN_EVERY:
        with db.write() as s:
            s.execute(update(_session).where(_session.c.id == row.session_id).values(last_seen_at=now()))
    return principal_of(row, areas, row.session_id, row.community_name or "")


def _areas_of(connection: Connection | Session, row: Any) -> frozenset[UUID] | None:
    if row.role != Role.worker:
        return None
    return frozenset(connection.execute(_FIND_AREAS, {"user": row.id}).scalars())


def principal_of(
    row: Any, areas: frozenset[UUID] | None, session_id: UUID | None = None, community_name: str = ""
) -> Principal:
    """What an account may do now: an administrator without a second factor, or a new password, comes first."""
    permissions, restricted = permissions_of(Role(row.role)), ""
    if row.must_change_password:
        restricted = _(PASSWORD_DUE)
    elif row.role == Role.admin and get_settings().production and row.totp_confirmed_at is None:
        restricted = _(TOTP_MISSING)
    if restricted:
        permissions = frozenset({"account:own"})
    return Principal(
        kind="user",
        id=row.id,
        name=row.display_name,
        role=row.role,
        permissions=permissions,
        district_id=row.district_id,
        community_id=row.community_id,
        grid_area_ids=areas,
        community_name=community_name,
        session_id=session_id,
        restricted=restricted,
    )


def principal_for(s: Session, user: User) -> Principal:
    """The principal of an account outside any request: for the command line and the demo."""
    return principal_of(user, _areas_of(s, user))


async def _client_of(db: Database, header: str, *, reading: bool) -> Principal:
    """Whose token this is. Who only reads is known for half a second, so a token that was revoked on another server
    reads that long; when it expires is looked at each time."""
    kind, _space, token = header.partition(" ")
    if kind.lower() != "bearer" or not token.strip():
        raise _no_client()
    marked = crypto.token_hash(token.strip())
    remembered: _Client | None = db.recent.get(("client", marked)) if reading else None
    known = await _run(db, _find_client, marked) if remembered is None else remembered
    if known.expires_at <= now():
        raise _no_client()
    return known.who


class _Client(NamedTuple):
    who: Principal
    expires_at: datetime


def _no_client() -> NotSignedIn:
    return NotSignedIn(_("访问令牌无效或已过期。"), code="invalid_token")


def _find_client(db: Database, marked: str) -> _Client:
    return db.recent.remember(("client", marked), lambda: _read_client(db, marked))


def _read_client(db: Database, marked: str) -> _Client:
    with db.glance() as connection:
        row = connection.execute(_FIND_CLIENT, {"marked": marked}).one_or_none()
    if row is None or row.revoked_at is not None:
        raise _no_client()
    granted = [SCOPES.get(scope, frozenset()) for scope in row.scopes]
    who = Principal(
        kind="client",
        id=row.id,
        name=row.name,
        role="client",
        permissions=frozenset().union(*granted),
        district_id=row.district_id,
        community_id=row.community_id,
    )
    return _Client(who, row.expires_at)


def csrf_token(marked: str, salt: str | None = None) -> str:
    """A token bound to the session, different on every page so that compression cannot reveal it."""
    salt = salt or secrets.token_urlsafe(9)
    return f"{salt}.{crypto.keyed('csrf', salt + marked)}"


def _refuse_forgery(request: Request, marked: str) -> None:
    site = request.headers.get("sec-fetch-site")
    if site in {"cross-site", "same-site"}:
        raise Forbidden(_("这个请求来自别的网站，已拒绝。"), code="csrf_cross_site")
    offered = request.headers.get("x-csrf-token") or getattr(request.state, "form_csrf", "")
    salt, dot, _rest = str(offered).partition(".")
    if dot and crypto.same(str(offered), csrf_token(marked, salt)):
        return
    if site != "same-origin":
        raise Forbidden(_("页面已过期，请刷新后重试。您填写的内容不会丢失。"), code="csrf_missing")


def start_session(s: Session, user: User, device: str) -> str:
    """Signs a browser in: a new session under a new token, never an old one continued."""
    token = crypto.new_token()
    at = now()
    s.add(
        UserSession(
            token_hash=crypto.token_hash(token),
            user_id=user.id,
            created_at=at,
            last_seen_at=at,
            expires_at=at + ABSOLUTE,
            device=device[:120],
        )
    )
    user.last_sign_in_at = at
    return token


def set_session_cookie(response: Response, token: str) -> None:
    production = get_settings().production
    response.set_cookie(
        cookie_name(),
        token,
        max_age=int(ABSOLUTE.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=production,
        path="/",
    )


def clear_session_cookie(response: Response) -> None:
    response.delete_cookie(cookie_name(), path="/", httponly=True, secure=get_settings().production)
