"""The API reference: the OpenAPI document as one page, made on the server, without scripts from anywhere."""

from __future__ import annotations

import json
from typing import Any

from fastapi import Request

from app.core.hypermedia import APIRouter, html
from app.core.pagination import API_PREFIX
from app.core.schemas import Read

router = APIRouter(tags=["reference"])
_METHODS = ("get", "post", "put", "patch", "delete")
_DEEPEST = 4


class Field(Read):
    """A parameter or a field of a body."""

    name: str
    place: str
    kind: str
    required: bool
    note: str = ""


class Operation(Read):
    """One operation."""

    anchor: str
    method: str
    path: str
    summary: str
    permission: str
    parameters: list[Field]
    body: list[Field]
    answers: list[Field]
    example: str


class Group(Read):
    """The operations of one tag."""

    name: str
    operations: list[Operation]


class Reference(Read):
    """The whole reference."""

    version: str
    base: str
    groups: list[Group]


@router.get("/docs", include_in_schema=False)
@html("docs/reference.html")
def show_reference(request: Request) -> Reference:
    """The API reference."""
    document = request.app.openapi()
    return Reference(
        version=document["info"]["version"],
        base=str(request.base_url).rstrip("/") + API_PREFIX,
        groups=_groups(document, str(request.base_url).rstrip("/") + API_PREFIX),
    )


def _groups(document: dict[str, Any], base: str) -> list[Group]:
    found: dict[str, list[Operation]] = {}
    paths: dict[str, dict[str, Any]] = document["paths"]
    for path, item in paths.items():
        for method in _METHODS:
            if method in item:
                operation = item[method]
                tag = str((operation.get("tags") or ["other"])[0])
                found.setdefault(tag, []).append(_operation(document, base, method, path, operation))
    return [Group(name=name, operations=operations) for name, operations in sorted(found.items())]


def _operation(document: dict[str, Any], base: str, method: str, path: str, raw: dict[str, Any]) -> Operation:
    body: dict[str, dict[str, Any]] = raw.get("requestBody", {}).get("content", {})
    media = next(iter(body), "")
    schema: dict[str, Any] = body[media].get("schema", {}) if media else {}
    parameters = [_parameter(document, p) for p in raw.get("parameters", [])]
    return Operation(
        anchor=str(raw.get("operationId", f"{method}{path}")),
        method=method.upper(),
        path=path,
        summary=str(raw.get("description") or raw.get("summary") or ""),
        permission=str(raw.get("x-required-permission", "public")),
        parameters=parameters,
        body=_fields(document, schema, "body"),
        answers=_fields(document, _answer(raw), "answer"),
        example=_example(document, base, method, path, raw, media, schema),
    )


def _answer(raw: dict[str, Any]) -> dict[str, Any]:
    for status, answer in raw.get("responses", {}).items():
        if status.startswith("2"):
            schema: dict[str, Any] = answer.get("content", {}).get("application/json", {}).get("schema", {})
            return schema
    return {}


def _resolve(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    name = schema.get("$ref", "").rpartition("/")[2]
    found: dict[str, Any] = document["components"]["schemas"].get(name, {}) if name else schema
    return found


def _parameter(document: dict[str, Any], raw: dict[str, Any]) -> Field:
    return Field(
        name=raw["name"],
        place=raw["in"],
        kind=_kind(document, raw.get("schema", {})),
        required=bool(raw.get("required")),
        note=str(raw.get("description", "")),
    )


def _fields(document: dict[str, Any], schema: dict[str, Any], place: str) -> list[Field]:
    whole = _resolve(document, schema)
    required = set(whole.get("required", []))
    return [
        Field(
            name=name,
            place=place,
            kind=_kind(document, below),
            required=name in required,
            note=str(below.get("description", "")),
        )
        for name, below in whole.get("properties", {}).items()
    ]


def _kind(document: dict[str, Any], schema: dict[str, Any]) -> str:
    """string (uuid), integer, [string], director | worker …, or the name of a schema."""
    if "anyOf" in schema:
        return " | ".join(dict.fromkeys(_kind(document, one) for one in schema["anyOf"]))
    if "$ref" in schema:
        whole = _resolve(document, schema)
        return _kind(document, whole) if "enum" in whole else str(schema["$ref"]).rpartition("/")[2]
    if "enum" in schema:
        return " | ".join(str(value) for value in schema["enum"])
    if "const" in schema:
        return str(schema["const"])
    if schema.get("type") == "array":
        return f"[{_kind(document, schema.get('items', {}))}]"
    kind, form = str(schema.get("type", "any")), schema.get("format")
    return f"{kind} ({form})" if form else kind


def _example(
    document: dict[str, Any],
    base: str,
    method: str,
    path: str,
    raw: dict[str, Any],
    media: str,
    schema: dict[str, Any],
) -> str:
    lines = ["curl" if method == "get" else f"curl -X {method.upper()}"]
    if raw.get("x-required-permission") != "public":
        lines.append("-H 'Authorization: Bearer TOKEN'")
    for parameter in raw.get("parameters", []):
        if parameter["in"] == "header" and parameter["name"] == "If-Match":
            lines.append("-H 'If-Match: \"1\"'")
    if media == "application/json":
        lines.append("-H 'Content-Type: application/json'")
        body = json.dumps(_sample(document, schema, 0), ensure_ascii=False)
        lines.append(f"-d '{body}'")
    elif media:
        lines.append("-F file=@FILE")
    lines.append(f"'{base}{path}'")
    return " \\\n  ".join(lines)


def _sample(document: dict[str, Any], schema: dict[str, Any], depth: int) -> Any:
    """A made-up value of a schema: only what is required, so that the example stays short."""
    whole = _resolve(document, schema)
    if "anyOf" in whole:
        return _sample(document, whole["anyOf"][0], depth)
    for fixed in ("const", "default"):
        if fixed in whole:
            return whole[fixed]
    if "enum" in whole:
        return whole["enum"][0]
    if whole.get("type") == "object" or "properties" in whole:
        return _sample_object(document, whole, depth)
    if whole.get("type") == "array":
        return [_sample(document, whole.get("items", {}), depth + 1)] if depth < _DEEPEST else []
    plain = {"integer": whole.get("minimum", 1), "number": 1.0, "boolean": True}
    by_format = {
        "uuid": "019f0000-0000-7000-8000-000000000001",
        "date": "2026-06-30",
        "date-time": "2026-06-30T08:30:00Z",
    }
    return plain.get(str(whole.get("type")), by_format.get(str(whole.get("format")), "…"))


def _sample_object(document: dict[str, Any], whole: dict[str, Any], depth: int) -> dict[str, Any]:
    properties = whole.get("properties", {})
    wanted = whole.get("required") or list(properties)[:2]
    if depth >= _DEEPEST:
        return {}
    return {name: _sample(document, properties[name], depth + 1) for name in wanted if name in properties}
