"""What goes wrong, said once: the DomainError family and RFC 9457 problem details."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from starlette.responses import Response

from app.core.i18n import gettext as _

PROBLEM_JSON = "application/problem+json"


class FieldError(TypedDict):
    field: str
    message: str
    code: str


class DomainError(Exception):
    """A refusal with a reason that the person may read. Subclasses fix the status; `code` names the rule."""

    status = 400
    code = "bad_request"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        field: str | None = None,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or type(self).code
        self.errors: list[FieldError] = list(errors)
        if field:
            self.errors.append({"field": field, "message": message, "code": self.code})
        self.headers = dict(headers or {})
        self.extra = dict(extra or {})


class BadRequest(DomainError):
    status, code = 400, "bad_request"


class NotSignedIn(DomainError):
    status, code = 401, "not_signed_in"


class Forbidden(DomainError):
    status, code = 403, "forbidden"


class NotFound(DomainError):
    status, code = 404, "not_found"

    def __init__(self, message: str | None = None, **kwargs: Any) -> None:
        super().__init__(message or _("没有找到，或者不在您的管辖范围内。"), **kwargs)


class Conflict(DomainError):
    """A rule of the field says no."""

    status, code = 409, "conflict"


class StaleVersion(DomainError):
    status, code = 412, "stale_version"


class TooLarge(DomainError):
    status, code = 413, "too_large"


class Invalid(DomainError):
    """Input that is well formed but breaks a rule of its field."""

    status, code = 422, "invalid"


class VersionRequired(DomainError):
    status, code = 428, "version_required"


class TooManyRequests(DomainError):
    status, code = 429, "too_many_requests"


class Unavailable(DomainError):
    """The store cannot take the work now; nothing was written and asking again is safe."""

    status, code = 503, "unavailable"

    def __init__(self, message: str | None = None, **kwargs: Any) -> None:
        kwargs.setdefault("headers", {"Retry-After": "5"})
        super().__init__(message or _("系统暂时无法保存，没有写入任何内容，请稍后再试。"), **kwargs)


def title(status: int) -> str:
    """The short name of a refusal for people."""
    titles = {
        400: _("请求有误"),
        401: _("需要登录"),
        403: _("没有权限"),
        404: _("没有找到"),
        405: _("不支持的操作"),
        409: _("与规则冲突"),
        412: _("内容已被他人修改"),
        413: _("内容过大"),
        415: _("格式不支持"),
        422: _("输入有误"),
        428: _("缺少版本号"),
        429: _("操作过于频繁"),
        503: _("暂时不可用"),
    }
    return titles.get(status, _("系统出错"))


def problem(
    status: int,
    code: str,
    detail: str,
    errors: Sequence[FieldError] = (),
    headers: Mapping[str, str] | None = None,
    extra: Mapping[str, Any] | None = None,
) -> Response:
    """RFC 9457 problem details, the only shape in which JSON callers meet a refusal."""
    body: dict[str, Any] = {
        **(extra or {}),
        "type": f"urn:qinlian:problem:{code}",
        "title": title(status),
        "status": status,
        "detail": detail,
        "code": code,
        "errors": list(errors),
    }
    content = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
    return Response(content, status_code=status, headers=dict(headers or {}), media_type=PROBLEM_JSON)


def problem_of(error: DomainError) -> Response:
    return problem(error.status, error.code, error.message, error.errors, error.headers, error.extra)
