"""The demo's sign-ins, kept beside the data in a file that only its owner reads, so that they can be shown again."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from app.accounts.models import ApiClient, User
from app.accounts.passwords import hash_password, made_up, matches
from app.core import audit, crypto
from app.core.config import Settings
from app.core.db import Database, touch
from app.demo.staff import Staff

FILE = "demo-sign-ins.json"


def somebody_is_here(s: Session) -> bool:
    return s.scalar(select(col(User.id)).limit(1)) is not None


def keeper(settings: Settings) -> Callable[[Staff], None]:
    """Writes the sign-ins before the load is committed: a load without its sign-ins would be of no use."""

    def keep(staff: Staff) -> None:
        users = [{"role": str(p.role), "username": p.username, "password": p.password} for p in staff.people]
        clients = [{"name": c.name, "scopes": c.scopes, "token": c.token} for c in staff.clients]
        _write(settings, {"users": users, "clients": clients})

    return keep


def _write(settings: Settings, content: dict[str, Any]) -> None:
    path = settings.data_dir / FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{FILE}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    fresh.touch(mode=0o600)
    fresh.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", "utf-8")
    fresh.replace(path)


def read(db: Database, settings: Settings) -> dict[str, Any] | None:
    """What was kept, if it is still right for this database."""
    path: Path = settings.data_dir / FILE
    try:
        kept: dict[str, Any] = json.loads(path.read_text("utf-8"))
        first = kept["users"][0]
    except (OSError, ValueError, KeyError, IndexError):
        return None
    with db.read() as s:
        hashed = s.scalar(select(col(User.password_hash)).where(col(User.username) == first["username"]))
    return kept if hashed and matches(hashed, first["password"]) else None


def renew(db: Database, settings: Settings) -> None:
    """New passwords and a new token for the demo's accounts, where the kept ones are lost."""
    with db.read() as s:
        names = s.scalars(select(col(User.username)).order_by(col(User.id))).all()
    passwords = {name: made_up() for name in names}
    hashes = {name: hash_password(password) for name, password in passwords.items()}
    users, clients = [], []
    with db.write() as s:
        for user in s.scalars(select(User).order_by(col(User.id))).all():
            user.password_hash = hashes[user.username]
            touch(user)
            s.add(user)
            users.append({"role": user.role, "username": user.username, "password": passwords[user.username]})
        for client in s.scalars(select(ApiClient)).all():
            token = crypto.new_token()
            client.token_hash, client.token_hint = crypto.token_hash(token), token[:4]
            touch(client)
            s.add(client)
            clients.append({"name": client.name, "scopes": client.scopes, "token": token})
        audit.note(s, "demo.new_sign_ins", "user_account")
        _write(settings, {"users": users, "clients": clients})
