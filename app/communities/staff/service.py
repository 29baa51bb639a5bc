"""The rules of user administration: who may manage whom, and how nobody locks everybody out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Select
from sqlmodel import Session, col, or_, select

from app.accounts import passwords
from app.accounts import service as accounts
from app.accounts.models import Role, User, UserGridArea
from app.accounts.permissions import ROLE_LABELS, Principal
from app.communities.areas import service as areas
from app.communities.models import Community, District, GridArea
from app.communities.service import in_scope
from app.communities.staff.schemas import AreaBrief, InitialPassword, UserCreate, UserRead, UserUpdate
from app.core import audit
from app.core.clock import today
from app.core.db import Database, check_version, flush_or, touch
from app.core.errors import Conflict, Forbidden, Invalid, NotFound
from app.core.i18n import gettext as _
from app.core.pages import show_short_date

COMMUNITY_ROLES = (Role.director, Role.worker, Role.finance, Role.representative)


@dataclass(frozen=True)
class Wanted:
    """The filters of the list."""

    q: str = ""
    role: Role | None = None
    is_active: bool | None = None


def roles_for(who: Principal) -> tuple[Role, ...]:
    """The roles that somebody may give: a director never makes a supervisor or an administrator."""
    return tuple(Role) if who.role == "admin" else COMMUNITY_ROLES


def visible(who: Principal) -> Select[Any]:
    if who.role == "admin":
        return select(User)
    return select(User).where(in_scope(who, User.community_id), col(User.role).in_(COMMUNITY_ROLES))


def filtered(who: Principal, wanted: Wanted) -> Select[Any]:
    statement = visible(who)
    if wanted.q:
        part = or_(
            col(User.display_name).contains(wanted.q, autoescape=True),
            col(User.username).contains(wanted.q.lower(), autoescape=True),
        )
        statement = statement.where(part)
    if wanted.role is not None:
        statement = statement.where(col(User.role) == wanted.role)
    if wanted.is_active is not None:
        statement = statement.where(col(User.is_active) == wanted.is_active)
    return statement


def find(s: Session, who: Principal, user_id: UUID) -> User:
    found: User | None = s.scalars(visible(who).where(col(User.id) == user_id)).one_or_none()
    if found is None:
        raise NotFound()
    return found


def shown(s: Session, users: Sequence[User]) -> list[UserRead]:
    communities = _names(s, Community, (u.community_id for u in users))
    districts = _names(s, District, (u.district_id for u in users))
    held: dict[UUID, list[AreaBrief]] = {u.id: [] for u in users}
    rows = s.exec(
        select(UserGridArea.user_id, GridArea)
        .join(GridArea, col(GridArea.id) == UserGridArea.grid_area_id)
        .where(col(UserGridArea.user_id).in_(held))
        .order_by(col(GridArea.number))
    )
    for user_id, area in rows:
        held[user_id].append(AreaBrief(id=area.id, name=area.name))
    return [
        UserRead(
            **u.model_dump(),
            role_label=_(ROLE_LABELS[Role(u.role)]),
            community_name=communities.get(u.community_id, ""),
            district_name=districts.get(u.district_id, ""),
            grid_areas=held[u.id],
            two_step=u.totp_confirmed_at is not None,
        )
        for u in users
    ]


def table(s: Session, who: Principal, wanted: Wanted) -> tuple[list[str], list[list[str | None]]]:
    """Every account of the list, for an export."""
    heads = [_("姓名"), _("用户名"), _("角色"), _("社区"), _("区"), _("网格"), _("状态"), _("最近登录")]
    users = s.scalars(filtered(who, wanted).order_by(col(User.username))).all()
    return heads, [_line(u) for u in shown(s, users)]


def _line(u: UserRead) -> list[str | None]:
    state = _("可以登录") if u.is_active else _("已停用")
    areas_held = "、".join(a.name for a in u.grid_areas)
    last = show_short_date(u.last_sign_in_at)
    return [u.display_name, u.username, u.role_label, u.community_name, u.district_name, areas_held, state, last]


def _names(s: Session, model: Any, ids: Iterable[UUID | None]) -> dict[UUID | None, str]:
    wanted = {i for i in ids if i is not None}
    return {row.id: row.name for row in s.exec(select(model).where(model.id.in_(wanted)))}


def create(db: Database, who: Principal, data: UserCreate) -> InitialPassword:
    """Makes an account with a made-up password. The hash takes a tenth of a second, so it is made beforehand."""
    if data.role not in roles_for(who):
        raise Forbidden(_("您不能设置这个角色。"), code="role_not_allowed")
    password = passwords.made_up()
    hashed = passwords.hash_password(password)
    with db.write() as s:
        audit.set_actor(s, who)
        if data.community_id not in (None, who.community_id) and who.role != "admin":
            raise Invalid(_("没有这个社区。"), field="community_id")
        user = create_user(
            s,
            username=data.username,
            display_name=data.display_name,
            role=data.role,
            community_id=who.community_id or data.community_id,
            district_id=data.district_id,
            grid_area_ids=data.grid_area_ids,
            password_hash=hashed,
        )
        return _initial(user, password)


def _initial(user: User, password: str) -> InitialPassword:
    return InitialPassword(
        user_id=user.id, username=user.username, display_name=user.display_name, initial_password=password
    )


def create_user(
    s: Session,
    *,
    username: str,
    display_name: str,
    role: Role,
    community_id: UUID | None = None,
    district_id: UUID | None = None,
    grid_area_ids: Sequence[UUID] = (),
    password: str | None = None,
    password_hash: str | None = None,
    must_change_password: bool = True,
) -> User:
    """The rule behind making an account, also for the command line. One of `password`, `password_hash` is given."""
    community_id, district_id = _place(s, role, community_id, district_id)
    user = User(
        username=username.lower(),
        display_name=display_name,
        role=role,
        community_id=community_id,
        district_id=district_id,
        password_hash=password_hash or passwords.hash_password(password or ""),
        must_change_password=must_change_password,
    )
    s.add(user)
    flush_or(s, Conflict(_("这个用户名已经有人使用。"), code="username_taken", field="username"))
    _give_areas(s, user, grid_area_ids)
    return user


def _place(
    s: Session, role: Role, community_id: UUID | None, district_id: UUID | None
) -> tuple[UUID | None, UUID | None]:
    """Where a role belongs: nowhere (admin), a district (supervisor), or a community and so its district."""
    if role == Role.admin:
        return None, None
    if role == Role.supervisor:
        if district_id is None or s.get(District, district_id) is None:
            raise Invalid(_("请选择所督导的区。"), field="district_id", code="district_missing")
        return None, district_id
    community = s.get(Community, community_id) if community_id else None
    if community is None:
        raise Invalid(_("请选择所属社区。"), field="community_id", code="community_missing")
    return community.id, community.district_id


def _give_areas(s: Session, user: User, grid_area_ids: Sequence[UUID]) -> None:
    """The areas of a worker are these from today on; areas taken over from nobody are primary."""
    wanted = frozenset(grid_area_ids) if user.role == Role.worker else frozenset()
    found = list(
        s.exec(select(GridArea).where(col(GridArea.id).in_(wanted), GridArea.community_id == user.community_id))
    )
    if len(found) != len(wanted):
        raise Invalid(_("没有这个网格。"), field="grid_area_ids")
    areas.end_all(s, user.id, but=wanted)
    for area in found:
        present = areas.assignments(s, [area.id], open_only=True)
        if not any(a.user_id == user.id for a in present):
            areas.put_in_charge(s, area, user, today(), is_primary=not any(a.is_primary for a in present))


def update(s: Session, who: Principal, user_id: UUID, data: UserUpdate, version: int | None) -> UserRead:
    user = find(s, who, user_id)
    check_version(user, version)
    changes = data.model_dump(exclude_unset=True)
    role = Role(changes.get("role", user.role))
    active = bool(changes.get("is_active", user.is_active))
    if user.id == who.id and (role != user.role or not active):
        raise Conflict(_("不能修改自己的角色，也不能停用自己。"), code="own_account", field="role")
    if role not in roles_for(who):
        raise Forbidden(_("您不能设置这个角色。"), code="role_not_allowed")
    if user.role == Role.admin and (role != Role.admin or not active):
        _keep_an_admin(s, user.id)
    _move(s, who, user, role, changes)
    user.display_name = changes.get("display_name", user.display_name)
    user.is_active = active
    touch(user)
    s.flush()
    if not active:
        accounts.sign_out_everywhere(s, user.id)
    if not active or role != Role.worker:
        areas.end_all(s, user.id)
    elif "grid_area_ids" in changes:
        _give_areas(s, user, changes["grid_area_ids"])
    return shown(s, [user])[0]


def _move(s: Session, who: Principal, user: User, role: Role, changes: dict[str, Any]) -> None:
    """Only an administrator moves people between communities and districts."""
    community_id, district_id = user.community_id, user.district_id
    if who.role == "admin":
        community_id = changes.get("community_id") or community_id
        district_id = changes.get("district_id") or district_id
    elif changes.get("community_id", community_id) not in (None, community_id):
        raise Invalid(_("没有这个社区。"), field="community_id")
    before = user.community_id
    user.community_id, user.district_id = _place(s, role, community_id, district_id)
    user.role = role
    if before != user.community_id:
        areas.end_all(s, user.id)


def _keep_an_admin(s: Session, leaving: UUID) -> None:
    """Somebody must be able to administer; the rows are held so that two cannot leave at once."""
    active = s.exec(select(User).where(User.role == Role.admin, col(User.is_active)).with_for_update()).all()
    if not any(admin.id != leaving for admin in active):
        raise Conflict(_("至少要保留一位可以登录的系统管理员。"), code="last_admin", field="is_active")


def reset_password(db: Database, who: Principal, user_id: UUID) -> InitialPassword:
    """A new made-up password; every session of the account ends."""
    password = passwords.made_up()
    hashed = passwords.hash_password(password)
    with db.write() as s:
        audit.set_actor(s, who)
        user = _someone_else(s, who, user_id)
        user.password_hash, user.must_change_password = hashed, True
        touch(user)
        accounts.sign_out_everywhere(s, user.id)
        return _initial(user, password)


def _someone_else(s: Session, who: Principal, user_id: UUID) -> User:
    user = find(s, who, user_id)
    if user.id == who.id:
        raise Conflict(_("自己的密码和两步验证请在「我的账户」修改。"), code="own_account")
    return user


def end_sessions(s: Session, who: Principal, user_id: UUID) -> None:
    accounts.sign_out_everywhere(s, find(s, who, user_id).id)


def remove_second_factor(s: Session, who: Principal, user_id: UUID) -> None:
    """For somebody who lost the phone: the second factor goes and every session ends."""
    user = _someone_else(s, who, user_id)
    user.totp_secret = user.totp_confirmed_at = None
    touch(user)
    accounts.sign_out_everywhere(s, user.id)
