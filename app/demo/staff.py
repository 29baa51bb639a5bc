"""Who signs in to the demo community, with passwords made on the spot: they are printed, never stored in the clear
in the database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from app.accounts.models import Role
from app.accounts.passwords import hash_password, made_up
from app.core import crypto
from app.core.clock import now
from app.demo.people import People
from app.demo.town import Area, Block

CLIENT_DAYS = 365
_WORKERS = ("李雅琴", "赵海峰", "孙丽华", "陆文杰", "顾晓燕", "钱志强")
_SINCE = (date(2019, 3, 1), date(2020, 7, 1), date(2018, 5, 1), date(2022, 9, 1), date(2021, 4, 1), date(2023, 7, 1))
_OTHERS = (
    ("director", "王建明", Role.director),
    ("finance", "钱惠芬", Role.finance),
    ("representative", "周立新", Role.representative),
    ("supervisor", "徐国平", Role.supervisor),
    ("admin", "系统管理员", Role.admin),
)


@dataclass
class Colleague:
    id: UUID
    username: str
    name: str
    role: Role
    password: str
    area: Area | None = None
    since: date = date(2018, 1, 1)
    password_hash: str = ""

    def row(self, community_id: UUID, district_id: UUID) -> dict[str, Any]:
        outside = self.role in (Role.supervisor, Role.admin)
        return {
            "username": self.username,
            "display_name": self.name,
            "role": str(self.role),
            "district_id": None if self.role == Role.admin else district_id,
            "community_id": None if outside else community_id,
            "password_hash": self.password_hash,
            "is_active": True,
            "must_change_password": False,
            "locale": "zh-CN",
        }


@dataclass
class Client:
    id: UUID
    name: str
    scopes: list[str]
    token: str
    expires_at: datetime

    def row(self, district_id: UUID) -> dict[str, Any]:
        return {
            "name": self.name,
            "token_hash": crypto.token_hash(self.token),
            "token_hint": self.token[:4],
            "scopes": self.scopes,
            "district_id": district_id,
            "expires_at": self.expires_at,
        }


@dataclass
class Staff:
    people: list[Colleague] = field(default_factory=list)
    clients: list[Client] = field(default_factory=list)

    @property
    def director(self) -> Colleague:
        return next(p for p in self.people if p.role == Role.director)


def engage(people: People, blocks: Sequence[Block]) -> Staff:
    staff = Staff(list(_colleagues(people, blocks)))
    with ThreadPoolExecutor(2) as pool:
        hashes = pool.map(hash_password, [p.password for p in staff.people])
        for person, hashed in zip(staff.people, hashes, strict=True):
            person.password_hash = hashed
    expires = now() + timedelta(days=CLIENT_DAYS)
    staff.clients.append(Client(people.new_id(), "区治理平台（演示）", ["read"], crypto.new_token(), expires))
    return staff


def _colleagues(people: People, blocks: Sequence[Block]) -> Iterator[Colleague]:
    areas = {block.area.number: block.area for block in blocks}
    for username, name, role in _OTHERS:
        yield Colleague(people.new_id(), username, name, role, made_up())
    for number, area in sorted(areas.items()):
        index = number - 1
        yield Colleague(
            people.new_id(),
            f"worker{number}",
            _WORKERS[index],
            Role.worker,
            made_up(),
            area,
            _SINCE[index],
        )
