"""From an HTML form to the JSON object that it stands for, and from validation errors to messages beside fields."""

from __future__ import annotations

import types
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from app.core.errors import FieldError
from app.core.i18n import gettext as _

RESERVED = frozenset({"_csrf", "_version", "_next"})
_MOST_ITEMS = 200
_DEEPEST = 8


def to_json(pairs: Iterable[tuple[str, str]], model: type[BaseModel] | None) -> dict[str, Any]:
    """The object a form stands for. `needs.0.category` nests; a repeated name fills a list.

    An empty input is null where the model allows null and absent elsewhere; of a repeated single value the last wins
    (a hidden `false` before a checkbox).
    """
    tree: dict[str, Any] = {}
    for name, value in pairs:
        if name not in RESERVED:
            path = name.split(".")
            _put(tree, path if len(path) <= _DEEPEST else [name], value)
    shaped = _shape(tree, model)
    return shaped if isinstance(shaped, dict) else {}


def _put(tree: dict[str, Any], path: Sequence[str], value: str) -> None:
    for step in path[:-1]:
        below = tree.setdefault(step, {})
        if not isinstance(below, dict):
            return
        tree = below
    held = tree.setdefault(path[-1], [])
    if isinstance(held, list):
        held.append(value)


def _shape(node: Any, kind: Any) -> Any:
    """Gives the raw tree (dicts of lists of strings) the shape of the model it will be validated against."""
    kind = _core(kind)
    if get_origin(kind) in (list, set, frozenset, tuple):
        return _list(node, (get_args(kind) or (str,))[0])
    if isinstance(node, dict):
        return _object(node, kind)
    return node[-1] if node else ""


def _list(node: Any, inner: Any) -> list[Any]:
    if not isinstance(node, dict):
        return [v for v in node if v != ""]
    keys = sorted((k for k in node if k.isdecimal() and len(k) < 5), key=int)[:_MOST_ITEMS]
    shaped = [_shape(node[k], inner) for k in keys]
    return [item for item in shaped if not _blank(item)]


def _blank(item: Any) -> bool:
    """A row of a form that was left empty."""
    if isinstance(item, dict):
        return all(value in (None, "", False) or value == [] for value in item.values())
    return item in (None, "")


def _object(node: dict[str, Any], kind: Any) -> dict[str, Any]:
    fields = kind.model_fields if isinstance(kind, type) and issubclass(kind, BaseModel) else {}
    shaped: dict[str, Any] = {}
    for name, below in node.items():
        field = fields.get(name)
        value = _shape(below, field.annotation if field else None)
        if value == "" and field is not None:
            if _optional(field.annotation):
                value = None
            elif field.is_required() or _core(field.annotation) is not str:
                continue
        shaped[name] = value
    for name, field in fields.items():
        if field.annotation is bool and name not in shaped and shaped:
            shaped[name] = False  # an unticked box sends nothing
    return shaped


def _core(kind: Any) -> Any:
    """The type inside Annotated and Optional."""
    while True:
        if get_origin(kind) is Annotated:
            kind = get_args(kind)[0]
        elif get_origin(kind) in (Union, types.UnionType):
            inner = [a for a in get_args(kind) if a is not type(None)]
            if len(inner) != 1:
                return kind
            kind = inner[0]
        else:
            return kind


def _optional(kind: Any) -> bool:
    while get_origin(kind) is Annotated:
        kind = get_args(kind)[0]
    return get_origin(kind) in (Union, types.UnionType) and type(None) in get_args(kind)


def field_errors(errors: Sequence[Mapping[str, Any]]) -> list[FieldError]:
    """Pydantic's errors as fields with messages in the reader's language; inputs are never repeated."""
    found: list[FieldError] = []
    for error in errors:
        location = [part for part in map(str, error.get("loc", ())) if "[" not in part]  # no member of a union
        if location and location[0] in {"body", "query", "path", "header", "cookie"}:
            location = location[1:]
        kind = str(error.get("type", "invalid"))
        found.append({"field": ".".join(location), "message": message(kind, error.get("ctx") or {}), "code": kind})
    return found


def message(kind: str, context: Mapping[str, Any]) -> str:
    """What is wrong, in words for people, by the type of the error."""
    fixed = _fixed_messages().get(kind)
    if fixed:
        return fixed
    if kind == "string_too_long" or (kind == "too_long" and context.get("field_type") == "Value"):
        return _("最多 %(n)s 个字。", n=context.get("max_length", ""))
    if kind in {"greater_than_equal", "greater_than"}:
        return _("不能小于 %(n)s。", n=context.get("ge", context.get("gt", "")))
    if kind in {"less_than_equal", "less_than"}:
        return _("不能大于 %(n)s。", n=context.get("le", context.get("lt", "")))
    if kind == "too_long":
        return _("最多 %(n)s 项。", n=context.get("max_length", ""))
    if kind.startswith("uuid"):
        return _("编号格式不对。")
    if kind.startswith(("date", "time", "timezone")):
        return _("日期或时间的格式不对。")
    if kind.startswith(("int", "float", "decimal")):
        return _("请填写数字。")
    if kind.startswith("string"):
        return _("文字格式不对。")
    return _("填写有误，请检查。")


def _fixed_messages() -> dict[str, str]:
    return {
        "missing": _("请填写此项。"),
        "string_too_short": _("请填写此项。"),
        "too_short": _("请填写此项。"),
        "extra_forbidden": _("没有这一项。"),
        "unknown_parameter": _("没有这个查询参数。"),
        "json_invalid": _("内容不是有效的 JSON。"),
        "enum": _("请从给出的选项中选择。"),
        "literal_error": _("请从给出的选项中选择。"),
        "bool_parsing": _("请选择是或否。"),
        "bool_type": _("请选择是或否。"),
        "text_forbidden": _("含有不能保存的字符，请重新输入。"),
        "date_too_early": _("日期不能早于 1900 年。"),
        "date_too_late": _("日期太晚，请检查年份。"),
        "date_in_future": _("日期不能晚于今天。"),
        "date_order": _("结束日期不能早于开始日期。"),
        "id_number_format": _("身份证号应为 18 位。"),
        "id_number_date": _("身份证号中的出生日期不存在。"),
        "id_number_check": _("身份证号校验码不对，请核对。"),
        "id_number_range": _("身份证号中的出生日期不在合理范围。"),
        "phone_format": _("电话号码格式不对。"),
        "amount_format": _("请按元填写金额，最多两位小数。"),
        "password_weak": _("密码至少 10 位，且不能过于简单。"),
        "username_format": _("用户名只能含字母、数字、点、横线和下划线。"),
        "list_type": _("应为列表。"),
        "model_attributes_type": _("内容格式不对。"),
        "model_type": _("内容格式不对。"),
        "dict_type": _("内容格式不对。"),
    }
