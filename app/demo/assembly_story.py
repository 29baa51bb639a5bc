"""What the demo's representatives decided since 2011, and what became of it (`data/assemblies.json`). The four projects
of the report come first."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Quarter = tuple[int, int]


@dataclass(frozen=True)
class Step:
    """A promise of a project: its weight, the days after the resolution until it was due, and how late it was."""

    title: str
    weight: int
    due: int
    late: int = 0
    why: str = ""


@dataclass(frozen=True)
class Plan:
    """How a carried motion was carried out. The budget is in yuan; `spent` is the share of it that was paid."""

    budget: int
    contractor: str
    steps: tuple[Step, ...]
    spent: float


@dataclass(frozen=True)
class Story:
    """A motion of a quarter. `favour` of those who voted were for it. Without a plan nothing is built."""

    quarter: Quarter
    title: str
    text: str
    favour: float
    plan: Plan | None = None
    extraordinary: str = ""
    secret: bool = False


def _plan(data: dict[str, Any]) -> Plan:
    steps = tuple(Step(**step) for step in data["steps"])
    return Plan(data["budget"], data["contractor"], steps, data["spent"])


def _story(data: dict[str, Any]) -> Story:
    plan = _plan(data["plan"]) if "plan" in data else None
    return Story(**{**data, "quarter": (data["quarter"][0], data["quarter"][1]), "plan": plan})


DATA: dict[str, Any] = json.loads((Path(__file__).parent / "data/assemblies.json").read_text("utf-8"))
STORIES: tuple[Story, ...] = tuple(_story(one) for one in DATA["motions"])
