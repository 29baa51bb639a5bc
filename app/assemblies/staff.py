"""The posts of community workers: who was employed from when to when, as what."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import Select, select
from sqlmodel import Session, col

from app.accounts.models import User
from app.accounts.permissions import Principal
from app.assemblies import rosters
from app.assemblies.models import StaffPost
from app.assemblies.schemas import StaffCreate, StaffRead, StaffUpdate
from app.core.db import check_version, touch
from app.core.errors import Conflict, Invalid, NotFound
from app.core.i18n import gettext as _
from app.core.masking import mask_name
from app.households.queries import pairs
from app.households.residents.names import sort_key_of
from app.households.scope import communities_of, is_outsider
from app.members.service import own_community


def visible(who: Principal) -> Select[StaffPost]:
    return select(StaffPost).where(communities_of(who, col(StaffPost.community_id)))


def on_day(who: Principal, day: date | None, community_id: UUID | None) -> Select[StaffPost]:
    """Posts that were filled on a day, or all that there ever were."""
    statement = visible(who)
    if community_id is not None:
        statement = statement.where(col(StaffPost.community_id) == community_id)
    return statement if day is None else statement.where(*rosters.employed_on(day))


def find(s: Session, who: Principal, post_id: UUID) -> StaffPost:
    found = s.scalars(visible(who).where(col(StaffPost.id) == post_id)).one_or_none()
    if found is None:
        raise NotFound()
    return found


def create(s: Session, who: Principal, data: StaffCreate) -> StaffPost:
    post = StaffPost(community_id=own_community(who), sort_key=sort_key_of(data.name), **data.model_dump())
    _check(s, post)
    s.add(post)
    s.flush()
    return post


def update(s: Session, who: Principal, post_id: UUID, data: StaffUpdate, version: int | None) -> StaffPost:
    """Changes a post, or ends it with its last day."""
    post = find(s, who, post_id)
    check_version(post, version)
    for key, value in data.model_dump(exclude_unset=True).items():
        if value is not None or key in ("to_on", "user_id"):
            setattr(post, key, value)
    post.sort_key = sort_key_of(post.name)
    _check(s, post)
    touch(post)
    s.add(post)
    return post


def remove(s: Session, who: Principal, post_id: UUID, version: int | None) -> None:
    """Takes back an entry that was a mistake; the audit log keeps it."""
    post = find(s, who, post_id)
    check_version(post, version)
    s.delete(post)


def _check(s: Session, post: StaffPost) -> None:
    """In order of time; an account of the same community; nobody has the same post twice at a time."""
    if post.to_on is not None and post.to_on < post.from_on:
        raise Invalid(_("结束日期不能早于开始日期。"), code="date_order", field="to_on")
    if post.user_id is None:
        return
    with s.no_autoflush:
        user = s.get(User, post.user_id)
        if user is None or user.community_id != post.community_id:
            raise Invalid(_("没有这个账户。"), code="no_such_account", field="user_id")
        others = select(col(StaffPost.id)).where(
            col(StaffPost.user_id) == post.user_id,
            col(StaffPost.id) != post.id,
            col(StaffPost.to_on).is_(None) | (col(StaffPost.to_on) >= post.from_on),
        )
        if post.to_on is not None:
            others = others.where(col(StaffPost.from_on) <= post.to_on)
        if s.scalar(others.limit(1)) is not None:
            raise Conflict(_("这个账户那时已有岗位。"), code="two_posts", field="user_id")


def shown(s: Session, who: Principal, posts: Sequence[StaffPost]) -> list[StaffRead]:
    """Posts with the names of accounts; outsiders see masked names."""
    hidden = is_outsider(who)
    wanted = {post.user_id for post in posts if post.user_id}
    names = pairs(s, select(col(User.id), col(User.username)).where(col(User.id).in_(wanted)))
    return [
        StaffRead.model_validate(
            {
                **post.model_dump(),
                "name": mask_name(post.name) if hidden else post.name,
                "end_reason": "" if hidden else post.end_reason,
                "account": names.get(post.user_id) if post.user_id and not hidden else None,
            }
        )
        for post in posts
    ]


def accounts(s: Session, community_id: UUID) -> list[tuple[UUID, str]]:
    """The accounts to choose from."""
    wanted = select(User).where(col(User.community_id) == community_id, col(User.is_active))
    return [(u.id, f"{u.display_name} ({u.username})") for u in s.scalars(wanted.order_by(col(User.display_name)))]
