"""The rules of accounts: signing in and out, passwords, the second factor."""

from __future__ import annotations

import re
from urllib.parse import urlsplit
from uuid import UUID

import pyotp
import segno
from sqlalchemy import delete
from sqlmodel import Session, col, select

from app.accounts import authentication, passwords, throttle
from app.accounts.models import User, UserSession
from app.accounts.permissions import Principal
from app.accounts.schemas import Account, PasswordChange, SessionRead, SignIn, TotpConfirm, TotpSetup
from app.core import audit, crypto
from app.core.clock import now
from app.core.db import Database, lock_row, touch
from app.core.errors import DomainError, Invalid, NotFound
from app.core.i18n import gettext as _

ISSUER = "Qinlian 勤廉"
_SECRET = re.compile(r"[A-Z2-7]{32}")


class SignInRefused(DomainError):
    """Wrong name, password or code: always the same answer."""

    status, code = 422, "sign_in_refused"


def sign_in(db: Database, data: SignIn, address: str, device: str, old_token: str = "") -> tuple[User, str]:
    """Signs somebody in and returns the account and the token of the new session; the browser's old one ends.

    The password is checked outside any transaction, since a hash takes a tenth of a second. So the account is read
    again, and held, when the session begins: it may have been closed meanwhile, or the code used by somebody else.
    """
    with db.read() as s:
        throttle.check(s, data.username, address)
        user = s.exec(select(User).where(User.username == data.username.strip().lower())).one_or_none()
    right = passwords.matches(user.password_hash if user and user.is_active else None, data.password)
    step = _totp_step(user, data.code) if right and user else None
    if not right or user is None:
        return _refuse(db, data, address)
    if user.totp_confirmed_at and step is None:
        return _refuse(db, data, address, code_wanted=True)
    rehashed = passwords.hash_password(data.password) if passwords.needs_rehash(user.password_hash) else None
    with db.write() as s:
        held: User | None = lock_row(s, User, user.id)
        if held is None or not held.is_active or held.password_hash != user.password_hash:
            raise SignInRefused(_("用户名或密码不对。"), field="password")
        if held.totp_confirmed_at and (step is None or step <= (held.totp_last_step or 0)):
            raise _code_wanted()
        throttle.succeeded(s, data.username, address)
        held.totp_last_step = step or held.totp_last_step
        held.password_hash = rehashed or held.password_hash
        s.execute(delete(UserSession).where(col(UserSession.token_hash) == crypto.token_hash(old_token)))
        token = authentication.start_session(s, held, device)
        audit.set_actor(s, authentication.principal_for(s, held))
        audit.note(s, "account.sign_in", "user_account", held.id, held.community_id)
    return held, token


def _code_wanted() -> SignInRefused:
    return SignInRefused(_("请输入身份验证器中的 6 位数字。"), field="code", extra={"totp": True})


def _refuse(db: Database, data: SignIn, address: str, *, code_wanted: bool = False) -> tuple[User, str]:
    if code_wanted and not data.code.strip():
        raise _code_wanted()  # the password was right and nothing was guessed
    with db.write() as s:
        throttle.failed(s, data.username, address)
        audit.note(s, "account.sign_in_refused", "user_account")
    if code_wanted:
        raise _code_wanted()
    raise SignInRefused(_("用户名或密码不对。"), field="password")


def _totp_step(user: User, code: str) -> int | None:
    """The time step of a right, never used code (RFC 6238, one step of clock drift)."""
    if user.totp_secret is None or user.totp_confirmed_at is None:
        return None
    secret = crypto.unseal(user.totp_secret, crypto.cell("user_account", "totp_secret", user.id))
    return _matching_step(secret, code, user.totp_last_step or 0)


def _matching_step(secret: str, code: str, last: int) -> int | None:
    digits = "".join(c for c in code if c.isdecimal())
    totp = pyotp.TOTP(secret)
    present = int(now().timestamp()) // totp.interval
    for step in (present - 1, present, present + 1):
        if step > last and crypto.same(totp.at(step * totp.interval), digits):
            return step
    return None


def sign_out(s: Session, who: Principal) -> None:
    s.execute(delete(UserSession).where(col(UserSession.id) == who.session_id))


def sign_out_everywhere(s: Session, user_id: UUID, *, but: UUID | None = None) -> None:
    """Ends every session of an account, except `but`."""
    statement = delete(UserSession).where(col(UserSession.user_id) == user_id)
    if but is not None:
        statement = statement.where(col(UserSession.id) != but)
    s.execute(statement)
    audit.note(s, "account.sign_out_everywhere", "user_account", user_id)


def own(s: Session, who: Principal) -> User:
    user = s.get(User, who.id) if who.kind == "user" else None
    if user is None:
        raise NotFound()
    return user


_BROWSERS = (
    ("MicroMessenger", "微信 WeChat"),
    ("Edg", "Edge"),
    ("HuaweiBrowser", "HUAWEI Browser"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("iPad", "iPad"),
    ("iPhone", "iPhone"),
    ("HarmonyOS", "HarmonyOS"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("Linux", "Linux"),
)


def device_name(user_agent: str) -> str:
    """What people call the device: Chrome · Android; a program keeps the name that it gives itself."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    return " · ".join(part for part in (browser, system) if part) or user_agent[:40]


def read_account(s: Session, who: Principal) -> Account:
    user = own(s, who)
    open_sessions = s.exec(
        select(UserSession)
        .where(UserSession.user_id == user.id, UserSession.expires_at > now())
        .order_by(col(UserSession.last_seen_at).desc())
    ).all()
    shown = [
        SessionRead(
            **row.model_dump(exclude={"device"}), device=device_name(row.device), current=row.id == who.session_id
        )
        for row in open_sessions
    ]
    return Account(**user.model_dump(), sessions=shown)


def change_password(db: Database, who: Principal, data: PasswordChange, device: str) -> str:
    """Changes one's password, ends all sessions, and starts a new one whose token is returned."""
    with db.read() as s:
        stored = own(s, who).password_hash
    if not passwords.matches(stored, data.old_password):
        raise Invalid(_("原密码不对。"), field="old_password")
    if data.old_password == data.new_password:
        raise Invalid(_("新密码不能与原密码相同。"), field="new_password")
    hashed = passwords.hash_password(data.new_password)
    with db.write() as s:
        audit.set_actor(s, who)
        user = own(s, who)
        user.password_hash, user.must_change_password = hashed, False
        touch(user)
        s.add(user)
        sign_out_everywhere(s, user.id)
        return authentication.start_session(s, user, device)


def totp_setup(s: Session, who: Principal, secret: str = "") -> TotpSetup:
    """A fresh secret, or the one already shown; nothing is stored until a code made from it is sent."""
    user = own(s, who)
    secret = secret if _SECRET.fullmatch(secret) else pyotp.random_base32()
    uri = pyotp.TOTP(secret).provisioning_uri(name=user.username, issuer_name=ISSUER)
    picture = segno.make(uri).svg_data_uri(scale=5, dark="#1b201d", light="#ffffff")
    return TotpSetup(secret=secret, uri=uri, qr=picture)


def totp_confirm(s: Session, who: Principal, data: TotpConfirm) -> None:
    user = own(s, who)
    step = _matching_step(data.secret, data.code, 0)
    if step is None:
        raise Invalid(_("验证码不对，请核对手机时间后重试。"), field="code")
    user.totp_secret = crypto.seal(data.secret, crypto.cell("user_account", "totp_secret", user.id))
    user.totp_confirmed_at, user.totp_last_step = now(), step
    touch(user)
    s.add(user)
    sign_out_everywhere(s, user.id, but=who.session_id)


def totp_remove(db: Database, who: Principal, password: str) -> None:
    with db.read() as s:
        stored = own(s, who).password_hash
    if not passwords.matches(stored, password):
        raise Invalid(_("密码不对。"), field="password")
    with db.write() as s:
        audit.set_actor(s, who)
        user = own(s, who)
        user.totp_secret = user.totp_confirmed_at = None
        touch(user)
        s.add(user)


def choose_language(db: Database, who: Principal, locale: str) -> None:
    """Keeps the language in the account, so that the next device speaks it too."""
    with db.write() as s:
        user = s.get(User, who.id) if who.kind == "user" else None
        if user is not None and user.locale != locale:
            audit.set_actor(s, who)
            user.locale = locale
            touch(user)


def safe_next(target: str) -> str:
    """An address on this server, or the home page: never a way to somewhere else."""
    parts = urlsplit(target)
    bad = parts.scheme or parts.netloc or not target.startswith("/") or target.startswith(("//", "/\\"))
    return "/" if bad or any(c in target for c in "\\\r\n\t") else target
