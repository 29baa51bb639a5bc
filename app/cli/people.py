"""add-user and add-client."""

from __future__ import annotations

import sys
from datetime import timedelta
from typing import Annotated

import typer
from pydantic import TypeAdapter
from sqlalchemy import select
from sqlmodel import Session, col

from app.accounts.models import ApiClient, Role, User, UserGridArea
from app.accounts.passwords import hash_password, made_up, strong
from app.accounts.permissions import SCOPES
from app.accounts.schemas import Username
from app.cli.frame import JsonFlag, Operator, answer, database
from app.communities.models import Community, District, GridArea, GridAssignment
from app.core import audit, crypto
from app.core.clock import now, today
from app.core.schemas import Line
from app.operations.errors import OperatorError

CommunityCode = Annotated[str, typer.Option("--community", help="Statistical code of the community.")]
DistrictCode = Annotated[str, typer.Option("--district", help="Code of the district.")]


def add_user(
    username: Annotated[str, typer.Argument(help="Letters, digits, dot, dash and underscore.")],
    role: Annotated[Role, typer.Option("--role")],
    name: Annotated[str, typer.Option("--name", help="How colleagues see this person.")] = "",
    community: CommunityCode = "",
    district: DistrictCode = "",
    area: Annotated[list[int] | None, typer.Option("--area", help="Number of a worker's grid area; repeat.")] = None,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input instead of making one up.")
    ] = False,
    json_: JsonFlag = False,
) -> None:
    """Add somebody who signs in. The made-up password is shown once and must be changed at the first sign-in."""
    plain: str = TypeAdapter(Username).validate_python(username)
    shown: str = TypeAdapter(Line).validate_python(name or plain)
    password = _password(password_stdin)
    hashed = hash_password(password)
    with database() as db, db.write() as s:
        audit.set_actor(s, Operator("add-user"))
        if s.scalar(select(col(User.id)).where(col(User.username) == plain)) is not None:
            raise OperatorError(f"there is a user {plain} already")
        user = User(username=plain, display_name=shown, role=role, password_hash=hashed)
        user.must_change_password = not password_stdin
        _place(s, user, community, district)
        s.add(user)
        s.flush()
        for number in area or []:
            _assign(s, user, number)
        made = {"id": user.id, "username": plain, "role": str(role)}
    if not password_stdin:
        made["password"] = password
    answer(made, json_, plain if password_stdin else f"{plain}  {password}")


def _password(from_stdin: bool) -> str:
    if not from_stdin:
        return made_up()
    try:
        return strong(sys.stdin.readline().rstrip("\r\n"))
    except ValueError as weak:
        raise OperatorError(f"the password is refused: {weak}") from weak


def _place(s: Session, user: User, community: str, district: str) -> None:
    """An administrator has no place, a supervisor a district, everybody else a community."""
    if user.role == Role.admin:
        if community or district:
            raise OperatorError("an admin belongs to no community and no district")
    elif user.role == Role.supervisor:
        user.district_id = _district(s, district).id
    else:
        place = _community(s, community)
        user.community_id, user.district_id = place.id, place.district_id


def _community(s: Session, code: str) -> Community:
    if not code:
        raise OperatorError("--community is missing")
    found = s.scalars(select(Community).where(col(Community.code) == code)).one_or_none()
    if found is None:
        raise OperatorError(f"there is no community {code}")
    return found


def _district(s: Session, code: str) -> District:
    if not code:
        raise OperatorError("--district is missing")
    found = s.scalars(select(District).where(col(District.code) == code)).one_or_none()
    if found is None:
        raise OperatorError(f"there is no district {code}")
    return found


def _assign(s: Session, user: User, number: int) -> None:
    """Makes a worker responsible for an area; the primary one where nobody is."""
    if user.role != Role.worker or user.community_id is None:
        raise OperatorError("--area is for workers")
    area = s.scalars(
        select(GridArea).where(col(GridArea.community_id) == user.community_id, col(GridArea.number) == number)
    ).one_or_none()
    if area is None:
        raise OperatorError(f"there is no grid area {number} in this community")
    held = select(col(GridAssignment.id)).where(
        col(GridAssignment.grid_area_id) == area.id,
        col(GridAssignment.is_primary),
        col(GridAssignment.to_on).is_(None),
    )
    s.add(UserGridArea(user_id=user.id, grid_area_id=area.id))
    s.add(
        GridAssignment(
            community_id=user.community_id,
            grid_area_id=area.id,
            user_id=user.id,
            is_primary=s.scalar(held) is None,
            from_on=today(),
        )
    )


def add_client(
    name: Annotated[str, typer.Argument(help="The other system's name.")],
    scope: Annotated[list[str], typer.Option("--scope", help=f"One of {', '.join(SCOPES)}; repeat.")],
    district: DistrictCode = "",
    community: CommunityCode = "",
    days: Annotated[int, typer.Option("--days", min=1, max=1100, help="How long the token is good.")] = 365,
    json_: JsonFlag = False,
) -> None:
    """Add another system that calls with a token. The token is shown once; only its hash is stored."""
    unknown = [s for s in scope if s not in SCOPES]
    if unknown:
        raise OperatorError(f"there is no scope {unknown[0]}; there are {', '.join(SCOPES)}")
    if bool(district) == bool(community):
        raise OperatorError("name either --district or --community")
    token = crypto.new_token()
    with database() as db, db.write() as s:
        audit.set_actor(s, Operator("add-client"))
        client = ApiClient(
            name=TypeAdapter(Line).validate_python(name),
            token_hash=crypto.token_hash(token),
            token_hint=token[:4],
            scopes=sorted(set(scope)),
            district_id=_district(s, district).id if district else None,
            community_id=_community(s, community).id if community else None,
            expires_at=now() + timedelta(days=days),
        )
        s.add(client)
        made = {"id": client.id, "name": client.name, "scopes": client.scopes, "expires_at": client.expires_at}
    answer({**made, "token": token}, json_, token)
