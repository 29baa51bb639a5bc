"""Signing in and out, and one's own account."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import Query, Request, Response

from app.accounts import authentication, service
from app.accounts.permissions import AnyoneAtAll, OwnAccount
from app.accounts.schemas import (
    Account,
    Language,
    Me,
    PasswordChange,
    SignIn,
    SignInForm,
    TotpConfirm,
    TotpRemove,
    TotpSetup,
)
from app.core.answers import redirect
from app.core.db import Database, SessionDep
from app.core.errors import Forbidden, NotFound
from app.core.hypermedia import APIRouter, View, html
from app.core.i18n import N_
from app.core.i18n import gettext as _
from app.core.middleware import LANGUAGE_COOKIE
from app.core.negotiation import wants_html
from app.core.schemas import LongLineOrEmpty

router = APIRouter(tags=["account"])


def _db(request: Request) -> Database:
    return cast(Database, request.app.state.db)


def _device(request: Request) -> str:
    return request.headers.get("user-agent", "")[:120].encode("ascii", "replace").decode()


def _address(request: Request) -> str:
    return request.client.host if request.client else "unknown"


@router.get("/sign-in")
@html("accounts/sign_in.html")
def show_sign_in(request: Request, who: AnyoneAtAll, next: Annotated[LongLineOrEmpty, Query()] = "") -> SignInForm:
    """The sign-in form; whoever is signed in already goes on."""
    target = service.safe_next(next) if next else ""
    if who is not None and wants_html(request):
        return redirect(request, target or "/")  # type: ignore[return-value]
    return SignInForm(next=target)


@router.post("/sign-in")
@html(form="accounts/sign_in.html", then=lambda data, _request: data.next or "/")
def sign_in(request: Request, data: SignIn, response: Response) -> SignInForm:
    """Starts a session; the answer sets its cookie. A session that the browser had before ends."""
    if request.headers.get("sec-fetch-site") in {"cross-site", "same-site"}:
        raise Forbidden(_("这个请求来自别的网站，已拒绝。"), code="csrf_cross_site")
    old = request.cookies.get(authentication.cookie_name(), "")
    user, token = service.sign_in(_db(request), data, _address(request), _device(request), old)
    authentication.set_session_cookie(response, token)
    response.set_cookie(LANGUAGE_COOKIE, user.locale, max_age=31_536_000, samesite="lax")
    if user.must_change_password:
        return SignInForm(next="/account")
    return SignInForm(next=service.safe_next(data.next) if data.next else "")


@router.post("/sign-out", status_code=204)
@html(then="/sign-in", done=N_("已退出登录。"))
def sign_out(s: SessionDep, who: OwnAccount, response: Response) -> None:
    """Ends this session."""
    service.sign_out(s, who)
    authentication.clear_session_cookie(response)


@router.post("/account/sign-out-everywhere", status_code=204)
@html(then="/sign-in", done=N_("已在所有设备上退出。"))
def sign_out_everywhere(s: SessionDep, who: OwnAccount, response: Response) -> None:
    """Ends every session of one's account."""
    service.sign_out_everywhere(s, who.id)
    authentication.clear_session_cookie(response)


@router.get("/me")
def read_me(request: Request, who: AnyoneAtAll) -> Me:
    """Whoever asks, with permissions and scope."""
    if who is None:
        raise NotFound()
    areas = None if who.grid_area_ids is None else sorted(who.grid_area_ids)
    return Me(
        kind=who.kind,
        id=who.id,
        name=who.name,
        role=who.role,
        permissions=sorted(who.permissions),
        district_id=who.district_id,
        community_id=who.community_id,
        grid_area_ids=areas,
        csrf_token=getattr(request.state, "csrf", ""),
    )


@router.get("/account")
@html("accounts/account.html")
def read_account(s: SessionDep, who: OwnAccount) -> Account:
    """One's own account and the devices it is signed in on."""
    return service.read_account(s, who)


def _account(view: View) -> Account:
    return service.read_account(view.s, view.who)


@router.post("/account/password", status_code=204)
@html(form="accounts/account.html", current=_account, then="/account", done=N_("密码已修改，其他设备已退出。"))
def change_password(request: Request, who: OwnAccount, data: PasswordChange, response: Response) -> None:
    """Changes one's password and ends all other sessions."""
    token = service.change_password(_db(request), who, data, _device(request))
    authentication.set_session_cookie(response, token)


def _totp(view: View) -> dict[str, object]:
    """The same secret again after a mistyped code: the phone has it already."""
    setup = view.data or service.totp_setup(view.s, view.who, str(view.values.get("secret", "")))
    groups = [setup.secret[i : i + 4] for i in range(0, len(setup.secret), 4)]
    return {"setup": setup, "spaced": " ".join(groups)}


@router.get("/account/totp")
@html("accounts/totp.html", extra=_totp)
def show_totp(s: SessionDep, who: OwnAccount) -> TotpSetup:
    """A new secret for an authenticator app; it counts once a code made from it is sent."""
    return service.totp_setup(s, who)


@router.post("/account/totp", status_code=204)
@html(form="accounts/totp.html", extra=_totp, then="/account", done=N_("两步验证已启用。"))
def confirm_totp(s: SessionDep, who: OwnAccount, data: TotpConfirm) -> None:
    """Switches two-step sign-in on."""
    service.totp_confirm(s, who, data)


@router.post("/account/totp/remove", status_code=204)
@html(form="accounts/account.html", current=_account, then="/account", done=N_("两步验证已关闭。"))
def remove_totp(request: Request, who: OwnAccount, data: TotpRemove) -> None:
    """Switches two-step sign-in off, with the password."""
    service.totp_remove(_db(request), who, data.password)


@router.post("/language", status_code=204)
def choose_language(request: Request, who: AnyoneAtAll, data: Language) -> Response:
    """Remembers the language of the interface in this browser, and in one's account."""
    if who is not None:
        service.choose_language(_db(request), who, data.locale)
    response = redirect(request, service.safe_next(data.next)) if wants_html(request) else Response(status_code=204)
    response.set_cookie(LANGUAGE_COOKIE, data.locale, max_age=31_536_000, samesite="lax")
    return response
