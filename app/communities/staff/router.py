"""User administration: list, create, edit, and help for those who cannot sign in."""

from __future__ import annotations

from typing import Annotated, Any, cast
from uuid import UUID

from fastapi import Depends, Query, Request, Response
from sqlmodel import col

from app.accounts.models import Role, User
from app.accounts.permissions import UsersAdmin
from app.communities.staff import pages, service
from app.communities.staff.schemas import InitialPassword, UserCreate, UserRead, UserUpdate
from app.core.db import Database, SessionDep
from app.core.export import ExportFormat, note_export, table_response
from app.core.hypermedia import APIRouter, html
from app.core.i18n import N_
from app.core.i18n import gettext as _
from app.core.pagination import Page, PagingDep, paginate
from app.core.schemas import Search
from app.core.versions import IfMatch

router = APIRouter(tags=["users"])
router.routes.extend(pages.router.routes)


async def _wanted(
    q: Annotated[Search, Query()] = "",
    role: Annotated[Role | None, Query()] = None,
    is_active: Annotated[bool | None, Query()] = None,
) -> service.Wanted:
    return service.Wanted(q, role, is_active)


WantedDep = Annotated[service.Wanted, Depends(_wanted)]


def _user(_data: object, request: Request) -> str:
    return f"/users/{request.path_params['user_id']}"


def _db(request: Request) -> Database:
    return cast(Database, request.app.state.db)


@router.get("/users")
@html("communities/users.html", extra=pages.listing)
def list_users(s: SessionDep, who: UsersAdmin, paging: PagingDep, wanted: WantedDep) -> Page[UserRead]:
    """Accounts within reach by user name; `q` is a part of a name."""
    keys: list[Any] = [(col(User.username), str), (col(User.id), UUID)]
    page = paginate(s, service.filtered(who, wanted), paging, keys)
    return Page[UserRead](**{**page, "items": service.shown(s, page["items"])})


@router.post("/users", status_code=201)
@html(form="communities/user_form.html", extra=pages.new_form, shows="communities/user_password.html")
def create_user(request: Request, who: UsersAdmin, data: UserCreate, response: Response) -> InitialPassword:
    """Make an account; the answer holds its made-up password, this once."""
    made = service.create(_db(request), who, data)
    response.headers["Location"] = f"/users/{made.user_id}"
    return made


@router.get("/users/export", response_class=Response)
def export_users(
    request: Request, s: SessionDep, who: UsersAdmin, wanted: WantedDep, format: ExportFormat = "csv"
) -> Response:
    """The same list as a table to take away (CSV or XLSX)."""
    filters = [name for name in request.query_params if name != "format"]
    note_export(_db(request), who, "user_account", who.community_id, format, filters)
    heads, rows = service.table(s, who, wanted)
    return table_response(format, _("用户"), heads, rows)


@router.get("/users/{user_id}")
@html("communities/user.html")
def read_user(s: SessionDep, who: UsersAdmin, user_id: UUID) -> UserRead:
    """One account."""
    return service.shown(s, [service.find(s, who, user_id)])[0]


@router.patch("/users/{user_id}")
@html(form="communities/user_form.html", extra=pages.edit_form, then=_user, done=N_("已保存。"))
def update_user(s: SessionDep, who: UsersAdmin, user_id: UUID, data: UserUpdate, if_match: IfMatch) -> UserRead:
    """Change an account's name, role, grid areas, or whether it may sign in."""
    return service.update(s, who, user_id, data, if_match)


@router.post("/users/{user_id}/reset-password")
@html(form="communities/user.html", current=pages.current, shows="communities/user_password.html")
def reset_password(request: Request, who: UsersAdmin, user_id: UUID) -> InitialPassword:
    """Replace a forgotten password by a made-up one, shown this once; every session of the account ends."""
    return service.reset_password(_db(request), who, user_id)


@router.post("/users/{user_id}/end-sessions", status_code=204)
@html(form="communities/user.html", current=pages.current, then=_user, done=N_("已在所有设备上退出。"))
def end_user_sessions(s: SessionDep, who: UsersAdmin, user_id: UUID) -> None:
    """Sign somebody out on every device."""
    service.end_sessions(s, who, user_id)


@router.post("/users/{user_id}/remove-totp", status_code=204)
@html(form="communities/user.html", current=pages.current, then=_user, done=N_("两步验证已关闭。"))
def remove_user_totp(s: SessionDep, who: UsersAdmin, user_id: UUID) -> None:
    """Switch off the second factor of somebody who lost the phone."""
    service.remove_second_factor(s, who, user_id)
