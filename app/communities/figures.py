"""Figures of a community: what each one counts, and where the rooms that hold the records say how it is counted.

This room knows no households. Those who hold records register a source for a figure, a composition (a chart of the
community page) or a count per grid area when they are imported.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID

from sqlmodel import Session

from app.core.i18n import N_

Source = Callable[[Session, UUID, date], float | None]
Rows = Sequence[tuple[str, Sequence[int]]]
CompositionSource = Callable[[Session, UUID, date], Rows]
AreaCount = Callable[[Session, Sequence[UUID]], dict[UUID, int]]
ChartKind = Literal["bar", "pyramid"]


@dataclass(frozen=True)
class Figure:
    """A figure that can be reported and computed. `source_path` lists the records behind the computed one."""

    key: str
    label: str
    unit: str
    definition: str
    source_path: str
    is_share: bool = False


@dataclass(frozen=True)
class Composition:
    """How a whole is made up. A `bar` has one number in each row, a `pyramid` two (men, women; youngest first)."""

    key: str
    label: str
    kind: ChartKind
    source: CompositionSource


FIGURES: dict[str, Figure] = {
    figure.key: figure
    for figure in (
        Figure(
            "planned_households",
            N_("规划户数"),
            N_("户"),
            N_("登记簿中的全部房屋，含空置。"),
            "/households?community_id={community_id}",
        ),
        Figure(
            "occupied_households",
            N_("入住户数"),
            N_("户"),
            N_("当日自住或出租的房屋，不含空置。"),
            "/households?community_id={community_id}&occupied=true",
        ),
        Figure(
            "residents",
            N_("居民人数"),
            N_("人"),
            N_("当日住在社区里的人，同一人只算一次。"),
            "/residents?community_id={community_id}",
        ),
        Figure(
            "owner_occupied_share",
            N_("自住占比"),
            "",
            N_("自住户数除以入住户数。"),
            "/households?community_id={community_id}&tenure=owner_occupied",
            is_share=True,
        ),
        Figure(
            "rented_share",
            N_("出租占比"),
            "",
            N_("出租户数除以入住户数。"),
            "/households?community_id={community_id}&tenure=rented",
            is_share=True,
        ),
        Figure(
            "directly_managed_members",
            N_("直管党员"),
            N_("人"),
            N_("当日组织关系在本社区支部的正式和预备党员。"),
            "/members?community_id={community_id}&affiliation=direct&stage=member&as_of={as_of}",
        ),
        Figure(
            "resident_members",
            N_("居民党员"),
            N_("人"),
            N_("当日已到社区报到、组织关系在别处的正式和预备党员。"),
            "/members?community_id={community_id}&affiliation=resident&stage=member&as_of={as_of}",
        ),
    )
}

_sources: dict[str, Source] = {}
_compositions: dict[str, Composition] = {}
_area_counts: dict[str, AreaCount] = {}


def register_source(key: str, source: Source) -> None:
    """Says how a figure is counted from the records on a day; None where there is nothing to count."""
    if key not in FIGURES:
        raise KeyError(key)
    _sources[key] = source


def register_composition(key: str, label: str, kind: ChartKind, source: CompositionSource) -> None:
    """Adds a chart to the community page. `label` is marked with N_; the labels of rows come translated."""
    _compositions[key] = Composition(key, label, kind, source)


def register_area_count(label: str, count: AreaCount) -> None:
    """Adds a column to the list of grid areas. `label` is marked with N_."""
    _area_counts[label] = count


def compute(s: Session, key: str, community_id: UUID, as_of: date) -> float | None:
    """The figure from the records, or None where nobody counts it."""
    source = _sources.get(key)
    return source(s, community_id, as_of) if source else None


def compositions() -> list[Composition]:
    return list(_compositions.values())


def area_counts(s: Session, grid_area_ids: Sequence[UUID]) -> dict[str, dict[UUID, int]]:
    """For each registered label, the count of every grid area."""
    return {label: count(s, grid_area_ids) for label, count in _area_counts.items()}
