"""What is sent and shown about accounts."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from app.accounts.passwords import LONGEST, strong
from app.core.schemas import Body, Clean, Code, Line, Read

_USERNAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,39}")


def _username(value: str) -> str:
    if not _USERNAME.fullmatch(value):
        raise PydanticCustomError("username_format", "letters, digits, dot, dash and underscore")
    return value.lower()


Username = Annotated[Line, AfterValidator(_username)]
Secret = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST, strip_whitespace=False)]
NewPassword = Annotated[Secret, AfterValidator(strong)]


class SignIn(Body):
    """A name, a password, and the six digits where two-step sign-in is on."""

    username: Annotated[str, StringConstraints(min_length=1, max_length=80), Clean]
    password: Secret
    code: Annotated[str, StringConstraints(max_length=10), Clean] = ""
    next: Annotated[str, StringConstraints(max_length=600), Clean] = ""


class SignInForm(Read):
    """Where sign-in leads."""

    next: str = ""


class SessionRead(Read):
    """A device on which the account is signed in."""

    id: UUID
    device: str
    created_at: datetime
    last_seen_at: datetime
    current: bool = False


class Me(Read):
    """Whoever asks, and what they may do. `csrf_token` goes into the X-CSRF-Token header of cookie-based writes."""

    kind: str
    id: UUID
    name: str
    role: str
    permissions: list[str]
    district_id: UUID | None
    community_id: UUID | None
    grid_area_ids: list[UUID] | None
    csrf_token: str = ""


class Account(Read):
    """One's own account."""

    id: UUID
    username: str
    display_name: str
    role: str
    locale: str
    must_change_password: bool
    totp_confirmed_at: datetime | None
    last_sign_in_at: datetime | None
    sessions: list[SessionRead]
    version: int


class PasswordChange(Body):
    """The old password and the new one."""

    old_password: Secret
    new_password: NewPassword


class TotpSetup(Read):
    """The secret for an authenticator app, as text and as a QR code (an SVG in a data: address)."""

    secret: str
    uri: str
    qr: str


class TotpConfirm(Body):
    """The secret that was shown and a code made from it."""

    secret: Annotated[Code, StringConstraints(pattern=r"^[A-Z2-7]{32}$")]
    code: Annotated[str, StringConstraints(pattern=r"^\s*\d{3}\s?\d{3}\s*$"), Clean]


class TotpRemove(Body):
    """The password again, to switch the second factor off."""

    password: Secret


class Language(Body):
    """The language of the interface."""

    locale: Literal["zh-CN", "en"]
    next: Annotated[str, StringConstraints(max_length=600), Clean] = Field(default="/")
