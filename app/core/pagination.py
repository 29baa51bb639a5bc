"""Lists: `{"items", "next", "total"}` with keyset cursors, stable while rows come and go."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Annotated, Any, Generic, TypeVar
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Depends, Query, Request
from pydantic import BaseModel, ConfigDict
from sqlalchemy import ColumnElement, Row, Select, func, literal, select, tuple_
from sqlmodel import Session

from app.core.errors import Invalid
from app.core.i18n import gettext as _

API_PREFIX = "/api/v1"
T = TypeVar("T")
DEFAULT_LIMIT = 50
LARGEST_LIMIT = 500


class Page(BaseModel, Generic[T]):
    """One page of a list. `next` is the address of the following page; `total` is counted on the first page."""

    model_config = ConfigDict(from_attributes=True)

    items: list[T]
    next: str | None = None
    total: int | None = None


class Paging:
    """The `limit` and `cursor` of a request, and the address from which `next` is made."""

    def __init__(self, request: Request, limit: int, cursor: str | None) -> None:
        self.limit = limit
        self.cursor = cursor
        self._path = request.scope["path"]
        self._query = [(k, v) for k, v in request.query_params.multi_items() if k != "cursor"]

    def address_after(self, keys: Sequence[Any]) -> str:
        query = urlencode([*self._query, ("cursor", encode_cursor(keys))])
        return f"{API_PREFIX}{self._path}?{query}"


async def _paging(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=LARGEST_LIMIT)] = DEFAULT_LIMIT,
    cursor: Annotated[str | None, Query(max_length=600)] = None,
) -> Paging:
    return Paging(request, limit, cursor)


PagingDep = Annotated[Paging, Depends(_paging)]


def encode_cursor(keys: Sequence[Any]) -> str:
    plain = [_plain(k) for k in keys]
    return base64.urlsafe_b64encode(json.dumps(plain, ensure_ascii=False).encode()).decode().rstrip("=")


def _plain(key: Any) -> Any:
    if isinstance(key, datetime):
        return {"t": key.isoformat()}
    if isinstance(key, date):
        return {"d": key.isoformat()}
    if isinstance(key, UUID):
        return {"u": str(key)}
    return key


def decode_cursor(cursor: str, kinds: Sequence[type]) -> list[Any]:
    """The keys of a cursor; anything that this server did not make is refused."""
    refusal = Invalid(_("翻页标记无效，请从第一页重新开始。"), code="bad_cursor", field="cursor")
    try:
        plain = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        keys = [_full(p) for p in plain]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise refusal from None
    if len(keys) != len(kinds) or not all(_fits(k, t) for k, t in zip(keys, kinds, strict=True)):
        raise refusal
    return keys


def _fits(key: Any, kind: type) -> bool:
    if kind is int:
        return type(key) is int and abs(key) < 2**62
    if kind is str:
        return type(key) is str and "\x00" not in key and key.isprintable()
    return type(key) is kind


def _full(plain: Any) -> Any:
    if not isinstance(plain, dict):
        return plain
    ((kind, value),) = plain.items()
    if kind == "u":
        return UUID(value)
    if kind == "d":
        return date.fromisoformat(value)
    if kind != "t":
        raise ValueError(kind)
    instant = datetime.fromisoformat(value)
    if instant.tzinfo is None:
        raise ValueError(value)
    return instant


def paginate(
    session: Session,
    statement: Select[Any],
    paging: Paging,
    keys: Sequence[tuple[ColumnElement[Any], type]],
    *,
    descending: bool = False,
    scalars: bool = True,
    count: bool = True,
    key_of: Callable[[Any], Sequence[Any]] | None = None,
) -> dict[str, Any]:
    """One page of `statement` in the order of `keys` (unique together, never null), each with its Python type.

    `key_of` tells the keys of an item where its attributes are not named like the key columns.
    """
    columns = [column for column, _kind in keys]
    total = None
    if count and not paging.cursor:
        total = session.scalar(select(func.count()).select_from(statement.order_by(None).subquery()))
    if paging.cursor:
        after = decode_cursor(paging.cursor, [kind for _column, kind in keys])
        bound = tuple_(*[literal(v, c.type) for v, c in zip(after, columns, strict=True)])
        here = tuple_(*columns)
        statement = statement.where(here < bound if descending else here > bound)
    statement = statement.order_by(*[c.desc() if descending else c.asc() for c in columns]).limit(paging.limit + 1)
    found: Sequence[Any] = (session.scalars(statement) if scalars else session.execute(statement)).all()
    items = list(found[: paging.limit])
    following = None
    if len(found) > paging.limit:
        last = items[-1]
        following = paging.address_after(key_of(last) if key_of else _keys_of(last, columns))
    return {"items": items, "next": following, "total": total}


def _keys_of(item: Any, columns: Sequence[ColumnElement[Any]]) -> list[Any]:
    if isinstance(item, Row):
        return [item._mapping[c.key] for c in columns]  # type: ignore[index]
    return [getattr(item, str(c.key)) for c in columns]
