"""Whose dwellings and residents somebody may see: a community, a district, or a worker's own grid areas."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar
from uuid import UUID

from pydantic import BeforeValidator
from sqlalchemy import ColumnElement

from app.accounts.permissions import Principal
from app.communities.service import in_scope

_T = TypeVar("_T")
_NOBODY = UUID(int=0)


def communities_of(who: Principal, column: Any) -> ColumnElement[bool]:
    """That `column`, a community's id, lies within the scope of `who`."""
    return in_scope(who, column)


def areas_of(who: Principal, column: Any) -> list[ColumnElement[bool]]:
    """For a worker: that `column`, a grid area's id, is one of the areas that the worker is responsible for."""
    return [] if who.grid_area_ids is None else [column.in_(sorted(who.grid_area_ids))]


def reach(who: Principal) -> Principal:
    """What of a principal decides which rows are seen, without the person: the key under which statements are kept.

    Building a statement costs as much as running it, so those of busy pages are built once for each reach.
    """
    kind = "client" if who.kind == "client" else "reach"
    return Principal(
        kind, _NOBODY, "", "", frozenset(), who.district_id, who.community_id, who.grid_area_ids, restricted=""
    )


def is_outsider(who: Principal) -> bool:
    """Whoever looks from above (a district's supervisor or system) sees masked names and no small figures."""
    return who.kind == "client" or who.community_id is None


def _none_if_blank(value: Any) -> Any:
    return None if value == "" else value


# A filter of a list. A form sends an empty text for a choice that was not made.
Choice = Annotated[_T | None, BeforeValidator(_none_if_blank)]
